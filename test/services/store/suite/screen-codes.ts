import { expect } from "chai";

import type { StoreWorld } from "../world.ts";

export function describeScreenCodes(world: StoreWorld): void {
  describe("Codes on screens", function () {
    it("keeps the secret of a station, and takes each code once", async function () {
      const settings = { stationId: "CS-1", secret: "s1", validitySeconds: 60, length: 8 };
      expect(await world.store.putScreenCode({ ...settings, atMs: 1 })).to.equal(false);
      expect(await world.store.findScreenCode("CS-1")).to.equal(null);
      await world.store.putStation({ stationId: "CS-1", apiKeySha256: "00", evses: [7] });
      expect(await world.store.putScreenCode({ ...settings, atMs: 1 })).to.equal(true);
      expect(await world.store.putScreenCode({ ...settings, secret: "s2", length: 10, atMs: 2 })).to.equal(true);

      await world.reopen();
      expect(await world.store.findScreenCode("CS-1")).to.deep.equal({ ...settings, secret: "s2", length: 10 });
      const code = { stationId: "CS-1", stationEvse: 1, interval: 100 };
      expect(await world.store.takeScreenCode(code)).to.equal(true);
      expect(await world.store.takeScreenCode(code)).to.equal(false);
      expect(await world.store.takeScreenCode({ ...code, stationEvse: 2 })).to.equal(true);
      expect(await world.store.takeScreenCode({ ...code, interval: 101 })).to.equal(true);
      expect(await world.store.takeScreenCode(code)).to.equal(false);
      // Codes of long ago do not hold, so that nobody needs to know of them.
      expect(await world.store.takeScreenCode({ ...code, interval: 200 })).to.equal(true);
      expect(await world.store.takeScreenCode(code)).to.equal(true);
      await world.store.removeStation("CS-1");
      expect(await world.store.findScreenCode("CS-1")).to.equal(null);
    });
  });
}

import { expect } from "chai";

import type { StoreWorld } from "../world.ts";

export function describePossessions(world: StoreWorld): void {
  describe("Proofs of possession", function () {
    it("are kept by their tag, the record byte by byte, and of all those that expire last", async function () {
      const possession = {
        ...{ tag: "A".repeat(20), evse: 7, stationId: "CS-1", stationEvse: 2, curve: "secp256r1" as const },
        ...{ publicKey: `0x${"33".repeat(64)}`, expectedAtMs: 1, expiresAtMs: 10, starts: 0 },
        ...{ record: null, receivedAtMs: null },
      };
      const other = { ...possession, tag: "B".repeat(20), expiresAtMs: 30 };
      const received = { ...possession, starts: 1, record: new Uint8Array([79, 0, 255]), receivedAtMs: 5 };
      expect(await world.store.listPossessions()).to.deep.equal([]);
      await world.store.putPossession(possession, 2);
      await world.store.putPossession(other, 2);
      await world.store.putPossession(received, 2);
      expect(await world.store.listPossessions()).to.deep.equal([other, received]);
      const newest = { ...possession, tag: "C".repeat(20), expiresAtMs: 20 };
      await world.store.putPossession(newest, 2);
      await world.reopen();
      expect(await world.store.listPossessions()).to.deep.equal([other, newest]);
    });
  });
}

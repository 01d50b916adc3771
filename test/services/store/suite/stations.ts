import { expect } from "chai";

import { accepted, message, refused } from "../samples.ts";
import type { StoreWorld } from "../world.ts";

export function describeStations(world: StoreWorld): void {
  describe("Stations and messages", function () {
    it("keeps stations, replaces them whole and removes them", async function () {
      await world.store.putStation({ stationId: "B", apiKeySha256: "01", evses: [3, 1, 3] });
      await world.store.putStation({ stationId: "A", apiKeySha256: "02", evses: [] });
      await world.store.putStation({ stationId: "B", apiKeySha256: "03", evses: [2] });
      expect(await world.store.listStations()).to.deep.equal([
        { stationId: "A", apiKeySha256: "02", evses: [] },
        { stationId: "B", apiKeySha256: "03", evses: [2] },
      ]);
      expect(await world.store.removeStation("B")).to.equal(true);
      expect(await world.store.findStation("B")).to.equal(null);
    });

    it("has a station set up once from its addition on, also where it is replaced, and keeps what was done", async function () {
      expect(await world.store.readSetUp("A")).to.equal(null);
      await world.store.putStation({ stationId: "A", apiKeySha256: "01", evses: [1] });
      expect(await world.store.readSetUp("A")).to.deep.equal({ isDue: true, content: null });
      await world.store.keepSetUp({ stationId: "A", content: "first" });
      await world.store.putStation({ stationId: "A", apiKeySha256: "02", evses: [2] });
      await world.reopen();
      expect(await world.store.readSetUp("A")).to.deep.equal({ isDue: false, content: "first" });
      await world.store.keepSetUp({ stationId: "A", content: "second" });
      expect(await world.store.readSetUp("A")).to.deep.equal({ isDue: false, content: "second" });
      // Another station by the same name begins anew.
      await world.store.removeStation("A");
      await world.store.putStation({ stationId: "A", apiKeySha256: "03", evses: [] });
      expect(await world.store.readSetUp("A")).to.deep.equal({ isDue: true, content: null });
    });

    it("keeps a message once, byte by byte, as it came first", async function () {
      const bytes = new Uint8Array([0, 255, 124, 10]);
      const source = { kind: "http", stationId: "CS-1", body: bytes, mediaType: "text/plain" } as const;
      const first = { ...message("m"), source, record: new Uint8Array([124]), sessionReference: "0xs" };
      expect(await world.store.putMessage(first)).to.deep.equal({ ...first, verdict: null });
      expect(await world.store.putMessage({ ...first, receivedAtMs: 99 })).to.deep.equal({ ...first, verdict: null });
      expect(await world.store.listPendingMessages(9)).to.deep.equal([{ ...first, verdict: null }]);
    });

    it("takes a new verdict on a refused message, and none on an accepted one", async function () {
      await world.store.putMessage(message("m"));
      await world.store.setVerdict("m", refused);
      expect((await world.store.putMessage(message("m"))).verdict).to.deep.equal(refused);
      await world.store.setVerdict("m", accepted);
      await world.store.setVerdict("m", refused);
      expect((await world.store.putMessage(message("m"))).verdict).to.deep.equal(accepted);
      expect(await world.store.listPendingMessages(9)).to.deep.equal([]);
    });

    it("keeps where a message came from", async function () {
      const ofTransaction = { kind: "ocpp", stationId: "CS-1", ocppTransactionId: "17" } as const;
      const ofPeer = { kind: "peer", oracle: "0x0a" } as const;
      for (const source of [ofTransaction, ofPeer]) {
        const kept = { ...message(source.kind), source };
        expect(await world.store.putMessage(kept)).to.deep.equal({ ...kept, verdict: null });
      }
      await world.reopen();
      const sources = (await world.store.listPendingMessages(9)).map(({ source }) => source);
      expect(sources).to.deep.equal([ofTransaction, ofPeer]);
    });

    it("lists messages without a verdict from the oldest on, and no more than were asked for", async function () {
      for (const id of ["c", "a", "b"]) await world.store.putMessage(message(id));
      await world.store.setVerdict("a", refused);
      const ids = async (limit: number) => (await world.store.listPendingMessages(limit)).map((one) => one.messageId);
      expect(await ids(9)).to.deep.equal(["c", "b"]);
      expect(await ids(1)).to.deep.equal(["c"]);
    });

    it("judges no message that it does not know", async function () {
      await world.store.setVerdict("unknown", accepted);
      expect(await world.store.putMessage(message("unknown"))).to.deep.include({ verdict: null });
    });
  });
}

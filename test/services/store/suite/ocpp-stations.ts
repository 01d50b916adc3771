import { expect } from "chai";

import type { FrameEffect } from "../../../../services/store/ocpp.ts";
import { frameOf } from "../samples.ts";
import type { StoreWorld } from "../world.ts";

export function describeOcppStations(world: StoreWorld): void {
  describe("Stations that speak OCPP", function () {
    const add = (stationId: string, evses: readonly number[] = [1]) =>
      world.store.putStation({ stationId, apiKeySha256: "01", evses });
    const keysOf = async (stationId: string) =>
      (await world.store.findOcppAccess(stationId))?.keys.map(({ keySha256 }) => keySha256);

    it("may connect as the operator says, with passwords and at once where nothing was said", async function () {
      expect(await world.store.findOcppAccess("A")).to.equal(null);
      const strict = { leastSecurityProfile: 2, bootStatus: "Pending" } as const;
      expect(await world.store.setOcppAccess("A", strict)).to.equal(false);
      await add("A", [3, 1]);
      const station = { stationId: "A", apiKeySha256: "01", evses: [3, 1] };
      const usual = { leastSecurityProfile: 1, bootStatus: "Accepted" };
      expect(await world.store.findOcppAccess("A")).to.deep.equal({ station, ...usual, keys: [] });
      expect(await world.store.setOcppAccess("A", strict)).to.equal(true);
      await world.reopen();
      expect(await world.store.findOcppAccess("A")).to.deep.equal({ station, ...strict, keys: [] });
    });

    it("have two keys at most while one is handed out: the newer retires the older, or is taken back", async function () {
      await add("A");
      await world.store.replaceStationKeys("A", "k1", 1);
      const second = await world.store.addStationKey("A", "k2", 2);
      expect(await keysOf("A")).to.deep.equal(["k1", "k2"]);
      let extra = second;
      for (let index = 3; extra !== null; index += 1) extra = await world.store.addStationKey("A", `k${index}`, index);
      const most = (await keysOf("A"))?.length ?? 0;
      expect(most).to.be.within(2, 8);
      await world.store.replaceStationKeys("A", "k1", 1);
      expect(await keysOf("A")).to.deep.equal(["k1"]);
      const refused = await world.store.addStationKey("A", "bad", 2);
      await world.store.removeStationKey("A", refused ?? -1);
      await world.store.removeStationKey("B", refused ?? -1);
      expect(await keysOf("A")).to.deep.equal(["k1"]);
      const used = await world.store.addStationKey("A", "good", 3);
      expect(used).to.be.greaterThan(refused ?? Infinity);
      await world.store.retireOlderKeys("A", used ?? -1);
      await world.store.retireOlderKeys("A", used ?? -1);
      await world.reopen();
      expect(await keysOf("A")).to.deep.equal(["good"]);
    });

    it("lose their keys and what they said when they are removed", async function () {
      await add("A");
      await world.store.replaceStationKeys("A", "k1", 1);
      await world.store.noteStationSeen("A", { protocol: "ocpp1.6", securityProfile: 1, atMs: 5 });
      await world.store.removeStation("A");
      await add("A");
      expect(await keysOf("A")).to.deep.equal([]);
      expect(await world.store.findOcppStation("A")).to.deep.include({ lastSeenAtMs: null, protocol: null });
    });

    it("are seen, boot and report their connectors, and nothing of the kind is kept of strangers", async function () {
      const seen = { protocol: "ocpp2.0.1", securityProfile: 2, atMs: 9 } as const;
      const report = { vendor: "V", model: "M", serialNumber: null, firmwareVersion: "1", reason: null };
      const status = (connector: number, word: string): FrameEffect => ({
        kind: "connector-status",
        status: { evse: 1, connector, status: word, errorCode: null, timestampText: "t" },
      });
      expect(await world.store.noteStationSeen("A", seen)).to.equal(false);
      await world.store.commitFrame(frameOf("A"), [{ kind: "booted", report }, status(1, "Available")]);
      expect(await world.store.findOcppStation("A")).to.equal(null);
      await add("B");
      await add("A", [7]);
      expect(await world.store.noteStationSeen("A", seen)).to.equal(true);
      const effects = [{ kind: "booted", report } as const, status(2, "Faulted"), status(1, "Available")];
      await world.store.commitFrame(frameOf("A"), effects);
      await world.store.commitFrame(frameOf("A", "in", "X", { receivedAtMs: 4 }), [status(1, "Charging")]);
      const connector = { evse: 1, errorCode: null, timestampText: "t" };
      const state = {
        ...{ stationId: "A", evses: [7], leastSecurityProfile: 1, bootStatus: "Accepted" },
        ...{ protocol: "ocpp2.0.1", securityProfile: 2, lastSeenAtMs: 9, boot: report },
        connectors: [
          { ...connector, connector: 1, status: "Charging", receivedAtMs: 4 },
          { ...connector, connector: 2, status: "Faulted", receivedAtMs: 1 },
        ],
      };
      await world.reopen();
      expect(await world.store.findOcppStation("A")).to.deep.equal(state);
      const all = await world.store.listOcppStations();
      expect(all.map(({ stationId }) => stationId)).to.deep.equal(["A", "B"]);
      expect(all[0]).to.deep.equal(state);
      expect(all[1]).to.deep.include({ lastSeenAtMs: null, boot: null, connectors: [] });
    });

    it("are found by the number of an outlet, with their own number for it", async function () {
      await add("A", [30, 10, 20]);
      expect(await world.store.findStationOfEvse(30)).to.deep.equal({ stationId: "A", stationEvse: 1 });
      expect(await world.store.findStationOfEvse(20)).to.deep.equal({ stationId: "A", stationEvse: 3 });
      expect(await world.store.findStationOfEvse(40)).to.equal(null);
    });

    it("that nobody registered are kept as far as they are the latest, until they are registered", async function () {
      const attempt = (stationId: string, atMs: number) =>
        world.store.noteUnknownStation({ stationId, address: `a${atMs}`, protocols: "ocpp1.6", atMs }, 2);
      await attempt("A", 1);
      await attempt("B", 2);
      await attempt("A", 3);
      await attempt("C", 4);
      const known = { protocols: "ocpp1.6" };
      expect(await world.store.listUnknownStations()).to.deep.equal([
        { ...known, stationId: "C", address: "a4", firstSeenAtMs: 4, lastSeenAtMs: 4, attempts: 1 },
        { ...known, stationId: "A", address: "a3", firstSeenAtMs: 1, lastSeenAtMs: 3, attempts: 2 },
      ]);
      await add("A");
      expect((await world.store.listUnknownStations()).map(({ stationId }) => stationId)).to.deep.equal(["C"]);
    });
  });
}

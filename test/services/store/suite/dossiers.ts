import { expect } from "chai";

import { block, newSession } from "../samples.ts";
import { expectCode, type StoreWorld } from "../world.ts";

export function describeDossiers(world: StoreWorld): void {
  describe("What dossiers are made from", function () {
    const openFor = async (name: string, operator: string, meter: number, evse: number) => {
      const opening = newSession(name, 1);
      const openings = [{ ...opening, terms: { ...opening.terms, operator, meter, evse } }];
      expect(await world.progress({ cursor: block(1), openings })).to.equal("stored");
    };

    it("lists the meters of an operator's sessions, each once, by number", async function () {
      await openFor("s1", "0xa", 7, 3);
      await openFor("s2", "0xa", 2, 1);
      await openFor("s3", "0xa", 7, 3);
      await openFor("s4", "0xb", 1, 9);
      const meters = [
        { meter: 2, evse: 1 },
        { meter: 7, evse: 3 },
      ];
      expect(await world.store.listMetersOf("0xa")).to.deep.equal(meters);
      expect(await world.store.listMetersOf("0xz")).to.deep.equal([]);
    });

    it("lists the sessions of a meter in their order, behind the last one of the page before", async function () {
      await openFor("s1", "0xa", 7, 3);
      await openFor("s2", "0xa", 2, 1);
      await openFor("s3", "0xa", 7, 3);
      await openFor("s4", "0xb", 7, 3);
      const ids = async (after: string | null, limit: number) =>
        (await world.store.listSessionsOfMeter("0xa", 7, after, limit)).map(({ sessionId }) => sessionId);
      expect(await ids(null, 9)).to.deep.equal(["0xs1", "0xs3"]);
      expect(await ids(null, 1)).to.deep.equal(["0xs1"]);
      expect(await ids("0xs1", 9)).to.deep.equal(["0xs3"]);
      expect(await world.store.listSessionsOfMeter("0xa", 1, null, 9)).to.deep.equal([]);
      await expectCode(world.store.listSessionsOfMeter("0xa", 7, "0xs9", 9), "QUERY_INVALID");
    });
  });
}

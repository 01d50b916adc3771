import { expect } from "chai";

import type { Store } from "../../../services/store/store.ts";
import { describeArchive } from "./suite/archive.ts";
import { describeNotices } from "./suite/alert-notices.ts";
import { describeCharging } from "./suite/charging.ts";
import { describeDisputes } from "./suite/disputes.ts";
import { describeDossiers } from "./suite/dossiers.ts";
import { describeEvidence } from "./suite/evidence.ts";
import { describeFrames } from "./suite/frames.ts";
import { describeInvoices } from "./suite/invoices.ts";
import { describeLedger } from "./suite/ledger.ts";
import { describeLiveness } from "./suite/liveness.ts";
import { describeMatching } from "./suite/matching.ts";
import { describeOcppStations } from "./suite/ocpp-stations.ts";
import { describeOperatorKeys } from "./suite/operator-keys.ts";
import { describeOperator } from "./suite/operator.ts";
import { describePossessions } from "./suite/possessions.ts";
import { describeReplicas } from "./suite/replicas.ts";
import { describeRelay } from "./suite/relay.ts";
import { describeScreenCodes } from "./suite/screen-codes.ts";
import { describeSessions } from "./suite/sessions.ts";
import { describeSettlement } from "./suite/settlement.ts";
import { describeStations } from "./suite/stations.ts";
import { describeTariffPlans } from "./suite/tariff-plans.ts";
import { describeCardPayments } from "./suite/card-payments.ts";
import { describeMeterTimes } from "./suite/meter-times.ts";
import { describeDriverGroups } from "./suite/driver-groups.ts";
import { describeTariffs } from "./suite/tariffs.ts";
import { describeTokens } from "./suite/tokens.ts";
import { createStoreWorld, type StoreUnderTest } from "./world.ts";

export { expectCode, type StoreUnderTest } from "./world.ts";

/**
 * What every store promises, whatever it keeps its data in: durability, atomicity, repetition, `stale`, order, limits and
 * unknown ids, method by method.
 * @param openStore Opens a store on an empty medium, for each test anew.
 */
export function describeStore(name: string, openStore: () => Promise<StoreUnderTest>): void {
  describe(`The store in ${name}`, function () {
    const answered = new Map<string, number>();
    const methods = new Set<string>();
    let under: StoreUnderTest;
    let store: Store;

    /** The same store, which counts the calls that it has answered. */
    function counted(opened: Store): Store {
      for (const method of methodsOf(opened)) methods.add(method);
      return new Proxy(opened, {
        get(target, property, receiver): unknown {
          const value: unknown = Reflect.get(target, property, receiver);
          if (typeof value !== "function" || typeof property !== "string") return value;
          const note = (result: unknown): unknown => {
            answered.set(property, (answered.get(property) ?? 0) + 1);
            return result;
          };
          return (...parameters: unknown[]): unknown => {
            const result: unknown = Reflect.apply(value, target, parameters);
            return result instanceof Promise ? result.then(note) : note(result);
          };
        },
      });
    }

    beforeEach(async function () {
      under = await openStore();
      store = counted(under.store);
    });
    afterEach(async function () {
      await under.remove();
    });

    const world = createStoreWorld(() => ({
      store,
      async reopen() {
        store = counted(await under.reopen());
      },
    }));

    describeStations(world);
    describeFrames(world);
    describeArchive(world);
    describeOcppStations(world);
    describeDossiers(world);
    describeEvidence(world);
    describeSessions(world);
    describeCharging(world);
    describeMatching(world);
    describeTokens(world);
    describeScreenCodes(world);
    describeTariffPlans(world);
    describeTariffs(world);
    describeDriverGroups(world);
    describeCardPayments(world);
    describeMeterTimes(world);
    describeInvoices(world);
    describeNotices(world);
    describeSettlement(world);
    describeDisputes(world);
    describeRelay(world);
    describeReplicas(world);
    describeOperator(world);
    describeOperatorKeys(world);
    describePossessions(world);
    describeLiveness(world);
    describeLedger(world);

    describe("This suite", function () {
      it("has had an answer from every method that the store has", function () {
        expect(methods.size).to.be.greaterThan(90);
        expect([...methods].filter((method) => !answered.has(method)).sort()).to.deep.equal([]);
      });
    });
  });
}

/** Names of the functions that an object has, itself or from its class. */
function methodsOf(object: object): readonly string[] {
  const names = new Set<string>();
  for (let level: unknown = object; level instanceof Object && level !== Object.prototype;) {
    for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(level))) {
      if (typeof value === "function" && name !== "constructor") names.add(name);
    }
    level = Object.getPrototypeOf(level);
  }
  return [...names];
}

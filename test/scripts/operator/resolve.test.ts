import { expect } from "chai";

import { Wallet } from "ethers";
import { z } from "zod";

import { runService, type RunningService } from "../../helpers/running-service.ts";
import type { OpenedSession } from "../../helpers/service-chain.ts";
import { developmentKey, errorCodeOf, openOperatorWorld, type OperatorWorld } from "./operator-world.ts";

const operatorKey = "k".repeat(40);
/** Of the test chain. */
const driverAccount = 2;
const typedDataSchema = z.object({
  domain: z.record(z.string(), z.unknown()),
  types: z.object({ AgreedSettlement: z.array(z.object({ name: z.string(), type: z.string() })) }),
  message: z.record(z.string(), z.unknown()),
});

describe("wattproof: sessions resolve", function () {
  this.timeout(300_000);
  let world: OperatorWorld;
  let running: RunningService;
  let sessionId: string;

  before(async () => {
    world = await openOperatorWorld();
    running = await runService(world.chain, { WATTPROOF_OPERATOR_KEY: operatorKey });
    const point = await world.chain.addChargingPoint();
    ({ sessionId } = await world.chain.openSession(point, { expiresInSeconds: 3_600, chargedSeconds: 0 }));
    await running.service.synchronise();
  });
  after(async () => {
    await running.close();
    await world.close();
  });

  const resolve = (...parameters: readonly string[]): ReturnType<OperatorWorld["runJson"]> =>
    world.runJson(["sessions", "resolve", sessionId, ...parameters, "--service", running.service.url], {
      WATTPROOF_OPERATOR_KEY: operatorKey,
    });

  it("refuses a way that there is not, a decision without a reason, and evidence that is not there", async () => {
    const [strange, silent, unproven] = await Promise.all([
      resolve("--as", "forget", "--reason", "why not"),
      resolve("--as", "expire"),
      resolve("--as", "quorum", "--evidence", "records", "--reason", "looked at it"),
    ]);
    expect([strange.code, errorCodeOf(strange)]).to.deep.equal([2, "USAGE_INVALID"]);
    expect([silent.code, errorCodeOf(silent)]).to.deep.equal([2, "USAGE_INVALID"]);
    expect([unproven.code, errorCodeOf(unproven)]).to.deep.equal([1, "RESOLUTION_UNAVAILABLE"]);
  });

  it("leaves a session to expiry, says so, and frees its hold when the time is over", async () => {
    const planned = await resolve("--as", "expire", "--reason", "the charger is gone", "--dry-run");
    expect(planned.document).to.deep.include({ isDryRun: true, state: "opened", transaction: null });
    expect((await running.service.store.findSession(sessionId))?.state.resolution).to.equal(null);

    const left = await resolve("--as", "expire", "--reason", "the charger is gone");
    expect([left.code, left.document["transaction"]]).to.deep.equal([0, null]);
    const shown = await world.runJson(["sessions", "show", sessionId, "--service", running.service.url], {
      WATTPROOF_OPERATOR_KEY: operatorKey,
    });
    expect(shown.document).to.have.nested.property("resolution.reason", "the charger is gone");
    expect(shown.document).to.have.nested.property("resolution.before.status", "opened");

    await world.chain.request("evm_increaseTime", [3_700]);
    await world.chain.request("evm_mine");
    const freed = await resolve("--as", "expire", "--reason", "the charger is gone");
    expect(freed.code, freed.stderr).to.equal(0);
    expect(freed.document).to.have.nested.property("transaction.method", "expire");
    await running.service.synchronise();
    expect((await running.service.store.findSession(sessionId))?.state.status).to.equal("expired");
    const over = await resolve("--as", "expire", "--reason", "again");
    expect([over.code, errorCodeOf(over)]).to.deep.equal([1, "SESSION_CLOSED"]);
  });

  describe("by the chain", () => {
    let released: OpenedSession;
    let agreed: OpenedSession;

    before(async () => {
      const point = await world.chain.addChargingPoint();
      [released, agreed] = [await world.chain.openSession(point), await world.chain.openSession(point)];
      await running.service.synchronise();
    });

    const decide = (session: OpenedSession, ...parameters: readonly string[]): ReturnType<OperatorWorld["runJson"]> =>
      world.runJson(
        [
          "sessions",
          "resolve",
          session.sessionId,
          ...parameters,
          "--reason",
          "as agreed",
          "--service",
          running.service.url,
        ],
        { WATTPROOF_OPERATOR_KEY: operatorKey },
      );
    const stateOf = async ({ sessionId: id }: OpenedSession) => (await running.service.store.findSession(id))?.state;

    it("gives a whole hold back at once, and keeps who decided it", async () => {
      const free = await world.chain.readFree(released);
      const planned = await decide(released, "--as", "release", "--dry-run");
      expect([planned.code, await world.chain.readFree(released)]).to.deep.equal([0, free]);
      const done = await decide(released, "--as", "release");
      expect(done.code, done.stderr).to.equal(0);
      expect(done.document).to.have.nested.property("transaction.method", "release");
      expect(await world.chain.readFree(released)).to.equal(free + released.terms.holdMicro);
      await running.service.synchronise();
      const state = await stateOf(released);
      expect([state?.status, state?.resolution?.way]).to.deep.equal(["expired", "release"]);
    });

    it("settles what both sign, and decides nothing before the driver has signed, or by a wrong signature", async () => {
      const asked = await decide(agreed, "--as", "agreed", "--charge", "1.5");
      expect(asked.code, asked.stderr).to.equal(0);
      const { domain, types, message } = typedDataSchema.parse(asked.document["typedData"]);
      expect(message).to.deep.include({ sessionId: agreed.sessionId, chargedMicro: "1500000" });
      const driver = new Wallet(developmentKey(driverAccount));
      expect(driver.address).to.equal(agreed.terms.driver);
      const sign = (value: Readonly<Record<string, unknown>>): Promise<string> =>
        driver.signTypedData(domain, { AgreedSettlement: types.AgreedSettlement }, value);
      const wrong = await sign({ ...message, chargedMicro: "1500001" });
      const refused = await decide(agreed, "--as", "agreed", "--charge", "1.5", "--driver-signature", wrong);
      expect([refused.code, errorCodeOf(refused)]).to.deep.equal([1, "CONTRACT_REFUSED"]);
      expect((await stateOf(agreed))?.resolution).to.equal(null);

      const free = await world.chain.readFree(agreed);
      const right = await sign(message);
      const done = await decide(agreed, "--as", "agreed", "--charge", "1.5", "--driver-signature", right);
      expect(done.code, done.stderr).to.equal(0);
      expect(await world.chain.readFree(agreed)).to.equal(free + agreed.terms.holdMicro - 1_500_000n);
      await running.service.synchronise();
      const state = await stateOf(agreed);
      expect([state?.status, state?.resolution?.way]).to.deep.equal(["settled", "agreed"]);
      expect(state?.closing).to.deep.include({ kind: "agreed", chargedMicro: 1_500_000n });
      const shown = await world.runJson(["sessions", "show", agreed.sessionId]);
      expect(shown.document).to.have.nested.property("agreed.chargedMicro", "1500000");
      expect(shown.document["status"]).to.equal("settled");
    });

    it("names the agreement, with its amount, among what the export of records leaves out", async () => {
      const profile = ["--country-code", "CH", "--party-id", "WPF", "--currency", "CHF"];
      const added = await world.runJson(["operator", "add", "Agreeing", ...profile]);
      expect(added.code, added.stderr).to.equal(0);
      const exported = await world.runJson(["export", "cdr", "--format", "csv", "--without-evidence"]);
      expect(exported.document).to.deep.include({
        count: 0,
        leftOut: [{ sessionId: agreed.sessionId, reason: "agreed", chargedMicro: "1500000" }],
      });
      const before = ["--to", "2000-01-01"];
      const none = await world.runJson(["export", "cdr", "--format", "csv", "--without-evidence", ...before]);
      expect(none.document["leftOut"]).to.deep.equal([]);
    });

    it("refuses a charge without agreement, and an agreement without a charge", async () => {
      for (const parameters of [
        ["--as", "release", "--charge", "1"],
        ["--as", "agreed"],
      ]) {
        const refused = await decide(agreed, ...parameters);
        expect([refused.code, errorCodeOf(refused)]).to.deep.equal([2, "USAGE_INVALID"]);
      }
    });
  });
});

import { expect } from "chai";
import { packTariff } from "../../services/domain/packed-tariff.ts";
import { JsonRpcProvider } from "ethers";
import { z } from "zod";

import { signedRecordOf } from "../../scripts/simulator/signed-record.ts";
import { ensureBuiltPage } from "../helpers/browser.ts";
import {
  codeOf,
  getAsOperator,
  post,
  addStation,
  runService,
  type Answer,
  type RunningService,
  type StationCredentials,
} from "../helpers/running-service.ts";
import {
  startServiceChain,
  type ChargingPoint,
  type OpenedSession,
  type ServiceChain,
} from "../helpers/service-chain.ts";

const key = "operator-key-of-the-tests-0123456789";
const kwh = 1_000_000_000n;
const beginSeconds = 1_700_000_000;
const paths = ["overview", "stations", "sessions", "totals?by=hour", "money"] as const;

const rowSchema = z.looseObject({ sessionId: z.string(), state: z.string() });
const rowsSchema = z.object({ sessions: z.array(rowSchema), next: z.string().nullable() });
const amountRows = z.object({
  sessions: z.array(
    rowSchema.extend({
      energyWh: z.string().nullable(),
      billedMicro: z.string().nullable(),
      settledMicro: z.string().nullable(),
    }),
  ),
});
const totalsSchema = z.object({
  sessions: z.number(),
  energyWh: z.string(),
  billedMicro: z.string(),
  settledMicro: z.string(),
});
const bucketsSchema = z.object({
  buckets: z.array(totalsSchema.extend({ startsAtMs: z.number(), endsAtMs: z.number() })),
  sum: totalsSchema,
});
const cdrSchema = z.object({
  cdr: z.object({ energyWh: z.string(), chargedMicro: z.string() }),
  session: z.object({ closing: z.object({ chargedMicro: z.string() }) }),
});

describe("What the service tells the operator's page", function () {
  let chain: ServiceChain;
  let running: RunningService;
  let point: ChargingPoint;
  let station: StationCredentials;
  let nowMs = Date.UTC(2026, 2, 28, 12, 20);

  before(async function () {
    chain = await startServiceChain();
    running = await runService(chain, { WATTPROOF_OPERATOR_KEY: key }, { now: () => nowMs });
    point = await chain.addChargingPoint();
    station = await addStation(running.service.store, "CS-A", [point.evse]);
  });
  after(async function () {
    await running.close();
    await chain.close();
  });

  async function ask(path: string, authorization: string | null = `Bearer ${key}`): Promise<Answer> {
    // What was answered a moment ago is answered again; a test asks after it.
    nowMs += 20_000;
    const response = await fetch(`${running.service.url}/v1/operator/${path}`, {
      headers: authorization === null ? {} : { authorization },
    });
    return { status: response.status, body: await response.json() };
  }

  async function charge(energyMicroWh: bigint, isSettled = true, agreement = 0): Promise<OpenedSession> {
    const session = await chain.openSession(point, { agreement });
    await running.service.synchronise();
    const step = (transaction: "B" | "E", energy: bigint, seconds: number): string =>
      point.device.step({
        idTag: session.idTag,
        transaction,
        energyMicroWh: energy,
        epochSeconds: beginSeconds + seconds,
      });
    await post(running.service.url, station, step("B", 0n, 0));
    if (!isSettled) return session;
    const answer = await post(running.service.url, station, step("E", energyMicroWh, 900));
    expect(answer.body).to.have.property("sessionState", "completed");
    await running.service.synchronise();
    await running.service.synchronise();
    return session;
  }

  async function cdrsOf(sessions: readonly OpenedSession[]): Promise<readonly z.output<typeof cdrSchema>[]> {
    return Promise.all(
      sessions.map(async ({ sessionId }) =>
        cdrSchema.parse((await getAsOperator(running.service.url, `/v1/sessions/${sessionId}`, key)).body),
      ),
    );
  }

  describe("to those who may not ask", function () {
    it("refuses everybody without the operator's key, with the same words on every address", async function () {
      const wrong = [null, "", "Bearer", `Bearer ${key}x`, `Bearer ${"x".repeat(key.length)}`, `Basic ${key}`, key];
      for (const path of paths) {
        for (const authorization of wrong) {
          const answer = await ask(path, authorization);
          expect([answer.status, codeOf(answer)], `${path} ${authorization}`).to.deep.equal([
            401,
            "OPERATOR_UNAUTHENTICATED",
          ]);
        }
      }
    });

    it("refuses the key before it looks at anything else that was asked", async function () {
      expect(codeOf(await ask("sessions?limit=nonsense", null))).to.equal("OPERATOR_UNAUTHENTICATED");
    });

    it("refuses everybody where no key is configured, and says that there is no page", async function () {
      const without = await runService(chain, { WATTPROOF_OPERATOR_KEY: "" });
      try {
        for (const path of paths) {
          const response = await fetch(`${without.service.url}/v1/operator/${path}`, {
            headers: { authorization: `Bearer ${key}` },
          });
          expect(response.status).to.equal(401);
        }
        const page = await fetch(`${without.service.url}/operator/`);
        expect([page.status, codeOf({ status: page.status, body: await page.json() })]).to.deep.equal([
          404,
          "ROUTE_UNKNOWN",
        ]);
      } finally {
        await without.close();
      }
    });

    it("refuses what is not of the documented form", async function () {
      const invalid = [
        "stations?limit=0",
        "stations?limit=101",
        "stations?after=%3Cb%3E",
        "sessions?show=everything",
        "sessions?operator=0x12",
        "overview?other=1",
        "totals?by=hour&operator=all",
        "sessions?before=0x12",
        `sessions?before=0x${"00".repeat(32)}`,
        "sessions?limit=5&limit=6",
        "totals",
        "totals?by=week",
        "totals?by=hour&count=169",
        "totals?by=day&count=63",
        "totals?by=day&timeZone=Mars/Olympus",
        "money?limit=21",
        "money?after=0x12:1",
        "money?other=1",
      ];
      for (const path of invalid) {
        const answer = await ask(path);
        expect([answer.status, codeOf(answer)], path).to.deep.equal([400, "QUERY_INVALID"]);
      }
    });

    it("refuses to change anything", async function () {
      const response = await fetch(`${running.service.url}/v1/operator/overview`, {
        method: "POST",
        headers: { authorization: `Bearer ${key}` },
      });
      expect([response.status, response.headers.get("allow")]).to.deep.equal([405, "GET, HEAD"]);
    });
  });

  describe("on the page itself", function () {
    before(ensureBuiltPage);

    it("lets it ask the service and nobody else, and nobody frame it", async function () {
      const other = await runService(chain, { WATTPROOF_OPERATOR_KEY: key });
      try {
        const { url } = other.service;
        const response = await fetch(`${url}/operator/`);
        const policy = response.headers.get("content-security-policy") ?? "";
        expect(policy.split("; ")).to.include.members([
          "default-src 'none'",
          "script-src 'self'",
          "connect-src 'self'",
          "frame-ancestors 'none'",
          "form-action 'none'",
        ]);
        expect(policy).to.not.match(/unsafe|https?:/);
        const html = await response.text();
        expect(html).to.not.match(/(?:src|href)="https?:|<script>|style="| on[a-z]+="/);
        const redirected = await fetch(`${url}/operator`, { redirect: "manual" });
        expect([redirected.status, redirected.headers.get("location")]).to.deep.equal([308, "/operator/"]);
        // A driver's browser keeps no file of it.
        const own = [...html.matchAll(/"(\/assets\/operator-[^"]+)"/g)].map(([, path]) => path ?? "");
        expect(own).to.have.lengthOf(2);
        const worker = await (await fetch(`${url}/service-worker.js`)).text();
        expect(own.filter((path) => worker.includes(path))).to.deep.equal([]);
      } finally {
        await other.close();
      }
    });
  });

  describe("before anything happened", function () {
    it("answers with nothing, not with errors", async function () {
      expect((await ask("sessions")).body).to.deep.equal({ sessions: [], next: null });
      expect((await ask("money")).body).to.deep.equal({ symbol: "DEMO", credits: [], next: null });
      const { buckets, sum } = bucketsSchema.parse((await ask("totals?by=hour")).body);
      expect(buckets).to.have.lengthOf(24);
      expect(sum).to.deep.equal({ sessions: 0, energyWh: "0", billedMicro: "0", settledMicro: "0" });
    });
  });

  describe("with sessions", function () {
    const settled: OpenedSession[] = [];
    let open: OpenedSession;

    before(async function () {
      settled.push(await charge(7n * kwh), await charge(1_234_567_891n), await charge(0n));
      open = await charge(0n, false);
    });

    it("counts where sessions are, and what hangs", async function () {
      const { body } = await ask("overview");
      expect(body).to.deep.include({
        pipeline: { opened: 0, received: 1, verified: 0, batched: 0, sent: 0, confirmed: 3 },
        stations: { registered: 1, connected: 0 },
        batches: { open: 0, oldestAtMs: null },
      });
      expect(body).to.have.nested.property("hanging.disputed", 0);
      expect(body).to.have.nested.property("service.chainId", 31_337);
    });

    it("lists running sessions apart from those that are over, newest first, page by page", async function () {
      const running = rowsSchema.parse((await ask("sessions")).body);
      expect(running.sessions.map(({ sessionId, state }) => [sessionId, state])).to.deep.equal([
        [open.sessionId, "charging"],
      ]);
      const ids = settled.map(({ sessionId }) => sessionId).reverse();
      const first = rowsSchema.parse((await ask("sessions?show=ended&limit=2")).body);
      expect(first.sessions.map(({ sessionId }) => sessionId)).to.deep.equal(ids.slice(0, 2));
      expect(first.next).to.equal(ids[1]);
      const second = rowsSchema.parse((await ask(`sessions?show=ended&limit=2&before=${first.next}`)).body);
      expect(second.sessions.map(({ sessionId }) => sessionId)).to.deep.equal(ids.slice(2));
      expect(second.next).to.equal(null);
      const [cdr] = await cdrsOf(settled.slice(0, 1));
      expect(second.sessions[0]).to.deep.include({
        state: "settled",
        grade: "meter-signed-bound",
        evse: point.evse,
        operator: chain.operator,
        heldMicro: "20000000",
        energyWh: "7000",
        billedMicro: cdr?.cdr.chargedMicro,
        settledMicro: cdr?.session.closing.chargedMicro,
      });
    });

    it("sums exactly what the charge detail records say, by hour and by day", async function () {
      const cdrs = await cdrsOf(settled);
      const billedMicro = cdrs.reduce((sum, { cdr }) => sum + BigInt(cdr.chargedMicro), 0n).toString();
      const settledMicro = cdrs.reduce((sum, { session }) => sum + BigInt(session.closing.chargedMicro), 0n).toString();
      const expected = { sessions: 3, energyWh: "8234.567891", billedMicro, settledMicro };
      expect(BigInt(billedMicro) > 0n).to.equal(true);
      for (const path of ["totals?by=hour", "totals?by=day&timeZone=Europe/Zurich", "totals?by=day&count=1"]) {
        const { buckets, sum } = bucketsSchema.parse((await ask(path)).body);
        expect(sum, path).to.deep.equal(expected);
        expect(buckets.at(-1), path).to.deep.include(expected);
      }
    });

    it("gives the 29th of March 2026 in Zurich 23 hours", async function () {
      nowMs = Date.UTC(2026, 2, 30, 6);
      const { buckets } = bucketsSchema.parse((await ask("totals?by=day&count=3&timeZone=Europe/Zurich")).body);
      expect(buckets.map(({ startsAtMs, endsAtMs }) => (endsAtMs - startsAtMs) / 3_600_000)).to.deep.equal([
        24, 23, 24,
      ]);
      expect(buckets[0]?.startsAtMs).to.equal(Date.UTC(2026, 2, 27, 23));
      expect(buckets.map(({ sessions }) => sessions)).to.deep.equal([3, 0, 0]);
    });

    it("tells what the operator can withdraw, and what can still be challenged, as the contract says", async function () {
      const pendingMicro = (await chain.readCredit()).toString();
      expect((await ask("money")).body).to.deep.equal({
        symbol: "DEMO",
        credits: [
          {
            operator: chain.operator,
            agreement: 0,
            finalMicro: "0",
            provisionalMicro: pendingMicro,
            parties: [
              {
                party: chain.operator,
                role: "operator",
                shareBps: 10_000,
                withdrawableMicro: "0",
                pendingMicro,
                earnedMicro: "0",
              },
            ],
          },
        ],
        next: null,
      });
      expect((await ask(`money?after=${chain.operator}:0`)).body).to.have.deep.property("credits", []);
    });

    it("splits money among partners as they agreed, and lets it be withdrawn when nothing can challenge it", async function () {
      const { partnerAgreements, chargingSettlement } = chain.contracts;
      const provider = chargingSettlement.runner?.provider;
      if (!(provider instanceof JsonRpcProvider)) throw new Error("no provider");
      const [operator, partner] = [await provider.getSigner(1), await provider.getSigner(5)];
      const shares = [{ partner: partner.address, shareBps: 1_500 }];
      await (await partnerAgreements.connect(operator).propose(shares)).wait();
      await (await partnerAgreements.connect(partner).sign(1)).wait();
      const session = await charge(3n * kwh, true, 1);
      const [cdr] = await cdrsOf([session]);
      const chargedMicro = BigInt(cdr?.session.closing.chargedMicro ?? "0");
      const partnerMicro = (chargedMicro * 1_500n) / 10_000n;
      const partiesOf = async (): Promise<unknown> => {
        const { body } = await ask(`money?after=${chain.operator}:0`);
        return z.object({ credits: z.tuple([z.object({ parties: z.array(z.unknown()) })]) }).parse(body).credits[0]
          .parties;
      };
      const operatorRow = { party: chain.operator, role: "operator", shareBps: 8_500 };
      const partnerRow = { party: partner.address, role: "partner", shareBps: 1_500 };
      const none = { withdrawableMicro: "0", pendingMicro: "0", earnedMicro: "0" };
      expect(await partiesOf()).to.deep.equal([
        { ...operatorRow, ...none, pendingMicro: (chargedMicro - partnerMicro).toString() },
        { ...partnerRow, ...none, pendingMicro: partnerMicro.toString() },
      ]);

      await chain.request("evm_increaseTime", [3 * 86_400]);
      await chain.request("evm_mine");
      const whole = (micro: bigint): object => ({
        ...none,
        earnedMicro: micro.toString(),
        withdrawableMicro: micro.toString(),
      });
      expect(await partiesOf()).to.deep.equal([
        { ...operatorRow, ...whole(chargedMicro - partnerMicro) },
        { ...partnerRow, ...whole(partnerMicro) },
      ]);
      await (
        await chargingSettlement.connect(partner).withdrawCredit(chain.operator, 1, partnerMicro, partner.address)
      ).wait();
      expect(await partiesOf()).to.have.deep.nested.property("[1]", {
        ...partnerRow,
        ...none,
        earnedMicro: partnerMicro.toString(),
      });
    });

    it("lists stations page by page with their last message, and those that want to join", async function () {
      const { store } = running.service;
      await addStation(store, "CS-B", []);
      await store.noteUnknownStation(
        { stationId: "CS-NEW", address: "127.0.0.1", protocols: "<img src=x>", atMs: 5 },
        10,
      );
      const first = (await ask("stations?limit=1")).body;
      expect(first).to.have.nested.property("stations[0].stationId", "CS-A");
      expect(first).to.have.nested.property("stations[0].lastMessageAtMs").that.is.a("number");
      expect(first).to.deep.include({ next: "CS-A", wantsToJoinCount: 1 });
      expect(first).to.have.nested.property("wantsToJoin[0].protocols", "<img src=x>");
      const second = (await ask("stations?limit=1&after=CS-A")).body;
      expect(second).to.have.nested.property("stations[0].lastMessageAtMs", null);
      expect(second).to.deep.include({ wantsToJoin: [], next: "CS-B" });
      expect((await ask("stations?after=CS-B")).body).to.deep.include({ stations: [], next: null });
    });

    it("names the alerts that were given, how often and when, and where the runbook speaks of them", async function () {
      const record = point.device.step({
        idTag: open.idTag,
        transaction: "E",
        energyMicroWh: kwh,
        epochSeconds: beginSeconds - 5,
      });
      await post(running.service.url, station, record);
      await running.service.synchronise();
      const { body } = await ask("overview");
      expect(body).to.have.nested.property("hanging.disputed", 1);
      const { alerts } = z.object({ alerts: z.array(z.looseObject({ alert: z.string() })) }).parse(body);
      // The wrong keys are those of the refusals above; the clock was moved by days, which sessions waited.
      const names = alerts.map(({ alert }) => alert);
      expect([...names].sort()).to.deep.equal(["session-disputed", "session-stuck", "wrong-keys"]);
      expect(alerts[names.indexOf("session-disputed")]).to.deep.include({
        count: 1,
        lastSessionId: open.sessionId,
        runbook: "docs/runbook.md#session-disputed",
      });
      const hanging = rowsSchema.parse((await ask("sessions?show=hanging")).body);
      expect(hanging.sessions.map(({ sessionId, state }) => [sessionId, state])).to.deep.equal([
        [open.sessionId, "disputed"],
      ]);
      expect(body).to.have.nested.property("sessions.hanging", hanging.sessions.length);
    });

    it("counts what the lists show", async function () {
      const { body } = await ask("overview");
      for (const show of ["running", "hanging", "ended"]) {
        const { sessions } = rowsSchema.parse((await ask(`sessions?show=${show}&limit=100`)).body);
        expect(body, show).to.have.nested.property(`sessions.${show}`, sessions.length);
      }
    });

    it("has a session in it that a stranger settled by its meter, and rows and sums agree", async function () {
      const proven = await chain.addChargingPoint("secp256r1", { isProven: true });
      const session = await chain.openSession(proven);
      await running.service.synchronise();
      const record = proven.device.record({
        ...{ idTag: session.idTag, energyMicroWh: 3_210_000_001n },
        ...{ beginSeconds, endSeconds: beginSeconds + 600 },
      });
      const { meterSettlement } = chain.contracts;
      const calldata = meterSettlement.interface.encodeFunctionData("settleWithMeter", [
        {
          ...{ terms: session.terms, opening: session.opening, toppedUpMicro: 0n },
          tariff: packTariff(chain.tariff),
          records: [signedRecordOf(Buffer.from(record))],
        },
      ]);
      await chain.sendAsStranger(await meterSettlement.getAddress(), calldata);
      await running.service.synchronise();
      nowMs += 20_000;
      const rows = await Promise.all(["ended", "hanging", "running"].map((show) => ask(`sessions?show=${show}`)));
      const all = rows.flatMap(({ body }) => amountRows.parse(body).sessions);
      const own = all.find(({ sessionId }) => sessionId === session.sessionId);
      expect(own).to.deep.include({ state: "settled", energyWh: "3210.000001" });
      expect(own?.settledMicro).to.equal(own?.billedMicro).and.not.equal(null);
      const sumOf = (micro: readonly (string | null)[]): string =>
        micro.reduce((sum, part) => sum + BigInt(part ?? "0"), 0n).toString();
      const { sum } = bucketsSchema.parse((await ask("totals?by=day&count=62")).body);
      expect([sum.billedMicro, sum.settledMicro]).to.deep.equal([
        sumOf(all.map(({ billedMicro }) => billedMicro)),
        sumOf(all.map(({ settledMicro }) => settledMicro)),
      ]);
    });

    it("shows each operator only its own sessions, sums and money", async function () {
      const other = `0x${"Ab".repeat(20)}`;
      const { operator } = chain;
      expect((await ask("overview")).body).to.have.deep.property("operators", [operator]);
      for (const path of ["overview?", "sessions?show=ended&", "totals?by=day&count=62&", "money?"]) {
        const whole = (await ask(path.slice(0, -1))).body;
        const withoutTime = (body: unknown): unknown => ({ ...(body as object), nowMs: 0 });
        const own = (await ask(`${path}operator=${operator.toLowerCase()}`)).body;
        expect(withoutTime(own), path).to.deep.equal(withoutTime(whole));
      }
      expect((await ask(`sessions?show=ended&operator=${other}`)).body).to.deep.equal({ sessions: [], next: null });
      expect((await ask(`money?operator=${other}`)).body).to.have.deep.property("credits", []);
      expect((await ask(`overview?operator=${other}`)).body).to.deep.include({
        sessions: { running: 0, hanging: 0, ended: 0, expired: 0 },
      });
      const { sum } = bucketsSchema.parse((await ask(`totals?by=day&count=62&operator=${other}`)).body);
      expect(sum).to.deep.equal({ sessions: 0, energyWh: "0", billedMicro: "0", settledMicro: "0" });
    });
  });
});

import { randomBytes } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { expect } from "chai";

import { readContractInterfaces } from "../../services/chain/contracts.ts";
import { openingOf } from "../../services/domain/opening.ts";
import { tariffIdOf } from "../../services/domain/packed-tariff.ts";
import { startCardProvider, type CardProviderStandIn } from "../helpers/card-provider.ts";
import { openChargingWorld, type ChargingWorld } from "../helpers/charging-world.ts";
import { createFleet, type Fleet } from "../helpers/fleet.ts";
import { addStation, operatorKey, type StationCredentials } from "../helpers/running-service.ts";
import { startServiceChain, type ChargingPoint, type ServiceChain } from "../helpers/service-chain.ts";
import { testTariff } from "../helpers/test-tariff.ts";
import { runScript } from "../scripts/run-script.ts";

interface Shown {
  readonly status: number;
  readonly code: string | undefined;
  readonly payment: {
    readonly paymentId: string;
    readonly status: string;
    readonly outcome: string | null;
    readonly reason: string | null;
    readonly amountMinor: number;
    readonly owedMinor: number | null;
    readonly capturedMinor: number;
    readonly refundedMinor: number;
    readonly pageUrl: string | null;
    readonly sessionId: string | null;
  };
}

const kwh = 1_000_000_000n;
const dayHours = 25;

describe("Payments by card", function () {
  this.timeout(120_000);
  let chain: ServiceChain;
  let fleet: Fleet;
  let provider: CardProviderStandIn;
  let folder: string;
  let world: ChargingWorld;
  let point: ChargingPoint;
  let station: StationCredentials;
  let key: string;

  before(async function () {
    chain = await startServiceChain();
    fleet = await createFleet(chain);
    folder = await mkdtemp(join(tmpdir(), "wattproof-cards-"));
  });
  beforeEach(async function () {
    provider = await startCardProvider();
    const lanes = [await fleet.consent(), await fleet.consent()];
    const path = join(folder, "consents.json");
    await writeFile(
      path,
      JSON.stringify(lanes, (_name, value: unknown) => (typeof value === "bigint" ? value.toString() : value)),
    );
    world = await openChargingWorld(
      chain,
      {
        ...fleet.environment,
        WATTPROOF_CARD_API_URL: provider.url,
        WATTPROOF_CARD_API_KEY: provider.apiKey,
        WATTPROOF_CARD_WEBHOOK_SECRET: provider.noticeSecret,
        WATTPROOF_CARD_CONSENTS: path,
        WATTPROOF_PAGE_ORIGIN: "http://localhost:4000",
      },
      (await chain.headSeconds()) * 1_000,
    );
    await fleet.fundRelayer();
    point = await chain.addChargingPoint();
    station = await addStation(world.service.store, `CS-${point.evse}`, [point.evse]);
    key = randomBytes(32).toString("hex");
  });
  afterEach(async function () {
    await world.close();
    await provider.close();
  });
  after(async function () {
    await rm(folder, { recursive: true, force: true });
    await chain.close();
  });

  async function ask(method: string, path: string, body?: unknown, bearer = key): Promise<Shown> {
    const response = await fetch(`${world.service.url}/v1/card-payments${path}`, {
      method,
      headers: { authorization: `Bearer ${bearer}`, "content-type": "application/json" },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const payment = (await response.json()) as Shown["payment"] & { readonly error?: { readonly code: string } };
    return { status: response.status, code: payment.error?.code, payment };
  }
  const order = () => ({ evse: point.evse, tariffId: tariffIdOf(testTariff), energyWh: 10_000 });
  const start = () => ask("POST", "", order());
  const show = async () => (await ask("GET", "/status")).payment;

  /** The driver pays at the provider's page, and the session opens. */
  async function open(): Promise<{ readonly sessionId: string; readonly reference: string; readonly amount: number }> {
    const { payment } = await start();
    expect(await provider.pay(payment.pageUrl ?? "", "good")).to.equal(200);
    await world.pass(20);
    await world.pass(20);
    const { status, sessionId, reason } = await show();
    expect(status, reason ?? "").to.equal("charging");
    const [reference = ""] = [...provider.payments.keys()].slice(-1);
    return { sessionId: sessionId ?? "", reference, amount: payment.amountMinor };
  }

  async function charge(sessionId: string, energyMicroWh = 3n * kwh): Promise<void> {
    const session = (await world.service.store.findSession(sessionId)) ?? expect.fail("no session");
    await chain.pass(3_600);
    world.nowMs += 3_600_000;
    const record = point.device.record({
      ...{ idTag: session.idTag, energyMicroWh },
      ...{ beginSeconds: 1_700_000_000, endSeconds: 1_700_001_800 },
    });
    const response = await fetch(`${world.service.url}/v1/meter-values`, {
      method: "POST",
      headers: {
        ...{ authorization: `Bearer ${station.apiKey}`, "x-station-id": station.stationId },
        "content-type": "application/json",
      },
      body: JSON.stringify({ record }),
    });
    expect(response.status, await response.text()).to.be.lessThan(300);
    await world.pass(60);
    await world.pass(60);
  }

  const taken = (reference: string) => {
    const payment = provider.payments.get(reference) ?? expect.fail("no payment");
    return (payment.intent?.received ?? 0) - payment.refunds.reduce((sum, { amount }) => sum + amount, 0);
  };
  const callsTo = (path: RegExp) => provider.calls.filter((call) => path.test(call)).length;

  it("refuses what is no order, no key, no payment, another's order and what nobody offers", async function () {
    expect((await ask("POST", "", {})).code).to.equal("CARD_PAYMENT_INVALID");
    expect((await ask("POST", "", order(), "short")).code).to.equal("CARD_PAYMENT_UNAUTHENTICATED");
    expect((await ask("GET", "/status")).code).to.equal("CARD_PAYMENT_UNKNOWN");
    const other = { ...order(), tariffId: `0x${"12".repeat(32)}` };
    expect((await ask("POST", "", other)).code).to.equal("TARIFF_NOT_ASSIGNED");
    expect((await ask("POST", "", { ...order(), energyWh: 900_000 })).code).to.equal("CARD_AMOUNT_UNSUITABLE");
    expect(provider.calls).to.deep.equal([]);
    await start();
    expect((await ask("POST", "", other)).code).to.equal("CARD_PAYMENT_DIFFERS");
    expect(provider.payments.size).to.equal(1);
  });

  it("takes what was settled and frees the rest, and the receipt is that of everybody", async function () {
    const { sessionId, reference, amount } = await open();
    expect(provider.payments.get(reference)?.intent?.status).to.equal("requires_capture");
    await charge(sessionId);
    const session = await world.show({ sessionId });
    const payment = await show();
    const owedMinor = Number(BigInt(session.session.closing?.chargedMicro ?? "0") / 10_000n);
    expect(payment).to.deep.include({ status: "closed", outcome: "paid", owedMinor, capturedMinor: owedMinor });
    expect(taken(reference)).to.equal(owedMinor).and.to.be.greaterThan(0).and.to.be.lessThan(amount);
    const receipt = await fetch(`${world.service.url}/v1/receipts/${sessionId}`);
    expect(receipt.status).to.equal(200);
    // Nothing moves it any more, however often it is looked at.
    await world.pass(dayHours * 3_600);
    expect(callsTo(/\/capture /)).to.equal(1);
    expect(taken(reference)).to.equal(owedMinor);
  });

  it("begins one payment however often it is asked, and through a lost answer", async function () {
    provider.fail(/checkout/, "lost-answer");
    const first = await start();
    expect(first.payment).to.include({ status: "authorizing", pageUrl: null });
    await world.pass(60);
    const [second, third] = await Promise.all([start(), start()]);
    expect(second.payment.status).to.equal("awaiting-driver");
    expect(third.payment.pageUrl).to.equal(second.payment.pageUrl).and.not.to.equal(null);
    expect(provider.payments.size).to.equal(1);
  });

  it("opens nothing with a declined card, and ends the page in time", async function () {
    const { payment } = await start();
    expect(await provider.pay(payment.pageUrl ?? "", "declined")).to.equal(402);
    await world.pass(60);
    expect(await show()).to.include({ status: "awaiting-driver", sessionId: null });
    await world.pass(3_600);
    expect(await show()).to.include({ status: "closed", outcome: "not-paid", reason: "CARD_PAGE_EXPIRED" });
    expect([...provider.payments.values()][0]).to.include({ page: "expired" });
    expect(await provider.pay(payment.pageUrl ?? "", "good")).to.equal(410);
  });

  it("ends with a page that the provider ended, and with an order that it refuses", async function () {
    await start();
    provider.endPage([...provider.payments.keys()][0] ?? "");
    await world.pass(60);
    expect(await show()).to.include({ status: "closed", outcome: "not-paid", reason: "CARD_PAGE_ENDED" });
    key = randomBytes(32).toString("hex");
    provider.fail(/checkout/, "refused");
    expect((await start()).payment).to.include({ status: "closed", outcome: "not-paid", reason: "card_error" });
  });

  it("lets its driver give up before the session opens, also while the card is paid with", async function () {
    const { payment } = await start();
    await provider.pay(payment.pageUrl ?? "", "good");
    const stopped = await ask("POST", "/stop");
    expect(stopped.payment).to.include({ status: "closed", outcome: "not-paid", reason: "DRIVER_CANCELLED" });
    expect([...provider.payments.values()][0]?.intent?.status).to.equal("canceled");
    expect((await ask("POST", "/stop")).code).to.equal("CARD_PAYMENT_NOT_OPEN");
  });

  it("frees the card where the chain would not open the session", async function () {
    const { payment } = await start();
    for (const lane of fleet.granted().slice(-2)) await fleet.revoke(lane);
    await provider.pay(payment.pageUrl ?? "", "good");
    await world.pass(20);
    expect(await show()).to.include({ status: "closed", outcome: "not-opened", reason: "CONSENT_REVOKED" });
    expect([...provider.payments.values()][0]?.intent?.status).to.equal("canceled");
  });

  it("serves as many charges at once as the proxy has lanes", async function () {
    for (let lane = 0; lane < 2; lane += 1) {
      await open();
      point = await chain.addChargingPoint();
      station = await addStation(world.service.store, `CS-${point.evse}`, [point.evse]);
      key = randomBytes(32).toString("hex");
    }
    expect((await start()).code).to.equal("CARD_LANES_BUSY");
  });

  for (const fault of ["lost-answer", "unreachable"] as const) {
    it(`takes once where the call to capture is ${fault}, through a restart`, async function () {
      const { sessionId, reference } = await open();
      provider.fail(/capture/, fault);
      await charge(sessionId);
      await world.restart();
      await world.pass(600);
      const payment = await show();
      expect(payment).to.include({ status: "closed", outcome: "paid" });
      expect(taken(reference)).to.equal(payment.owedMinor);
    });

    it(`leaves nothing reserved where the call to release is ${fault}`, async function () {
      const { sessionId, reference } = await open();
      provider.fail(/cancel/, fault);
      // Nobody plugs in: after a day the hold returns on the chain.
      await world.pass(dayHours * 3_600);
      const session = (await world.service.store.findSession(sessionId)) ?? expect.fail("no session");
      const values = [session.terms, openingOf(session.state.opening), 0n];
      const { settlement } = readContractInterfaces();
      const { chargingSettlement } = chain.deployment.contracts;
      await chain.sendAsStranger(chargingSettlement, settlement.encodeFunctionData("expire", values));
      for (let rounds = 0; rounds < 3; rounds += 1) await world.pass(600);
      expect(await show()).to.include({ status: "closed", outcome: "nothing-due", capturedMinor: 0 });
      expect(provider.payments.get(reference)?.intent?.status).to.equal("canceled");
    });
  }

  it("tells of what the card did not pay, and of what the bank calls back", async function () {
    const first = await open();
    provider.lapse(first.reference);
    await charge(first.sessionId);
    expect(await show()).to.include({ status: "closed", outcome: "uncollected", capturedMinor: 0 });

    key = randomBytes(32).toString("hex");
    point = await chain.addChargingPoint();
    station = await addStation(world.service.store, `CS-${point.evse}`, [point.evse]);
    const second = await open();
    await charge(second.sessionId);
    provider.dispute(second.reference);
    const notice = provider.notice(second.reference, world.nowMs);
    expect(await tell(notice)).to.deep.equal([200, 1]);
    await world.pass(1);
    const listed = await list();
    const { paymentId, capturedMinor } = await show();
    const disputed = listed.find((one) => one["paymentId"] === paymentId);
    expect(disputed).to.include({ status: "closed", outcome: "paid", disputedMinor: capturedMinor });
  });

  it("believes no notice that is unsigned, old or another's, and takes a good one as often as it comes", async function () {
    const { payment } = await start();
    const [reference = ""] = provider.payments.keys();
    const notice = provider.notice(reference, world.nowMs);
    expect(await tell({ ...notice, body: `${notice.body} ` })).to.deep.equal([401, undefined]);
    expect(await tell({ ...notice, signature: "" })).to.deep.equal([401, undefined]);
    expect(await tell(provider.notice(reference, world.nowMs - 301_000))).to.deep.equal([401, undefined]);
    expect(await tell(provider.notice("cs_of_nobody", world.nowMs))).to.deep.equal([200, 0]);
    await provider.pay(payment.pageUrl ?? "", "good");
    for (let times = 0; times < 3; times += 1) expect(await tell(notice)).to.deep.equal([200, 1]);
    await world.pass(20);
    await world.pass(20);
    expect(await show()).to.include({ status: "charging" });
  });

  it("shows payments to the operator alone, who can have one looked at or ended", async function () {
    await start();
    expect((await fetch(`${world.service.url}/v1/operator/card-payments`)).status).to.equal(401);
    const [payment] = await list();
    const paymentId = String(payment?.["paymentId"]);
    expect(await resolve({ paymentId, as: "look", reason: "A driver calls." })).to.equal(200);
    expect(await resolve({ paymentId, as: "release", reason: "" })).to.equal(400);
    expect(await resolve({ paymentId: `0x${"00".repeat(32)}`, as: "look", reason: "Why?" })).to.equal(404);
    expect(await resolve({ paymentId, as: "release", reason: "The charger is broken." })).to.equal(200);
    expect(await resolve({ paymentId, as: "release", reason: "Again." })).to.equal(409);
    expect(await show()).to.include({ status: "closed", reason: "OPERATOR_RELEASED" });
    expect([...provider.payments.values()][0]).to.include({ page: "expired" });
  });

  async function tell(notice: {
    readonly body: string;
    readonly signature: string;
  }): Promise<[number, number | undefined]> {
    const response = await fetch(`${world.service.url}/v1/card-payments/notices`, {
      method: "POST",
      headers: { "stripe-signature": notice.signature },
      body: notice.body,
    });
    return [response.status, ((await response.json()) as { readonly payments?: number }).payments];
  }

  async function list(): Promise<readonly Readonly<Record<string, unknown>>[]> {
    const response = await fetch(`${world.service.url}/v1/operator/card-payments`, {
      headers: { authorization: `Bearer ${operatorKey}` },
    });
    return ((await response.json()) as { readonly payments: readonly Record<string, unknown>[] }).payments;
  }

  async function resolve(body: object): Promise<number> {
    const response = await fetch(`${world.service.url}/v1/operator/card-payments/resolve`, {
      method: "POST",
      headers: { authorization: `Bearer ${operatorKey}` },
      body: JSON.stringify(body),
    });
    await response.body?.cancel();
    return response.status;
  }

  it("is listed and resolved by command, with its own words for what cannot be", async function () {
    const program = (...words: readonly string[]) =>
      runScript("wattproof", ["card-payment", ...words, "--service", world.service.url], {
        WATTPROOF_OPERATOR_KEY: operatorKey,
      });
    const resolve = (id: string, way: string, ...more: readonly string[]) =>
      program("resolve", id, "--as", way, "--reason", "the driver called", ...more);
    expect((await program("list")).stdout).to.equal("There are none.\n");
    const { payment } = await start();
    const listed = await program("list", "--status", "awaiting-driver");
    expect(listed).to.deep.include({ code: 0 });
    expect(listed.stdout).to.contain(`${payment.paymentId} at EVSE ${point.evse}: awaiting-driver`);
    expect((await program("list", "--status", "charging")).stdout).to.equal("There are none.\n");

    for (const [words, code] of [
      [["list", "--status", "lost"], "USAGE_INVALID"],
      [["resolve", payment.paymentId, "--as", "steal", "--reason", "x"], "USAGE_INVALID"],
      [["resolve", payment.paymentId, "--as", "look"], "USAGE_INVALID"],
      [["resolve", `0x${"0".repeat(64)}`, "--as", "look", "--reason", "x"], "CARD_PAYMENT_UNKNOWN"],
    ] as const) {
      const refused = await program(...words);
      expect([refused.code === 0, refused.stderr], words.join(" ")).to.satisfy(
        ([isDone, text]: [boolean, string]) => !isDone && text.includes(code),
      );
    }
    const looked = await resolve(payment.paymentId, "look", "--json");
    expect(JSON.parse(looked.stdout)).to.deep.include({ before: "awaiting-driver" });
    const released = await resolve(payment.paymentId, "release");
    expect(released.stdout).to.contain("OPERATOR_RELEASED").and.to.contain("it was awaiting-driver");
    await world.pass(60);
    expect(await show()).to.include({ status: "closed", outcome: "not-paid" });
    expect(await provider.pay(payment.pageUrl ?? "", "good")).to.equal(410);
    expect((await resolve(payment.paymentId, "release")).stderr).to.contain("CARD_PAYMENT_NOT_OPEN");
  });
});

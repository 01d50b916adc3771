import { createHash } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { Validator } from "@seriousme/openapi-schema-validator";
import { expect } from "chai";
import { Wallet, type HDNodeWallet } from "ethers";

import { createMeteredScheme } from "../../packages/client/src/metered.ts";
import { meteredRequiredSchema } from "../../services/http/api/metered-offer.ts";
import { operations } from "../../services/http/api/open-api.ts";
import { topUpTypes } from "../../services/domain/driver-orders.ts";
import { tariffIdOf } from "../../services/domain/packed-tariff.ts";
import { recordsGrantDigestOf } from "../../services/domain/records-grant.ts";
import { viewGrantDigestOf } from "../../services/domain/session-view-key.ts";
import { consentDigestOf } from "../../services/domain/unsigned-consent.ts";
import { settlementDomainOf, termsTypes, type SessionTerms } from "../../services/domain/terms.ts";
import { generateMeterKey } from "../../scripts/simulator/demo-key.ts";
import { assertDescribed, operationAt } from "../helpers/api-answers.ts";
import { startCardProvider } from "../helpers/card-provider.ts";
import { connectCharger, type Charger } from "../helpers/charger.ts";
import { bindingOf, createFleet, type Fleet } from "../helpers/fleet.ts";
import { addPasskeyDriver } from "../helpers/passkey-driver.ts";
import { registerStation } from "../helpers/ocpp-service.ts";
import { addStation, operatorKey, runService, type RunningService } from "../helpers/running-service.ts";
import { startServiceChain, type ChargingPoint, type ServiceChain } from "../helpers/service-chain.ts";
import { testTariff } from "../helpers/test-tariff.ts";

const peerKey = "key-of-two-oracles-0123456789";
const kwh = 1_000_000_000n;
const muchWei = "0x3635c9adc5dea00000";
const asOperator = { authorization: `Bearer ${operatorKey}` };

/** What was answered, by the operation's name. */
const seen = new Map<string, Set<number>>();

describe("The description of the HTTP interface", function () {
  this.timeout(120_000);
  let chain: ServiceChain;
  let fleet: Fleet;
  let running: RunningService;
  let url: string;
  let point: ChargingPoint;
  let charger: Charger;
  let driver: HDNodeWallet;
  let oracle: string;
  let folder: string;

  before(async function () {
    chain = await startServiceChain();
    fleet = await createFleet(chain);
    driver = Wallet.createRandom();
    await chain.request("hardhat_setBalance", [driver.address, muchWei]);
    await chain.fundDriver(driver.address, 50_000_000n, 50_000_000n);
    oracle = Wallet.createRandom().address;
    // Nobody listens there: what is sent waits.
    const mail = { WATTPROOF_SMTP_URL: "smtp://127.0.0.1:1", WATTPROOF_MAIL_FROM: "charging@example.org" };
    point = await chain.addChargingPoint();
    folder = await mkdtemp(join(tmpdir(), "wattproof-api-"));
    running = await runService(chain, {
      ...{ ...fleet.environment, ...mail, ...(await openData()), WATTPROOF_PAGE_RPC: "on" },
    });
    ({ url } = running.service);
  });
  after(async function () {
    await charger.close();
    await running.close();
    await chain.close();
    await rm(folder, { recursive: true });
  });

  /** A site of which OCPI has everything that it requires. */
  async function openData(): Promise<Readonly<Record<string, string>>> {
    const connector = { connector: 1, plug: "IEC_62196_T2", format: "SOCKET", powerType: "AC_3_PHASE" };
    const connectors = [{ ...connector, maximumVoltageV: 230, maximumCurrentA: 32 }];
    const site = {
      ...{ id: "hall", name: "Hall", operator: "Test", street: "High street 1", town: "Bern", country: "CHE" },
      ...{ timeZone: "Europe/Zurich", latitude: 46.9, longitude: 7.4, evses: [{ evse: point.evse, connectors }] },
    };
    const path = join(folder, "sites.json");
    await writeFile(path, JSON.stringify({ sites: [site] }));
    const party = { WATTPROOF_OCPI_COUNTRY_CODE: "CH", WATTPROOF_OCPI_PARTY_ID: "TST" };
    return { WATTPROOF_SITES: path, WATTPROOF_OPEN_DATA: "on", ...party };
  }

  /** Asks, and holds whatever comes to the description. */
  async function ask(
    method: string,
    path: string,
    body?: unknown,
    headers: Readonly<Record<string, string>> = asOperator,
  ): Promise<Readonly<Record<string, unknown>>> {
    const response = await fetch(`${url}${path}`, {
      method,
      // A connection that waited for the chain meanwhile may just be closed.
      headers: { "content-type": "application/json", connection: "close", ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body, (_name, value: unknown) => asText(value)) }),
    });
    const text = await response.text();
    const operation =
      operationAt(method, path.split("?")[0] ?? "") ?? expect.fail(`${method} ${path} is not described`);
    const mediaType = response.headers.get("content-type")?.split(";")[0] ?? "";
    assertDescribed(operation, { status: response.status, mediaType, text });
    seen.set(operation.id, (seen.get(operation.id) ?? new Set()).add(response.status));
    return mediaType === "application/json" ? (JSON.parse(text) as Readonly<Record<string, unknown>>) : { text };
  }

  /** What a machine is asked for, a payment that is none, and one that is. */
  async function askAsMachine(): Promise<void> {
    const wallet = Wallet.createRandom();
    await chain.fundDriver(wallet.address, 50_000_000n, 0n);
    const scheme = createMeteredScheme({
      ...{ domain: domainOf(), chain: chain.rpcUrl, driver: wallet.address, lane: 0, consent: null },
      sign: (sessionId) => wallet.signingKey.sign(sessionId).serialized,
      ...{ mostHoldMicro: 50_000_000n, mostNanoPerKwh: testTariff.priceNanoPerKwh, sessionSeconds: 86_400 },
    });
    const place = `/v1/evses/${point.evse}`;
    const { accepts } = meteredRequiredSchema.parse(await ask("GET", place, undefined, {}));
    await ask("GET", place, undefined, { "payment-signature": "e30=" });
    const payment = { ...(await scheme.createPaymentPayload(2, accepts[0] ?? {})), accepted: accepts[0] };
    const header = Buffer.from(JSON.stringify(payment)).toString("base64");
    await ask("GET", place, undefined, { "payment-signature": header });
  }

  /** A payment by card from its begin to its end without a card. */
  async function askAboutCards(): Promise<void> {
    const lanes = [await fleet.consent()];
    const consents = join(running.dataPath, "consents.json");
    await writeFile(
      consents,
      JSON.stringify(lanes, (_name, value: unknown) => asText(value)),
    );
    const provider = await startCardProvider();
    const asked = await runService(chain, {
      ...fleet.environment,
      ...{ WATTPROOF_CARD_API_URL: provider.url, WATTPROOF_CARD_API_KEY: provider.apiKey },
      ...{ WATTPROOF_CARD_WEBHOOK_SECRET: provider.noticeSecret, WATTPROOF_CARD_CONSENTS: consents },
      WATTPROOF_PAGE_ORIGIN: "http://localhost:4000",
    });
    const own = url;
    ({ url } = asked.service);
    try {
      const place = await chain.addChargingPoint();
      await addStation(asked.service.store, "CS-CARD", [place.evse]);
      const headers = { authorization: `Bearer ${"ab".repeat(32)}` };
      await ask("POST", "/v1/card-payments", { evse: place.evse, tariffId: tariffIdOf(testTariff) }, headers);
      await ask("POST", "/v1/card-payments", {}, headers);
      await ask("GET", "/v1/card-payments/status", undefined, headers);
      const [reference = ""] = provider.payments.keys();
      const { body, signature } = provider.notice(reference, Date.now());
      await ask("POST", "/v1/card-payments/notices", JSON.parse(body), { "stripe-signature": signature });
      const { payments } = await ask("GET", "/v1/operator/card-payments");
      const [{ paymentId }] = payments as readonly [{ readonly paymentId: string }];
      await ask("POST", "/v1/operator/card-payments/resolve", { paymentId, as: "look", reason: "A driver calls." });
      await ask("POST", "/v1/card-payments/stop", undefined, headers);
    } finally {
      url = own;
      await asked.close();
      await provider.close();
    }
  }

  function asText(value: unknown): unknown {
    return typeof value === "bigint" ? value.toString() : value;
  }

  async function termsOf(changes: Partial<SessionTerms> = {}): Promise<SessionTerms> {
    return {
      ...{ driver: driver.address, lane: 0, nonce: 0, operator: chain.operator, agreement: 0 },
      ...{ evse: point.evse, meter: point.meter, maximumPowerW: point.maximumPowerW },
      ...{ tariffId: tariffIdOf(testTariff), holdMicro: 5_000_000n },
      expiresAt: (await chain.headSeconds()) + 86_400,
      ...changes,
    };
  }

  it("is an OpenAPI 3.1 document that a validator of others takes", async function () {
    const document: unknown = await (await fetch(`${url}/v1/openapi.json`)).json();
    const outcome = await new Validator().validate(JSON.stringify(document, null, 2));
    expect(outcome).to.deep.equal({ valid: true });
    expect(document).to.have.nested.property("openapi", "3.1.0");
    expect(document).to.have.nested.property("paths./v1/meter-values.post.operationId", "postMeterValue");
  });

  it("describes every answer of every public address, of drivers and of stations", async function () {
    const station = await addStation(running.service.store, "CS-API", [point.evse]);
    const domain = settlementDomainOf(domainOf());
    const terms = await termsOf();
    const signature = await driver.signTypedData(domain, termsTypes, terms);
    const viewKey = "view-key-of-the-driver-0123456789abcdef";
    const viewKeySha256 = createHash("sha256").update(viewKey).digest("hex");
    const opened = await ask("POST", "/v1/openings", { kind: "signed-terms", terms, signature, viewKeySha256 }, {});
    const sessionId = String(opened["sessionId"]);
    await ask("GET", `/v1/relayed-calls/${String(opened["callId"])}`, undefined, {});
    await ask("POST", "/v1/openings", { kind: "nonsense" }, {});
    const passkey = await addPasskeyDriver({ chain, point: await chain.addChargingPoint(), url });
    const paid = [passkey.call("transfer", [driver.address, 5_000_000n])];
    await ask("POST", "/v1/passkey-batches", passkey.contentOf(await passkey.batchOf(paid)), {});
    await ask("POST", "/v1/passkey-batches", {}, {});
    await askAsMachine();
    await running.service.synchronise();

    const opening = await chain.openingOf(sessionId);
    const topUp = { sessionId, toppedUpMicro: 0n, amountMicro: 1_000_000n };
    await ask(
      "POST",
      "/v1/driver-orders",
      {
        ...{ kind: "top-up", terms, opening, toppedUpMicro: 0n, amountMicro: 1_000_000n },
        signature: await driver.signTypedData(domain, topUpTypes, topUp),
      },
      {},
    );
    const session = `/v1/sessions/${sessionId}`;
    const sign = (digest: string): string => driver.signingKey.sign(digest).serialized;
    const consent = sign(consentDigestOf({ sessionId, capMicro: 1n }, domainOf()));
    await ask("PUT", `${session}/unsigned-energy-consent`, { capMicro: "1", signature: consent }, {});
    await ask("PUT", `${session}/unsigned-energy-consent`, { capMicro: "2", signature: consent }, {});
    const keySha256 = viewKeySha256;
    const grant = sign(viewGrantDigestOf({ sessionId, keySha256 }, domainOf().chainId));
    await ask("POST", `${session}/view-keys`, { keySha256, signature: grant }, {});
    const until = Math.floor(Date.now() / 1_000) + 600;
    const records = { driver: driver.address, reader: "", key: viewKey, until };
    const allowed = recordsGrantDigestOf({ ...records, service: chain.oracle.address }, domainOf().chainId);
    await ask("POST", "/v1/driver-records", { ...records, signature: sign(allowed) }, {});
    await ask("GET", `/v1/evses/${point.evse}/tariffs`, undefined, {});
    await ask("GET", "/v1/evses/0/tariffs", undefined, {});

    const headers = { authorization: `Bearer ${station.apiKey}`, "x-station-id": station.stationId };
    await chain.pass(3_600);
    const record = await charged(sessionId);
    await ask("POST", "/v1/meter-values", { record }, headers);
    await ask("POST", "/v1/meter-values", { record: "no record" }, headers);
    await ask("POST", "/v1/meter-values", { record }, {});
    await running.service.synchronise();
    await running.service.synchronise();

    for (const path of [
      "/v1/health",
      "/v1/sites",
      "/v1/ready",
      "/metrics",
      "/configuration.json",
      "/v1/openapi.json",
      "/ocpi/versions",
      "/ocpi/cpo/2.2.1",
      "/ocpi/cpo/2.2.1/locations",
      "/ocpi/cpo/2.2.1/locations/hall",
      `/ocpi/cpo/2.2.1/locations/hall/${point.evse}`,
      `/ocpi/cpo/2.2.1/locations/hall/${point.evse}/1`,
      "/ocpi/cpo/2.3.0/locations/hall/0",
      "/ocpi/cpo/2.3.0/tariffs",
    ]) {
      await ask("GET", path, undefined, {});
    }
    await ask("POST", "/rpc", { jsonrpc: "2.0", id: 1, method: "eth_blockNumber", params: [] }, {});
    await ask("POST", "/rpc", { jsonrpc: "2.0", id: 1, method: "eth_sendTransaction", params: [] }, {});
    const whole = { authorization: `Bearer ${viewKey}` };
    const shown = await ask("GET", `/v1/sessions/${sessionId}`, undefined, whole);
    expect(shown).to.have.nested.property("session.state", "settled");
    await ask("GET", `/v1/sessions/${sessionId}`, undefined, {});
    await ask("GET", "/v1/sessions/0x00", undefined, {});
    await ask("GET", "/v1/sessions", undefined, {});
    await ask("GET", "/v1/sessions?limit=1");
    await ask("GET", `/v1/receipts/${sessionId}`, undefined, {});
    const { invoices } = await ask("GET", `/v1/receipts/${sessionId}/invoices?language=it`, undefined, {});
    expect(invoices).to.have.length(1);
    await ask("GET", `/v1/receipts/${sessionId}/invoices?language=xx`, undefined, {});
    const transparency = await ask("GET", `/v1/receipts/${sessionId}/transparency.xml`, undefined, {});
    expect(transparency["text"]).to.contain("<signedData");
    await ask("GET", `/v1/receipts/0x${"00".repeat(32)}/transparency.xml`, undefined, {});
    const recipient = { email: "ada@example.com", language: "it" };
    await ask("PUT", `${session}/receipt-recipient`, recipient, whole);
    await ask("PUT", `${session}/receipt-recipient`, recipient, {});
    for (const key of [{}, whole]) await readEvent(sessionId, key);
  });

  it("describes every answer to the operator", async function () {
    await registerStation(running.service.store, "CS-OCPP", { evses: [(await chain.addChargingPoint()).evse] });
    charger = await connectCharger(url, "CS-OCPP", "ocpp1.6");
    await charger.call("BootNotification", { chargePointVendor: "V", chargePointModel: "M" });
    await charger.call("StatusNotification", { connectorId: 1, errorCode: "NoError", status: "Available" });
    const [evse] = (await running.service.store.findStation("CS-OCPP"))?.evses ?? [];
    await ask("GET", `/v1/evses/${evse}/state`, undefined, {});
    await ask("GET", "/v1/stations");
    await ask("GET", "/v1/stations/CS-OCPP");
    await ask("POST", "/v1/stations/CS-OCPP/commands/ClearCache", {});
    await ask("POST", "/v1/stations/CS-OCPP/commands/Nonsense", {});
    await ask("POST", "/v1/stations/CS-OCPP/set-up", { dryRun: true });
    await ask("POST", "/v1/stations/CS-OCPP/set-up", {});
    await ask("GET", "/v1/stations/CS-OCPP/last-set-up");
    const change = { tariffId: tariffIdOf(testTariff), evses: [evse] };
    await ask("POST", "/v1/tariff-assignments/assign", change);
    await ask("POST", "/v1/tariff-assignments/unassign", change);
    await ask("GET", "/v1/tariff-assignments?ended=yes");
    await ask("POST", "/v1/meter-times/approve", { meter: point.meter, reference: "PTB-1" });
    await ask("GET", "/v1/meter-times");
    await ask("POST", "/v1/meter-times/withdraw", { meter: point.meter });
    const staff = { group: "staff", drivers: [Wallet.createRandom().address] };
    await ask("POST", "/v1/driver-groups/add", staff);
    await ask("POST", "/v1/tariff-assignments/assign", { ...change, group: "staff" });
    await ask("GET", "/v1/driver-groups?group=staff");
    await ask("POST", "/v1/driver-groups/remove", staff);
    const always = { fromTime: "00:00", toTime: "00:00", weekdays: [], fromDate: null, toDate: null };
    const plan = { zone: "Europe/Berlin", windows: [{ tariffId: change.tariffId, ...always }] };
    await ask("POST", "/v1/tariff-plans/assign", { plan, evses: change.evses });
    await ask("POST", "/v1/tariff-plans/assign", { plan: { ...plan, zone: "Europe/Atlantis" }, evses: change.evses });
    await ask("GET", "/v1/tariff-plans");
    await ask("POST", "/v1/tariff-plans/end", { evses: change.evses });
    await ask("POST", "/v1/stations/CS-API/screen-code", {});
    const binding = bindingOf("04AA", await fleet.consent());
    await ask("POST", "/v1/id-tokens/bind", binding);
    await ask("GET", "/v1/id-tokens");
    await ask("POST", "/v1/id-tokens/unbind", { idToken: "04AA" });
    const { publicKeyPoint } = generateMeterKey("secp256r1");
    const publicKey = `0x${Buffer.from(publicKeyPoint).toString("hex")}`;
    const { tag } = await ask("POST", "/v1/meter-possessions", { evse, curve: "secp256r1", publicKey });
    await ask("GET", `/v1/meter-possessions/${String(tag)}`);
    const order = { purpose: "FLEET", operator: chain.operator, evses: null, identifiers: {} };
    await ask("POST", "/v1/dossiers", { ...order, fromSeconds: 0, toSeconds: 4_000_000_000 });
    await ask("POST", "/v1/dossiers", { ...order, fromSeconds: 1, toSeconds: 2 });

    await ask("POST", "/v1/evidence-statements", {});
    const offer = `/v1/dossiers/0x${"12".repeat(32)}`;
    await ask("PUT", `${offer}/content`, {});
    await ask("GET", offer, undefined, {});

    const abandoned = await chain.openSession(point);
    await running.service.synchronise();
    const signature = await chain.signStop(abandoned);
    await ask("POST", `/v1/sessions/${abandoned.sessionId}/stop`, { signature }, {});
    await ask("POST", `/v1/sessions/${abandoned.sessionId}/settlement-retry`);
    const resolution = { sessionId: abandoned.sessionId, as: "expire", reason: "The car never came.", isDryRun: false };
    await ask("POST", "/v1/operator/session-resolutions", resolution);
    await ask("POST", "/v1/operator/chain-rescan", { from: 1, to: 2 });
    await askAboutCards();
    await ask("GET", "/v1/operator/parked-frames");
    await ask("POST", "/v1/operator/parked-frames/retry", { stationId: "CS-OCPP" });
    await ask("POST", "/v1/operator/parked-frames/discard", { frameId: "1", reason: "No more." });
    const keySha256 = "ab".repeat(32);
    await ask("POST", "/v1/operator/key-additions", { name: "ada", role: "operate", keySha256 });
    await ask("GET", "/v1/operator/keys");
    await ask("POST", "/v1/operator/key-revocations", { name: "ada" });
    await ask("GET", "/v1/operator/actions?limit=3");
    await ask("GET", "/v1/operator/own-key");
    await ask("GET", "/v1/operator/evidence");
    await ask("POST", "/v1/operator/refunds", { sessionId: `0x${"00".repeat(32)}`, amountMicro: "1" });
    for (const path of ["overview", "stations", "sessions?show=ended", "totals?by=day&count=2", "money", "replicas"]) {
      await ask("GET", `/v1/operator/${path}`);
    }
    await ask("GET", "/v1/operator/overview", undefined, {});
  });

  it("describes every answer to other oracles", async function () {
    const peers = `${oracle} ${peerKey} http://127.0.0.1:1`;
    const asked = await runService(chain, { WATTPROOF_QUORUM_PEERS: peers });
    const headers = { authorization: `Bearer ${peerKey}`, "x-oracle-address": oracle };
    const own = url;
    ({ url } = asked.service);
    try {
      const claim = {
        ...{ sessionId: `0x${"12".repeat(32)}`, openedAt: 1, salt: 1, energyMicroWh: "1", chargingSeconds: 1 },
        ...{ connectedSeconds: 1, toppedUpMicro: "0", isReadable: false, records: [] },
      };
      await ask("POST", "/v1/quorum/signatures", { claims: [claim] }, headers);
      await ask("POST", "/v1/quorum/signatures", { claims: [] }, headers);
      const lowering = { sessionId: claim.sessionId, priceMicro: "1", records: [] };
      await ask("POST", "/v1/quorum/lowerings", { lowering }, headers);
      await ask("POST", "/v1/quorum/lowerings", {}, headers);
      await ask("POST", "/v1/quorum/dossier-signatures", {}, headers);
      await ask("POST", "/v1/quorum/statement-signatures", {}, headers);
    } finally {
      url = own;
      await asked.close();
    }
  });

  it("has been held to every operation, and to a good answer of all but those named here", function () {
    const without = operations.filter(({ id }) => ![...(seen.get(id) ?? [])].some((status) => status < 300));
    // Each needs a fault, a signature or a committee; other tests have them, and every JSON answer that any test of a
    // service gets is held to the description, too.
    expect(without.map(({ id }) => id)).to.deep.equal([
      "buyDossier",
      "stopCharging",
      "enableScreenCode",
      "signStatement",
      "publishDossier",
      "retrySettlement",
      "retryParkedFrames",
      "discardParkedFrame",
      "prepareRefund",
      "signDossier",
      "signPeerStatement",
    ]);
    expect(operations.filter(({ id }) => !seen.has(id))).to.deep.equal([]);
  });

  it("describes every door that is open, and no other", async function () {
    const document = (await (await fetch(`${url}/v1/openapi.json`)).json()) as {
      readonly paths: Readonly<Record<string, object>>;
    };
    const described = Object.entries(document.paths).flatMap(([path, item]) =>
      Object.keys(item).map((method) => `${method.toUpperCase()} ${path}`),
    );
    const all = operations.map(({ method, path }) => `${method} ${path.replaceAll(/:([A-Za-z]+)/g, "{$1}")}`);
    expect(described.toSorted()).to.deep.equal(all.toSorted());
  });

  function domainOf(): { readonly chainId: number; readonly verifyingContract: string } {
    const { chainId, contracts } = chain.deployment;
    return { chainId, verifyingContract: contracts.chargingSettlement };
  }

  async function charged(sessionId: string): Promise<string> {
    const { idTag } = (await running.service.store.findSession(sessionId)) ?? expect.fail("unknown");
    const beginSeconds = 1_700_000_000;
    const times = { beginSeconds, endSeconds: beginSeconds + 1_800 };
    return point.device.record({ idTag, energyMicroWh: 3n * kwh, ...times });
  }

  async function readEvent(sessionId: string, headers: Readonly<Record<string, string>>): Promise<void> {
    const response = await fetch(`${url}/v1/sessions/${sessionId}/events`, { headers });
    const reader = (response.body ?? expect.fail("no stream")).pipeThrough(new TextDecoderStream()).getReader();
    let text = "";
    while (!/data: .*\n/.test(text)) text += (await reader.read()).value ?? "";
    await reader.cancel();
    const operation = operations.find(({ id }) => id === "watchSession") ?? expect.fail("not described");
    const schema = operation.answers[0]?.schema ?? expect.fail("not described");
    expect(schema.safeParse(JSON.parse(/data: (.*)\n/.exec(text)?.[1] ?? "")).error).to.equal(undefined);
    seen.set(operation.id, new Set([response.status]));
  }
});

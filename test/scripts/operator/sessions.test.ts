import { createPublicKey } from "node:crypto";

import { packTariff } from "../../../services/domain/packed-tariff.ts";
import { expect } from "chai";
import { ZeroHash } from "ethers";

import type { ServiceClient } from "../../../scripts/command-line/service-client.ts";
import { readEvidence } from "../../../scripts/operator/export/evidence.ts";
import { signedRecordOf } from "../../../scripts/simulator/signed-record.ts";
import { readContractInterfaces } from "../../../services/chain/contracts.ts";
import { encodeChallenge } from "../../../services/chain/proof-calls.ts";
import { findClaim, type PlainLog } from "../../../services/chain/settled-claims.ts";
import { transition } from "../../../services/domain/session.ts";
import { toMicroWh } from "../../../services/domain/decimal.ts";
import { priceOf } from "../../../services/domain/tariff.ts";
import { nodeCryptography } from "../../../services/evidence/formats/ocmf/node-cryptography.ts";
import { createOcmfVerifier } from "../../../services/evidence/formats/ocmf/verifier.ts";
import { recompute, statedCost } from "../../helpers/ocpi-calculator.ts";
import {
  addStation,
  get,
  getAsOperator,
  post,
  runService,
  type RunningService,
  type StationCredentials,
} from "../../helpers/running-service.ts";
import { testTariff, type ChargingPoint, type OpenedSession } from "../../helpers/service-chain.ts";
import { startScript } from "../run-script.ts";
import { errorCodeOf, errorDetailOf, openOperatorWorld, type OperatorWorld } from "./operator-world.ts";

const energyMicroWh = 7_420_500_000n;
const hourSeconds = 3_600;
const daySeconds = 24 * hourSeconds;
const { grossMicro } = priceOf(testTariff, energyMicroWh, hourSeconds, 0);
const operatorKey = "k".repeat(40);

const location = {
  id: "LOC1",
  address: "Example street 1",
  city: "Berlin",
  country: "DEU",
  coordinates: { latitude: "52.5", longitude: "13.4" },
  evse_uid: "1",
  connector_id: "1",
  connector_standard: "IEC_62196_T2_COMBO",
  connector_format: "CABLE",
  connector_power_type: "DC",
};

/** What the records of a charge detail record prove, by its own key alone. */
function energyOf(cdr: Readonly<Record<string, unknown>> | undefined): bigint | null {
  const signed = cdr?.["signed_data"] as { public_key: string; signed_values: { signed_data: string }[] };
  const verifier = createOcmfVerifier({ cryptography: nodeCryptography });
  const verdict = verifier.verifySession(
    signed.signed_values.map((value) => ({
      record: Buffer.from(value.signed_data, "base64"),
      publicKey: signed.public_key,
    })),
  );
  return verdict.verdict === "accepted" ? toMicroWh(verdict.energyWh, "down") : null;
}

/** One story, in order: two sessions settle, one is given up for the epoch's limit, one stays open. */
describe("wattproof: sessions, settlement, challenges, money, receipts", function () {
  this.timeout(300_000);
  let world: OperatorWorld;
  let running: RunningService;
  let station: StationCredentials;
  let service: readonly string[];
  let point: ChargingPoint;
  let sessions: readonly OpenedSession[];
  let records: readonly string[];

  before(async () => {
    world = await openOperatorWorld({ rules: { epochLimitMicro: 2n * grossMicro } });
    const { chain } = world;
    // Epochs are days of the chain: the story begins early in one, at whatever time of day it is told.
    await later(daySeconds - ((await chain.headSeconds()) % daySeconds) + hourSeconds);
    running = await runService(chain, { WATTPROOF_OPERATOR_KEY: operatorKey });
    service = ["--service", running.service.url];
    point = await chain.addChargingPoint("secp256r1", { isProven: true });
    station = await addStation(running.service.store, "CS-1", [point.evse]);
    const expiresInSeconds = 40 * hourSeconds;
    sessions = [
      await chain.openSession(point, { expiresInSeconds }),
      await chain.openSession(point, { expiresInSeconds }),
      await chain.openSession(point, { expiresInSeconds }),
      await chain.openSession(point, { expiresInSeconds }),
    ];
    await running.service.synchronise();
    records = sessions.slice(0, 3).map(({ idTag }) =>
      point.device.record({
        idTag,
        energyMicroWh,
        beginSeconds: 1_700_000_000,
        endSeconds: 1_700_000_000 + hourSeconds,
      }),
    );
    for (const record of records) await post(running.service.url, station, record);
    await running.service.synchronise();
    await running.service.synchronise();
  });
  after(async () => {
    await running.close();
    await world.close();
  });

  const idOf = (index: number): string => sessions[index]?.sessionId ?? "";
  const later = async (seconds: number): Promise<void> => {
    await world.chain.request("evm_increaseTime", [seconds]);
    await world.chain.request("evm_mine");
  };

  /** Somebody shows another record of the first session's meter, which costs its driver less. */
  async function challengeAsStranger(): Promise<void> {
    const [session] = sessions;
    if (session === undefined) expect.fail("Sessions were opened.");
    const { terms, idTag, sessionId } = session;
    const times = { beginSeconds: 1, endSeconds: 1 + hourSeconds };
    const other = point.device.record({ idTag, energyMicroWh: 1_000_000_000n, ...times });
    const { payload, r, s } = signedRecordOf(Buffer.from(other));
    const closing = (await running.service.store.findSession(sessionId))?.state.closing;
    if (closing?.kind !== "settled" || closing.batch === null) expect.fail("No oracles settled the session.");
    const receipt = await world.chain.request("eth_getTransactionReceipt", [closing.position.txHash]);
    const interfaces = readContractInterfaces();
    const place = await findClaim((receipt as { readonly logs: readonly PlainLog[] }).logs, closing.batch, sessionId, {
      deployment: world.chain.deployment,
      interfaces,
      sessionOf: (id) => {
        const { opening, terms: held } = sessions.find((one) => one.sessionId === id) ?? session;
        return Promise.resolve({ ...opening, holdMicro: held.holdMicro });
      },
    });
    if (place === null) expect.fail("The claims of the batch cannot be read.");
    const records = [{ payload, r: BigInt(r), s: BigInt(s) }];
    const { calldata } = encodeChallenge(interfaces, { ...place, terms, tariff: testTariff, records });
    await world.chain.sendAsStranger(world.chain.deployment.contracts.challenges, calldata);
  }

  /** What the service notes when the chain will not settle a session. */
  async function giveUp(sessionId: string): Promise<void> {
    const { store } = running.service;
    const session = await store.findSession(sessionId);
    if (session === null) expect.fail("The service knows the session.");
    const { txHash, blockNumber, blockHash, logIndex } = session.state.opening;
    const closing = { kind: "skipped", position: { txHash, blockNumber, blockHash, logIndex } } as const;
    const event = { kind: "closed", closing, reason: "TERMS_MISMATCH" } as const;
    const change = {
      sessionId,
      expectedSequence: session.sequence,
      events: [event],
      next: transition(session.state, event),
      atMs: 0,
    };
    await store.commitStep({ session: { change, cdr: null, acts: [] } });
  }

  it("lists and shows sessions from the chain, with the service unasked", async () => {
    const [all, open, one, unknown] = await Promise.all([
      world.runJson(["sessions", "list", "--operator", world.chain.operator]),
      world.run(["sessions", "list", "--status", "open"]),
      world.runJson(["sessions", "show", idOf(0)]),
      world.runJson(["sessions", "show", ZeroHash]),
    ]);
    const listed = all.document["sessions"] as { status: string; sessionId: string }[];
    expect(listed.map(({ status }) => status)).to.deep.equal(["settled", "settled", "open", "open"]);
    expect(open.stdout.split("\n").filter((line) => line.startsWith("0x"))).to.have.length(2);
    expect(one.document).to.have.nested.property("settlement.chargedMicro", grossMicro.toString());
    expect(one.document).to.have.nested.property("price.grossMicro", grossMicro.toString());
    expect([unknown.code, errorCodeOf(unknown)]).to.deep.equal([1, "REGISTRY_ENTRY_UNKNOWN"]);
  });

  it("says what is stuck and why, and that there is no service", async () => {
    const key = { WATTPROOF_OPERATOR_KEY: operatorKey };
    expect((await world.run(["settlement", "status", ...service], key)).code).to.equal(0);
    await giveUp(idOf(2));
    const [stuck, keyless, none] = await Promise.all([
      world.runJson(["settlement", "status", ...service], key),
      world.runJson(["settlement", "status", ...service]),
      world.runJson(["settlement", "status", "--service", "http://127.0.0.1:1"], key),
    ]);
    // Without the key nothing would be stuck, as far as everybody may see.
    expect([keyless.code, errorCodeOf(keyless)]).to.deep.equal([2, "KEY_UNAVAILABLE"]);
    expect(stuck.code).to.equal(1);
    expect(stuck.document["stuck"]).to.deep.equal([{ sessionId: idOf(2), state: "skipped", reason: "TERMS_MISMATCH" }]);
    expect([none.code, errorCodeOf(none)]).to.deep.equal([2, "SERVICE_UNREACHABLE"]);
  });

  it("demands the records behind a settlement, lists the demand, and concludes it with the meter's record", async () => {
    await world.chain.mintToOperator(10_000_000n);
    const head = await world.headBlock();
    expect((await world.runJson(["challenge", "demand", idOf(0), "--dry-run"])).code).to.equal(0);
    expect(await world.headBlock()).to.equal(head);
    const demanded = await world.runJson(["challenge", "demand", idOf(0)]);
    expect(demanded.document).to.deep.include({ isDryRun: false, batch: 0, depositMicro: "1000000" });
    const unknown = await world.runJson(["challenge", "demand", idOf(2)]);
    expect([unknown.code, errorCodeOf(unknown)]).to.deep.equal([1, "REGISTRY_ENTRY_UNKNOWN"]);
    const listed = await world.runJson(["challenge", "list", "--pending"]);
    expect(listed.document["challenges"]).to.have.nested.property("[0].sessionId", idOf(0));

    await challengeAsStranger();
    const lowered = await world.runJson(["challenge", "list"]);
    expect(lowered.document["challenges"]).to.have.nested.property("[0].challenges[0].challenger");
    const early = await world.runJson(["challenge", "conclude", idOf(0)]);
    expect([early.code, errorCodeOf(early)]).to.deep.equal([1, "CONTRACT_REFUSED"]);
    expect(errorDetailOf(early)).to.match(/^AnswerPending\(/u);
    const none = await world.runJson(["challenge", "conclude", idOf(1)]);
    expect([none.code, errorCodeOf(none)]).to.deep.equal([1, "REGISTRY_ENTRY_UNKNOWN"]);
  });

  it("has a session settled that was given up, once its reason is gone", async () => {
    const retry = ["settlement", "retry", idOf(2), ...service];
    const key = { WATTPROOF_OPERATOR_KEY: operatorKey };
    const [keyless, wrongKey, ended] = await Promise.all([
      world.runJson(retry),
      world.runJson(retry, { WATTPROOF_OPERATOR_KEY: "w".repeat(40) }),
      world.runJson(["settlement", "retry", idOf(1), ...service], key),
    ]);
    expect([keyless, wrongKey, ended].map((run) => [run.code, errorCodeOf(run)])).to.deep.equal([
      [2, "KEY_UNAVAILABLE"],
      [2, "SESSION_UNAUTHENTICATED"],
      [1, "SESSION_EVENT_ILLEGAL"],
    ]);
    await later(25 * hourSeconds);
    expect((await world.runJson([...retry, "--dry-run"], key)).document).to.deep.include({ state: null });
    expect(
      (await getAsOperator(running.service.url, `/v1/sessions/${idOf(2)}`, operatorKey)).body,
    ).to.have.nested.property("session.state", "skipped");
    const watching = startScript("wattproof", ["sessions", "watch", "--json", "--interval-seconds", "1"], {
      WATTPROOF_RPC_URL: world.chain.rpcUrl,
      WATTPROOF_DEPLOYMENT: world.chain.deploymentPath,
    });
    const seen = watching.line(/session-settled/u);
    await watching.line(/watching/u);
    expect((await world.runJson(retry, key)).document).to.deep.include({ state: "completed" });
    await running.service.synchronise();
    await running.service.synchronise();
    const line = await seen;
    watching.child.kill("SIGTERM");
    expect((await watching.finished).code).to.equal(0);
    expect(JSON.parse(line)).to.deep.include({ kind: "session-settled", sessionId: idOf(2), evse: point.evse });
    expect((await world.run(["settlement", "status", ...service], key)).code).to.equal(0);
  });

  it("pays out what is final and no more, and gives back to a driver", async () => {
    const early = await world.runJson(["withdraw"]);
    expect([early.code, errorCodeOf(early)]).to.deep.equal([1, "NOTHING_TO_WITHDRAW"]);
    await later(50 * hourSeconds);
    const { erc20 } = world.chain.contracts;
    const balance = await erc20.balanceOf(world.chain.operator);
    const planned = await world.runJson(["withdraw", "--dry-run"]);
    const allMicro = BigInt(String(planned.document["amountMicro"]));
    expect(await erc20.balanceOf(world.chain.operator)).to.equal(balance);
    const tooMuch = await world.runJson(["withdraw", "1000"]);
    expect(errorDetailOf(tooMuch)).to.match(/^BalanceTooLow\(/u);
    expect((await world.runJson(["withdraw", "2.5"])).document).to.deep.include({
      amountMicro: "2500000",
      withdrawableMicro: (allMicro - 2_500_000n).toString(),
    });
    expect(await erc20.balanceOf(world.chain.operator)).to.equal(balance + 2_500_000n);

    const [, second] = sessions;
    if (second === undefined) expect.fail("Sessions were opened.");
    const free = await world.chain.readFree(second);
    const refund = ["refund", second.sessionId, "1.25"];
    expect((await world.runJson([...refund, "--dry-run"])).code).to.equal(0);
    expect(await world.chain.readFree(second)).to.equal(free);
    expect((await world.runJson(refund)).document).to.deep.include({
      amountMicro: "1250000",
      refundedBeforeMicro: "0",
    });
    expect(await world.chain.readFree(second)).to.equal(free + 1_250_000n);
  });

  it("lets a stranger settle with what the meter signed, and no service was told", async () => {
    const session = sessions[3] ?? expect.fail("Sessions were opened.");
    const record = point.device.record({
      idTag: session.idTag,
      energyMicroWh,
      beginSeconds: 1_700_000_000,
      endSeconds: 1_700_000_000 + hourSeconds,
    });
    const { meterSettlement } = world.chain.contracts;
    const data = meterSettlement.interface.encodeFunctionData("settleWithMeter", [
      {
        ...{ ...session, toppedUpMicro: 0n, tariff: packTariff(testTariff) },
        records: [signedRecordOf(Buffer.from(record))],
      },
    ]);
    await world.chain.sendAsStranger(await meterSettlement.getAddress(), data);
    await running.service.synchronise();
    expect((await world.runJson(["sessions", "show", idOf(3)])).document).to.deep.include({ status: "settled" });
  });

  it("exports charge detail records with what the meter signed, credits, and a table", async () => {
    const exported = ["export", "cdr"];
    const none = await world.runJson([...exported, "--format", "csv"]);
    expect([none.code, errorCodeOf(none)]).to.deep.equal([2, "USAGE_INVALID"]);
    await world.runJson([
      "operator",
      "add",
      "Example",
      "--country-code",
      "DE",
      "--party-id",
      "WTP",
      "--currency",
      "EUR",
    ]);
    const elsewhere = world.write("elsewhere.json", JSON.stringify({ "DE*WTP*E999": location }));
    const lost = await world.runJson([...exported, "--locations", elsewhere, ...service]);
    expect([lost.code, errorCodeOf(lost)]).to.deep.equal([1, "LOCATION_MISSING"]);

    await later(80 * hourSeconds);
    const [first] = sessions;
    const { chargingSettlement } = world.chain.contracts;
    const data = chargingSettlement.interface.encodeFunctionData("refund", [first?.terms ?? expect.fail(), 1_000_000n]);
    const to = await chargingSettlement.getAddress();
    await world.chain.request("eth_sendTransaction", [{ from: world.chain.operator, to, data }]);
    const locations = world.write("locations.json", JSON.stringify({ "DE*WTP*E1": location }));
    const [old, latest, table] = await Promise.all([
      world.runJson([...exported, "--locations", locations, ...service]),
      world.runJson([...exported, "--locations", locations, "--format", "ocpi-2.3.0", "--without-evidence"]),
      world.run([...exported, "--format", "csv"]),
    ]);
    const cdrs = old.document["content"] as Record<string, unknown>[];
    const id = idOf(0).slice(2, 38);
    const mine = cdrs.filter((cdr) => cdr["session_id"] === id);
    const replacement = `${id.slice(0, 34)}-R`;
    const last = `${id.slice(0, 33)}-R2`;
    expect(mine.map((cdr) => cdr["id"])).to.deep.equal([id, `${id}-C`, replacement, `${replacement}-C`, last]);
    for (const cdr of cdrs) expect(recompute(cdr)).to.deep.equal(statedCost(cdr));
    expect(mine[0]).to.deep.include({
      currency: "EUR",
      total_energy: 7.4205,
      total_time: 1,
      start_date_time: "2023-11-14T22:13:20Z",
    });
    expect(mine[0]).to.have.deep.property("total_cost", { excl_vat: 4.586045, incl_vat: 4.957514 });
    expect(mine[1]).to.deep.include({ credit: true, credit_reference_id: id });
    expect(mine[1]).to.have.deep.property("total_cost", { excl_vat: -4.586045, incl_vat: -4.957514 });
    // By hand: 0.35 + 1 kWh × 0.49 + 60 × 0.01 = 1.44 net; 8.1 % tax 0.11664, and one token less with the refund.
    expect(mine[2]).to.deep.include({ total_energy: 1, total_time: 1 });
    expect(mine[2]).to.have.deep.property("total_cost", { excl_vat: 1.44, incl_vat: 1.55664 });
    expect(mine[4]).to.deep.include({ total_energy: 1 });
    expect(mine[4]).to.have.nested.property("total_cost.incl_vat", 0.55664);
    const signed = mine[0]?.["signed_data"] as {
      public_key: string;
      signed_values: { nature: string; signed_data: string }[];
    };
    expect(signed.signed_values.map(({ nature }) => nature)).to.deep.equal(["End"]);
    expect(Buffer.from(signed.signed_values[0]?.signed_data ?? "", "base64").toString()).to.equal(records[0]);
    // As the specification has it, and as a library for keys reads it.
    const key = createPublicKey({ key: Buffer.from(signed.public_key, "base64"), format: "der", type: "spki" });
    expect(key.asymmetricKeyDetails).to.deep.equal({ namedCurve: "prime256v1" });
    expect(energyOf(mine[2])).to.equal(1_000_000_000n);
    expect(energyOf(mine[0])).to.equal(energyMicroWh);
    const [newest] = latest.document["content"] as Record<string, unknown>[];
    expect(newest).to.not.have.property("signed_data");
    expect(newest).to.have.deep.property("total_cost", {
      before_taxes: 4.586045,
      taxes: [{ name: "VAT", percentage: 8.1, amount: 0.371469 }],
    });
    for (const cdr of latest.document["content"] as Record<string, unknown>[]) {
      expect(recompute(cdr)).to.deep.equal(statedCost(cdr));
    }
    expect(table.stdout).to.match(new RegExp(`^session_id,[a-z_,]*tariff_id,entry\\r\\n${idOf(0)},`, "u"));

    const stranger = cdrs.find((cdr) => cdr["session_id"] === idOf(3).slice(2, 38));
    expect(stranger).to.deep.include({ start_date_time: "2023-11-14T22:13:20Z", total_energy: 7.4205 });
    expect(energyOf(stranger)).to.equal(energyMicroWh);
  });

  it("shows in a later month what came back then, and in the table the meter's times", async () => {
    const { timestamp } = (await world.chain.request("eth_getBlockByNumber", ["latest", false])) as {
      timestamp: string;
    };
    const day = (seconds: number): string => new Date(seconds * 1_000).toISOString().slice(0, 19) + "Z";
    const span = ["--from", day(Number(timestamp) - 60), "--to", day(Number(timestamp) + 60)];
    const locations = world.write("everywhere.json", JSON.stringify({ "DE*WTP*E1": location }));
    const [later221, table] = await Promise.all([
      world.runJson(["export", "cdr", "--locations", locations, ...span, ...service]),
      world.run(["export", "cdr", "--format", "csv", ...span, ...service]),
    ]);
    const id = idOf(0).slice(2, 38);
    const cdrs = later221.document["content"] as Record<string, unknown>[];
    expect(cdrs.map((cdr) => cdr["id"])).to.deep.equal([`${id.slice(0, 34)}-R-C`, `${id.slice(0, 33)}-R2`]);
    expect(cdrs.map((cdr) => cdr["last_updated"])).to.deep.equal([day(Number(timestamp)), day(Number(timestamp))]);
    expect(later221.document).to.deep.include({ count: 1, credits: 1, problems: [] });
    const [, row = "", ...others] = table.stdout.trimEnd().split("\r\n");
    expect(others).to.deep.equal([]);
    const fields = row.split(",");
    expect([fields[0], ...fields.slice(4, 6)]).to.deep.equal([idOf(0), "2023-11-14T22:13:20Z", "2023-11-14T23:13:20Z"]);
    expect(fields.slice(7, 10)).to.deep.equal(["0.000", "0", "0"]);
    expect(fields.slice(11, 15)).to.deep.equal(["0.000000", "0.000000", "0.000000", "1.000000"]);
    expect(fields[16]).to.equal("credit");
  });

  it("leaves what does not verify out of charge detail records, and says how much that is", async () => {
    const { body } = await get(running.service.url, `/v1/receipts/${idOf(0)}`);
    const receipt = body as { readonly records: readonly { readonly text: string; readonly sha256: string }[] };
    const forged = receipt.records.map((record) => ({
      ...record,
      text: record.text.replace(/"PG":"T\d+"/u, '"PG":"T999"'),
    }));
    const answer = { ...receipt, records: [...receipt.records, ...forged] };
    const lying: ServiceClient = {
      url: running.service.url,
      get: (_path, schema) => Promise.resolve(schema.parse(answer)),
      getAsOperator: () => Promise.reject(new Error("Nothing is asked as the operator.")),
      getWithKey: () => Promise.reject(new Error("Nothing is asked with a key.")),
      post: () => Promise.reject(new Error("Nothing is sent.")),
      postPublicly: () => Promise.reject(new Error("Nothing is sent.")),
      download: () => Promise.reject(new Error("Nothing is asked as the operator.")),
      upload: () => Promise.reject(new Error("Nothing is sent.")),
    };
    const evidence = await readEvidence(lying, idOf(0));
    expect([evidence.records.length, evidence.unverified]).to.deep.equal([1, 1]);
  });

  it("checks receipts without the service, and finds the one that does not hold", async () => {
    const receipt = (await get(running.service.url, `/v1/receipts/${idOf(1)}`)).body as Record<string, unknown>;
    const good = world.write("good.json", JSON.stringify(receipt));
    const bad = world.write("bad.json", JSON.stringify({ ...receipt, chargedMicro: "1" }));
    const [one, both, unreadable] = await Promise.all([
      world.runJson(["receipts", "verify", good]),
      world.runJson(["receipts", "verify", good, bad]),
      world.runJson(["receipts", "verify", `${good}.none`]),
    ]);
    expect([one.code, one.document["isGood"]]).to.deep.equal([0, true]);
    expect(both.code).to.equal(1);
    expect((both.document["receipts"] as { isGood: boolean }[]).map(({ isGood }) => isGood)).to.deep.equal([
      true,
      false,
    ]);
    expect([unreadable.code, errorCodeOf(unreadable)]).to.deep.equal([2, "RECEIPT_UNREADABLE"]);
  });
});

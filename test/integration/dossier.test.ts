import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { expect } from "chai";

import { isShown, type Dossier } from "../../services/dossier/format/dossier-schema.ts";
import { verifyDossier, type DossierVerdict } from "../../services/dossier/verify/verify-dossier.ts";
import { WattproofError } from "../../services/errors.ts";
import { createHttpDossierPeer } from "../../services/settlement/quorum/http-dossier-peer.ts";
import { peerKeyOf, runCommittee, type RunningCommittee } from "../helpers/committee.ts";
import { bytesOf, seal, verifier } from "../helpers/dossier-world.ts";
import { addStation, operatorKey, post, type RunningService } from "../helpers/running-service.ts";
import {
  startServiceChain,
  type ChargingPoint,
  type OpenedSession,
  type ServiceChain,
} from "../helpers/service-chain.ts";
import { runScript, type ScriptRun } from "../scripts/run-script.ts";

const energyMicroWh = 7_420_500_000n;
const fromSeconds = 1_700_000_000;

/** One story: a committee of three settles sessions, one expires, and the operator makes a dossier of them. */
describe("A dossier of a committee of three, of which two must sign", function () {
  this.timeout(180_000);
  let chain: ServiceChain;
  let committee: RunningCommittee;
  let folder: string;
  let point: ChargingPoint;
  let expired: OpenedSession;
  let dossier: Dossier;
  let made: ScriptRun;
  let clockMs = Date.now();

  before(async function () {
    folder = mkdtempSync(join(tmpdir(), "wattproof-dossier-"));
    chain = await startServiceChain({ oracleCount: 3, threshold: 2 });
    committee = await runCommittee(chain, {}, { now: () => clockMs });
    point = await chain.addChargingPoint("secp256r1", { isProven: true });
    const station = await addStation(service(0).store, "CS-1", [point.evse]);
    for (const index of [0, 1, 2]) {
      const session = await chain.openSession(point, { chargedSeconds: 3_600 });
      await service(0).catchUp();
      const at = fromSeconds + index * 10_000;
      const times = { beginSeconds: at, endSeconds: at + 3_600 };
      const record = point.device.record({ idTag: session.idTag, energyMicroWh, ...times });
      expect((await post(service(0).url, station, record)).status).to.equal(200);
      await service(0).synchronise();
    }
    expired = await chain.openSession(point, { expiresInSeconds: 3_600 });
    await chain.pass(7_200);
    const { chargingSettlement } = chain.contracts;
    const { terms, opening } = expired;
    const call = chargingSettlement.interface.encodeFunctionData("expire", [terms, opening, 0n]);
    await chain.sendAsStranger(await chargingSettlement.getAddress(), call);
    clockMs = (await chain.headSeconds()) * 1_000;
    for (const index of [0, 1, 2]) await service(index).synchronise();
    made = await make("dossier.json");
    expect(made.code, made.stderr).to.equal(0);
    dossier = JSON.parse(readFileSync(join(folder, "dossier.json"), "utf8")) as Dossier;
  });
  after(async function () {
    await committee.close();
    await chain.close();
    rmSync(folder, { recursive: true, force: true });
  });

  function service(index: number): RunningService["service"] {
    return committee.services[index]?.service ?? expect.fail(`There is no service ${index}.`);
  }

  function make(name: string, ...more: readonly string[]): Promise<ScriptRun> {
    const parameters = [
      ...["dossier", "make", "--purpose", "FLEET", "--from", "2023-01-01", "--to", "2100-01-01", "--json"],
      ...["--operator", chain.operator, "--service", service(0).url, "--out", join(folder, name), ...more],
    ];
    return runScript("wattproof", parameters, { WATTPROOF_OPERATOR_KEY: operatorKey });
  }

  function judge(content: unknown): Promise<DossierVerdict> {
    return verifyDossier({
      open: () => [bytesOf(content)],
      chain: { request: (method, parameters) => chain.request(method, parameters) },
      ...{ verifier, sampleCount: null },
    });
  }

  async function codesOf(change: (copy: Dossier) => void): Promise<readonly string[]> {
    const copy = structuredClone(dossier);
    change(copy);
    return [...new Set((await judge(copy)).reasons.map(({ code }) => code))];
  }

  it("is written by the operator's program, for its owner alone, and says what it comes to", function () {
    expect(JSON.parse(made.stdout)).to.deep.include({
      ...{ isDryRun: false, purpose: "FLEET", sessions: 3, excludedSessions: 1 },
      ...{ claimableMicroWh: (3n * energyMicroWh).toString(), excludedMicroWh: "0" },
    });
    expect(statSync(join(folder, "dossier.json")).mode & 0o777).to.equal(0o600);
    expect(readdirSync(folder)).to.deep.equal(["dossier.json"]);
  });

  it("is accepted by a stranger with the chain, signed by all three", async function () {
    const verdict = await judge(dossier);
    expect(verdict).to.deep.include({ verdict: "accepted", reasons: [], sessions: 3 });
    expect(verdict.skipped).to.deep.equal(["claim: the dossier names no claims contract"]);
    expect(dossier.signatures).to.have.length(3);
    const exclusions = dossier.months.flatMap((month) => month.exclusions);
    expect(exclusions.map(({ sessionId, reason }) => [sessionId, reason])).to.deep.equal([
      [expired.sessionId, "expired"],
    ]);
  });

  it("is accepted by the command, whose sample the newest block draws", async function () {
    const path = join(folder, "dossier.json");
    const run = await runScript("verify:dossier", [path, "--rpc", chain.rpcUrl, "--sample", "2", "--json"]);
    expect(run.code, run.stderr).to.equal(0);
    expect(JSON.parse(run.stdout)).to.deep.include({ verdict: "accepted", sampled: 2, sessions: 3 });
  });

  it("is refused where the chain says otherwise", async function () {
    const shown = (copy: Dossier) => copy.months.flatMap(({ sessions }) => sessions.filter(isShown));
    expect(
      await codesOf((copy) => {
        for (const { settlement } of shown(copy).slice(0, 1)) settlement.logIndex += 1;
      }),
    ).to.deep.equal(["DOSSIER_SESSION_UNSETTLED"]);
    const more = await codesOf((copy) => {
      for (const session of shown(copy).slice(0, 1)) session.toMicroWh = (BigInt(session.toMicroWh) + 1n).toString();
    });
    expect(more).to.include.members(["DOSSIER_SETTLEMENT_DIFFERS", "DOSSIER_ENERGY_DIFFERS"]);
    const registered = await codesOf((copy) => {
      for (const meter of copy.manifest.meters) meter.calibrationExpiresAt += 1;
    });
    expect(registered).to.include("DOSSIER_REGISTRATION_DIFFERS");
    const elsewhere = await codesOf((copy) => {
      copy.manifest.chainId += 1;
    });
    expect(elsewhere).to.include("DOSSIER_CHAIN_DIFFERS");
    const contracts = await codesOf((copy) => {
      copy.manifest.contracts.meterRegistry = copy.manifest.contracts.erc20;
    });
    expect(contracts).to.include.members(["DOSSIER_CHAIN_DIFFERS", "DOSSIER_KEY_DIFFERS"]);
  });

  it("is refused where somebody else signed, or too few", async function () {
    const { reasons } = await judge(seal(dossier));
    expect(reasons.map(({ code }) => code)).to.deep.equal(["DOSSIER_SIGNER_UNKNOWN", "DOSSIER_QUORUM_LACKING"]);
    const few = await codesOf((copy) => {
      copy.signatures.splice(1);
    });
    expect(few).to.deep.equal(["DOSSIER_QUORUM_LACKING"]);
  });

  it("is refused with a session that expired, in the place of one that was settled", async function () {
    const copy = structuredClone(dossier);
    const [session] = copy.months.flatMap(({ sessions }) => sessions.filter(isShown));
    if (session === undefined) throw new Error("There is no session");
    session.sessionId = expired.sessionId;
    session.terms = { ...expired.terms, holdMicro: expired.terms.holdMicro.toString() };
    for (const month of copy.months) month.exclusions = [];
    expect((await judge(seal(copy))).reasons.map(({ code }) => code)).to.include("DOSSIER_SESSION_EXPIRED");
  });

  it("is refused with a session that a challenge put right", async function () {
    // Nothing was corrected on this chain; a chain that says so is put before it.
    const { sessionId } = dossier.months.flatMap(({ sessions }) => sessions.filter(isShown))[0] ?? { sessionId: "" };
    const { chargingSettlement } = chain.contracts;
    const topic = chargingSettlement.interface.getEvent("SessionCorrected").topicHash;
    const verdict = await verifyDossier({
      open: () => [bytesOf(dossier)],
      ...{ verifier, sampleCount: null },
      chain: {
        async request(method, parameters) {
          const isAsked = method === "eth_getLogs" && JSON.stringify(parameters).includes(topic);
          if (!isAsked) return chain.request(method, parameters);
          return [
            {
              address: dossier.manifest.contracts.chargingSettlement,
              topics: [topic, sessionId],
              data: "0x",
              logIndex: "0x0",
              blockNumber: "0x1",
            },
          ];
        },
      },
    });
    expect(verdict.reasons.map(({ code }) => code)).to.deep.equal(["DOSSIER_SESSION_CORRECTED"]);
  });

  it("shows less where the operator discloses a summary, or a sample that the newest block draws", async function () {
    const path = join(folder, "dossier.json");
    const sample = ["--depth", "sample", "--count", "2", "--rpc", chain.rpcUrl];
    const [summary, sampled, usage] = await Promise.all([
      runScript("wattproof", ["dossier", "disclose", path, "--json"]),
      runScript("wattproof", ["dossier", "disclose", path, ...sample, "--json"]),
      runScript("wattproof", ["dossier", "disclose", path, "--depth", "sample", "--json"]),
    ]);
    expect([summary.code, sampled.code, usage.code], sampled.stderr).to.deep.equal([0, 0, 2]);
    const public_ = JSON.parse(readFileSync(join(folder, "dossier.T0.json"), "utf8")) as Dossier;
    expect([public_.months, public_.totals, public_.summary]).to.deep.equal([[], null, dossier.summary]);
    expect(await judge(public_)).to.deep.include({ verdict: "accepted", reasons: [], sessions: 3 });
    const part = JSON.parse(readFileSync(join(folder, "dossier.sample.json"), "utf8")) as Dossier;
    expect(part.months.flatMap(({ sessions }) => sessions.filter(isShown))).to.have.length(2);
    expect((await judge(part)).reasons).to.deep.equal([]);
    expect(await judge(part)).to.deep.include({ verdict: "accepted", sampled: 2 });
    const moved = structuredClone(part);
    if (moved.sample !== null) moved.sample.blockNumber -= 1;
    expect((await judge(moved)).reasons.map(({ code }) => code)).to.deep.equal(["DOSSIER_SAMPLE_DIFFERS"]);
    for (const name of ["dossier.T0.json", "dossier.sample.json"]) rmSync(join(folder, name));
  });

  it("is not written with --dry-run, for other EVSEs, for a purpose that nobody knows, or without the key", async function () {
    // One at a time, as the service makes them.
    const dry = await make("dry.json", "--dry-run");
    const other = await make("other.json", "--evse", "999");
    const unknown = await make("unknown.json", "--purpose", "NOBODYS");
    expect([dry.code, (JSON.parse(dry.stdout) as { sessions: number }).sessions]).to.deep.equal([0, 3]);
    expect([other.code, unknown.code]).to.deep.equal([1, 1]);
    expect(other.stdout).to.contain("DOSSIER_EMPTY");
    expect(unknown.stdout).to.contain("DOSSIER_PURPOSE_UNKNOWN");
    const answer = await fetch(`${service(0).url}/v1/dossiers`, { method: "POST", body: "{}" });
    expect(answer.status).to.equal(401);
    expect(readdirSync(folder)).to.deep.equal(["dossier.json"]);
  });

  it("keeps the file that was there where making one fails", async function () {
    const path = join(folder, "kept.json");
    writeFileSync(path, "kept");
    expect((await make("kept.json", "--evse", "999")).code).to.equal(1);
    expect(readFileSync(path, "utf8")).to.equal("kept");
    rmSync(path);
  });

  it("is verified by another oracle's service for those alone whom it knows, and signed if it comes out equal", async function () {
    const { purpose, fromSeconds: from, toSeconds, operator: owner } = dossier.manifest;
    const order = { purpose, operator: owner, fromSeconds: from, toSeconds, evses: null, identifiers: {} };
    const [asking, asked] = [chain.oracles[0]?.address ?? "", chain.oracles[1]?.address ?? ""];
    const peer = createHttpDossierPeer({ address: asked, key: peerKeyOf(asking, asked), url: service(1).url }, asking);
    const request = { ...order, seed: `0x${"00".repeat(32)}`, consent: null };
    const { signal } = new AbortController();
    // Other salts give other leaves.
    const error = await peer
      .requestDossierSignature(request, dossier.commitment, signal)
      .catch((caught: unknown) => caught);
    expect(error).to.be.instanceOf(WattproofError);
    expect((error as WattproofError).code).to.equal("DOSSIER_OTHERWISE_KNOWN");
    const knock = async (headers: Readonly<Record<string, string>>): Promise<unknown> => {
      const url = `${service(1).url}/v1/quorum/dossier-signatures`;
      return (await fetch(url, { method: "POST", headers, body: "{}" })).json();
    };
    expect(JSON.stringify(await knock({}))).to.contain("PEER_UNAUTHENTICATED");
    const known = { "x-oracle-address": asking, authorization: `Bearer ${peerKeyOf(asking, asked)}` };
    expect(JSON.stringify(await knock(known))).to.contain("ENVELOPE_INVALID");
  });

  it("is signed by those alone whose records say the same", async function () {
    // The second oracle's ledger knows of no such operator's sessions.
    await committee.stop(2);
    const lone = committee.services[1]?.service.store ?? expect.fail("There is no second service.");
    const real = lone.listMetersOf.bind(lone);
    lone.listMetersOf = () => Promise.resolve([]);
    const run = await make("lone.json");
    lone.listMetersOf = real;
    expect(run.code, run.stderr).to.equal(0);
    const signed = JSON.parse(readFileSync(join(folder, "lone.json"), "utf8")) as Dossier;
    expect(signed.signatures.map(({ signer }) => signer)).to.deep.equal([chain.oracles[0]?.address]);
    expect((await judge(signed)).reasons.map(({ code }) => code)).to.deep.equal(["DOSSIER_QUORUM_LACKING"]);
  });
});

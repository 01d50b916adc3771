import { readFileSync } from "node:fs";
import { join } from "node:path";

import { expect } from "chai";
import { Contract, type ContractTransactionResponse, JsonRpcProvider, type Result, Wallet, ZeroAddress } from "ethers";

import { artifactOf } from "../../../scripts/deploy/artifacts.ts";
import { evidenceAddressOf } from "../../../services/chain/deployment.ts";
import type { EvidenceRole } from "../../../services/contracts.ts";
import { evidenceAnswer } from "../../../services/http/api/evidence-answer.ts";
import { evidenceSchema } from "../../../services/web/page/operator/evidence/evidence-answer.ts";
import type { Dossier } from "../../../services/dossier/format/dossier-schema.ts";
import { topicOf } from "../../../services/dossier/format/evidence-interface.ts";
import { verifyDossier } from "../../../services/dossier/verify/verify-dossier.ts";
import type { ReceiptChain } from "../../../services/receipts/receipt-chain.ts";
import { runCommittee, type RunningCommittee } from "../../helpers/committee.ts";
import { bytesOf, verifier } from "../../helpers/dossier-world.ts";
import { addStation, operatorKey, post, type RunningService } from "../../helpers/running-service.ts";
import type { ChargingPoint, OpenedSession } from "../../helpers/service-chain.ts";
import { runScript } from "../run-script.ts";
import {
  developmentKey,
  errorCodeOf,
  errorDetailOf,
  openOperatorWorld,
  type JsonRun,
  type OperatorWorld,
} from "./operator-world.ts";

const energyMicroWh = 7_420_500_000n;
const fromSeconds = 1_700_000_000;
const purpose = "X-MARKET-2026";
const priceMicro = 100_000_000n;
const day = 86_400;

/** One story: proven energy is claimed, the dossier sold with its driver's consent, the driver paid, a share paid out. */
describe("wattproof: claim, sale, share", function () {
  this.timeout(600_000);
  let world: OperatorWorld;
  let committee: RunningCommittee;
  let provider: JsonRpcProvider;
  let point: ChargingPoint;
  let file = "";
  let sessions: OpenedSession[] = [];
  let offerId = "";
  let share = "";
  let clockMs = Date.now();
  const owner = { WATTPROOF_OWNER_PRIVATE_KEY: developmentKey(0) };
  const buyer = { WATTPROOF_BUYER_PRIVATE_KEY: developmentKey(9) };
  const buyerAddress = new Wallet(developmentKey(9)).address;

  const service = (index: number): RunningService["service"] =>
    committee.services[index]?.service ?? expect.fail(`There is no service ${index}.`);

  /** The operator's program, with the service where a verb asks one. */
  function run(parameters: readonly string[], environment: Readonly<Record<string, string>> = {}): Promise<JsonRun> {
    return world.runJson(parameters, {
      WATTPROOF_OPERATOR_KEY: operatorKey,
      WATTPROOF_SERVICE_URL: service(0).url,
      ...environment,
    });
  }

  async function done(
    parameters: readonly string[],
    environment: Readonly<Record<string, string>> = {},
  ): Promise<Readonly<Record<string, unknown>>> {
    const result = await run(parameters, environment);
    expect(result.code, `${parameters.join(" ")}: ${result.stdout} ${result.stderr}`).to.equal(0);
    return result.document;
  }

  /** The same with --dry-run, after which the chain is as it was. */
  async function planned(
    parameters: readonly string[],
    environment: Readonly<Record<string, string>> = {},
  ): Promise<void> {
    const head = await world.headBlock();
    expect(await done([...parameters, "--dry-run"], environment)).to.include({ isDryRun: true });
    expect(await world.headBlock()).to.equal(head);
  }

  function contractAt(role: EvidenceRole, key: string): Contract {
    const address = evidenceAddressOf(world.chain.deployment, role);
    return new Contract(address, artifactOf(role).interface, new Wallet(key, provider));
  }

  async function charge(): Promise<void> {
    const station = await addStation(service(0).store, `CS-${sessions.length}`, [point.evse]);
    const session = await world.chain.openSession(point, { chargedSeconds: 3_600 });
    await service(0).catchUp();
    const at = fromSeconds + sessions.length * 10_000;
    const times = { beginSeconds: at, endSeconds: at + 3_600 };
    const record = point.device.record({ idTag: session.idTag, energyMicroWh, ...times });
    expect((await post(service(0).url, station, record)).status).to.equal(200);
    await service(0).synchronise();
    sessions = [...sessions, session];
  }

  async function consent(changes: object = {}): Promise<void> {
    const consents = contractAt("dataConsents", developmentKey(2));
    const { driver, operator } = world.chain;
    const { nonce } = (await consents.getFunction("consentOf")(driver, operator)) as { nonce: bigint };
    const until = (await world.chain.headSeconds()) + 30 * day;
    const content = { driver, grantee: operator, scopes: 3, until, shareBps: 2_500, lane: 77, nonce, ...changes };
    const sent = (await consents.getFunction("grant")(content)) as ContractTransactionResponse;
    await sent.wait();
  }

  before(async () => {
    world = await openOperatorWorld({ oracleCount: 3, threshold: 2, hasMarket: true });
    provider = new JsonRpcProvider(world.chain.rpcUrl, 31_337, { staticNetwork: true, cacheTimeout: -1 });
    committee = await runCommittee(world.chain, {}, { now: () => clockMs });
    point = await world.chain.addChargingPoint("secp256r1", { isProven: true });
    await world.chain.mintToOperator(10n ** 12n);
    await world.chain.mintToStranger(10n ** 12n);
    file = join(world.folder, "dossier.json");
  });
  after(async () => {
    provider.destroy();
    await committee.close();
    await world.close();
  });

  it("adds a purpose as the committee's owner alone, and enrols meters", async () => {
    const unknown = await run(["claim", "enrol", String(point.meter), "--purpose", purpose]);
    expect(errorCodeOf(unknown)).to.equal("CLAIM_PURPOSE_UNKNOWN");
    const stranger = await run(["claim", "add-purpose", purpose, "--account", "OPERATOR"]);
    expect(errorDetailOf(stranger)).to.match(/^NotCommitteeOwner\(/u);
    await planned(["claim", "add-purpose", purpose], owner);
    expect(await done(["claim", "add-purpose", purpose], owner)).to.include({ purpose: 1, group: 1 });
    await world.chain.pass(Number(await world.chain.contracts.oracleCommittee.changeDelaySeconds()));
    await planned(["claim", "enrol", String(point.meter), "--purpose", purpose]);
    expect(await done(["claim", "enrol", String(point.meter), "--purpose", purpose])).to.include({ group: 1 });
  });

  it("makes a dossier that names the claims contract and who vouches for the meter", async () => {
    for (let index = 0; index < 3; index += 1) await charge();
    clockMs = (await world.chain.headSeconds()) * 1_000;
    for (const index of [0, 1, 2]) await service(index).synchronise();
    const to = new Date((await world.chain.headSeconds()) * 1_000).toISOString().replace(/\.\d+Z$/u, "Z");
    const parameters = ["dossier", "make", "--purpose", purpose, "--from", "2023-01-01", "--to", to, "--out", file];
    expect(await done([...parameters, "--operator", world.chain.operator])).to.include({ sessions: 3 });
    const { manifest } = JSON.parse(readFileSync(file, "utf8")) as {
      manifest: { energyClaims: string; meters: { provenance: string; maker: number }[] };
    };
    expect(manifest.energyClaims).to.equal(evidenceAddressOf(world.chain.deployment, "energyClaims"));
    expect(manifest.meters).to.have.nested.property("[0].provenance", "self-declared");
    const before = await runScript("verify:dossier", [file, "--rpc", world.chain.rpcUrl, "--json"]);
    expect(before.code, before.stdout).to.equal(0);
    expect(before.stdout).to.contain("nobody has claimed");
    const needed = await runScript("verify:dossier", [file, "--rpc", world.chain.rpcUrl, "--claimed", "--json"]);
    expect([needed.code, needed.stdout.includes("DOSSIER_CLAIM_MISSING")]).to.deep.equal([1, true]);
    // A sample is drawn from a block after the sessions, and this one before the claim.
    await world.chain.pass(1);
    const sample = ["--depth", "sample", "--count", "2", "--rpc", world.chain.rpcUrl];
    await done(["dossier", "disclose", file, ...sample, "--out", join(world.folder, "sample.json")]);
  });

  it("claims the dossier's energy once, with the signatures of a quorum, and posts the bond", async () => {
    await planned(["claim", "make", file]);
    const document = await done(["claim", "make", file]);
    expect(document).to.include({ claimId: "1", energyMicroWh: (3n * energyMicroWh).toString(), meters: 1 });
    const again = await run(["claim", "make", file]);
    expect([again.code, errorDetailOf(again).split("(")[0]]).to.deep.equal([1, "EnergyClaimedBefore"]);
    const listed = await done(["claim", "list"]);
    expect(listed["claims"]).to.have.nested.property("[0].status", "active");
    const verified = await runScript("verify:dossier", [file, "--rpc", world.chain.rpcUrl, "--claimed", "--json"]);
    expect(verified.code, verified.stdout).to.equal(0);
  });

  it("is refused by a verifier where the claim on the chain is another, or is not alone", async () => {
    const dossier = JSON.parse(readFileSync(file, "utf8")) as Dossier;
    type Lie = (method: string, parameters: readonly unknown[], answer: unknown) => unknown;
    async function codesOf(change: (copy: Dossier) => void, lie: Lie = (_m, _p, answer) => answer): Promise<string[]> {
      const copy = structuredClone(dossier);
      change(copy);
      const chain: ReceiptChain = {
        request: async (method, parameters) => lie(method, parameters, await world.chain.request(method, parameters)),
      };
      const { reasons } = await verifyDossier({ open: () => [bytesOf(copy)], chain, verifier, sampleCount: null });
      return [...new Set(reasons.map(({ code }) => code))];
    }
    const nothing = (): void => undefined;
    expect(await codesOf(nothing)).to.deep.equal([]);
    const place = (copy: Dossier): void => {
      copy.manifest.energyClaims = copy.manifest.contracts.erc20;
    };
    expect(await codesOf(place)).to.include("DOSSIER_CLAIM_CONTRACT_DIFFERS");
    const period = (copy: Dossier): void => {
      copy.manifest.toSeconds += 1;
    };
    expect(await codesOf(period)).to.include("DOSSIER_CLAIM_DIFFERS");
    const maker = (copy: Dossier): void => {
      for (const meter of copy.manifest.meters) meter.provenance = "vouched-by-maker";
    };
    expect(await codesOf(maker)).to.include("DOSSIER_PROVENANCE_OVERSTATED");
    // Nobody contradicted the claim or made a second one here; a chain that says so is put before this one.
    const { interface: abi } = artifactOf("energyClaims");
    const contradicted: Lie = (method, parameters, answer) => {
      const [call] = parameters as [{ data?: string }];
      if (method !== "eth_call" || call.data?.startsWith(abi.getFunction("claimOf")?.selector ?? "") !== true)
        return answer;
      const state = (abi.decodeFunctionResult("claimOf", String(answer))[0] as Result).toObject();
      return abi.encodeFunctionResult("claimOf", [{ ...state, status: 3 }]);
    };
    expect(await codesOf(nothing, contradicted)).to.deep.equal(["DOSSIER_CLAIM_CONTRADICTED"]);
    const twice: Lie = (method, parameters, answer) => {
      const isAsked = method === "eth_getLogs" && JSON.stringify(parameters).includes(topicOf("EnergyClaimed"));
      if (!isAsked) return answer;
      const [log] = answer as { topics: string[] }[];
      if (log === undefined) return answer;
      return [log, { ...log, topics: [log.topics[0], `0x${"0".repeat(63)}2`, ...log.topics.slice(2)] }];
    };
    expect(await codesOf(nothing, twice)).to.include("DOSSIER_CLAIM_OVERLAPS");
    const early = JSON.parse(readFileSync(join(world.folder, "sample.json"), "utf8")) as Dossier;
    const { reasons } = await verifyDossier({
      ...{ open: () => [bytesOf(early)], verifier, sampleCount: null },
      chain: { request: (method, parameters) => world.chain.request(method, parameters) },
    });
    expect(reasons.map(({ code }) => code)).to.deep.equal(["DOSSIER_SAMPLE_BEFORE_CLAIM"]);
  });

  it("does not sign what another purpose or an altered dossier would claim", async () => {
    await done(["claim", "add-purpose", "X-OTHER"], owner);
    const other = await run(["claim", "make", file, "--purpose", "2"]);
    expect(errorCodeOf(other)).to.equal("CLAIM_PURPOSE_DIFFERS");
    const text = readFileSync(file, "utf8").replaceAll(`"purpose":"${purpose}"`, '"purpose":"X-OTHER"');
    const altered = await run(["claim", "make", world.write("altered.json", text)]);
    expect(errorCodeOf(altered)).to.equal("DOSSIER_SIGNATURE_INVALID");
  });

  it("contradicts no claim that the records still prove", async () => {
    const refused = await run(["claim", "contradict", "1", "--dossier", file]);
    expect(errorCodeOf(refused)).to.equal("CLAIM_STANDS");
    expect(errorCodeOf(await run(["claim", "contradict", "9", "--dossier", file]))).to.equal("CLAIM_UNKNOWN");
  });

  it("offers the dossier only with the consent of its drivers, for a part that the agreement gives them", async () => {
    const sales = evidenceAddressOf(world.chain.deployment, "evidenceSales");
    await done(["partners", "propose", "--share", `${sales}=3000`]);
    await planned(["sale", "join", "1"]);
    await done(["sale", "join", "1"]);
    const licence = world.write("licence.txt", "For the statement of 2026 alone.");
    const offer = ["sale", "offer", file, "--agreement", "1", "--price", "100", "--licence", licence];
    const scopes = ["--scope", "fields", "--scope", "records"];
    expect(errorCodeOf(await run([...offer, ...scopes]))).to.equal("CONSENT_LACKING");
    await consent({ scopes: 1 });
    expect(errorCodeOf(await run([...offer, ...scopes]))).to.equal("CONSENT_LACKING");
    await consent({ shareBps: 4_000 });
    expect(errorDetailOf(await run([...offer, ...scopes]))).to.match(/^DriversShareTooLow\(/u);
    await consent();
    await planned([...offer, ...scopes]);
    const document = await done([...offer, ...scopes]);
    expect(document).to.include({ drivers: 1, leastDriversBps: 2_500, priceMicro: priceMicro.toString() });
    offerId = String(document["offerId"]);
    expect(errorCodeOf(await run(["sale", "end", `0x${"00".repeat(32)}`]))).to.equal("OFFER_UNKNOWN");
  });

  it("sells it, and pays the driver what the oracles worked out", async () => {
    const { chargingSettlement } = world.chain.contracts;
    const free = async (): Promise<bigint> => (await chargingSettlement.accountOf(world.chain.driver, 77)).freeMicro;
    const round = join(world.folder, "round.json");
    expect(errorCodeOf(await run(["sale", "allot", file, "--out", round]))).to.equal("ROUND_EMPTY");
    await planned(["sale", "buy", offerId], buyer);
    expect(await done(["sale", "buy", offerId], buyer)).to.include({ buyer: buyerAddress });
    await planned(["sale", "allot", file, "--out", round]);
    const allotted = await done(["sale", "allot", file, "--out", round]);
    expect(allotted).to.include({ round: 1, totalMicro: "30000000", drivers: 1 });
    const before = await free();
    await planned(["sale", "credit", round]);
    await done(["sale", "credit", round]);
    expect((await free()) - before).to.equal(30_000_000n);
    // A part is credited once, however often somebody sends it.
    await done(["sale", "credit", round]);
    expect((await free()) - before).to.equal(30_000_000n);
    const altered = readFileSync(round, "utf8").replace('"30000000"\n', '"30000001"\n');
    const refused = await run(["sale", "credit", world.write("altered-round.json", altered)]);
    expect(errorCodeOf(refused)).to.equal("ROUND_DIFFERS");
    expect(await done(["sale", "withdraw", "--agreement", "1"])).to.include({ amountMicro: "70000000" });
    expect(errorCodeOf(await run(["sale", "withdraw", "--agreement", "1"]))).to.equal("NOTHING_TO_WITHDRAW");
    await planned(["sale", "end", offerId]);
    await done(["sale", "end", offerId]);
    expect((await done(["sale", "list"]))["offers"]).to.have.nested.property("[0].status", "ended");
  });

  it("hands a claim over, retires it, and keeps it where it is then", async () => {
    await planned(["claim", "transfer", "1", "--to", buyerAddress]);
    await done(["claim", "transfer", "1", "--to", buyerAddress]);
    const asHolder = { WATTPROOF_OPERATOR_PRIVATE_KEY: developmentKey(9) };
    expect(errorDetailOf(await run(["claim", "retire", "1", "--reference", "NEa 1"]))).to.match(/^NotHolder\(/u);
    await done(["claim", "retire", "1", "--reference", "NEa 1"], asHolder);
    const moved = await run(["claim", "transfer", "1", "--to", world.chain.operator], asHolder);
    expect(errorDetailOf(moved)).to.match(/^ClaimNotActive\(/u);
    const listed = await done(["claim", "list", "--holder", buyerAddress]);
    expect(listed["claims"]).to.have.nested.property("[0].status", "retired");
    expect(errorDetailOf(await run(["claim", "release", "1"]))).to.match(/^WindowOpen\(/u);
    await world.chain.pass(31 * day);
    await planned(["claim", "release", "1"]);
    expect(BigInt(String((await done(["claim", "release", "1"]))["amountMicro"])) > 0n).to.equal(true);
  });

  it("creates a share, sells it to who is listed, and pays holders what the agreement earned", async () => {
    const ends = new Date(((await world.chain.headSeconds()) + 90 * day) * 1_000).toISOString().slice(0, 10);
    const create = ["share", "create", "--name", "Depot", "--symbol", "DEP", "--bps", "1000", "--count", "10"];
    const terms = ["--price", "5", "--sale-ends", ends];
    await planned([...create, ...terms]);
    share = String((await done([...create, ...terms]))["share"]);
    expect(errorCodeOf(await run(["share", "show", ZeroAddress]))).to.equal("REGISTRY_ENTRY_UNKNOWN");
    expect(errorDetailOf(await run(["share", "sale", share, "10"], buyer))).to.match(/^NotVerified\(/u);
    await done(["share", "verify", share, buyerAddress]);
    await planned(["share", "sale", share, "10"], buyer);
    await done(["share", "sale", share, "10"], buyer);
    await done(["partners", "propose", "--share", `${share}=1000`]);
    await planned(["share", "join", share, "2"]);
    await done(["share", "join", share, "2"]);
    expect(await done(["share", "show", share])).to.include({ phase: "issued", sold: "10" });
    expect(await done(["share", "proceeds", share])).to.include({ share });

    const session = await world.chain.openSession(point, { chargedSeconds: 3_600, agreement: 2 });
    await service(0).catchUp();
    const station = await addStation(service(0).store, "CS-SHARE", [point.evse]);
    const at = fromSeconds + 100_000;
    const times = { beginSeconds: at, endSeconds: at + 3_600 };
    const record = point.device.record({ idTag: session.idTag, energyMicroWh, ...times });
    expect((await post(service(0).url, station, record)).status).to.equal(200);
    await service(0).synchronise();
    await world.chain.pass(3 * day);
    await planned(["share", "pull", share]);
    const pulled = BigInt(String((await done(["share", "pull", share]))["amountMicro"]));
    expect(pulled > 0n).to.equal(true);
    const { erc20 } = world.chain.contracts;
    const before = await erc20.balanceOf(buyerAddress);
    expect((await done(["share", "holders", share]))["holders"]).to.have.nested.property("[0].count", "10");
    await planned(["share", "claim", share]);
    const { paid } = await done(["share", "claim", share]);
    expect(paid).to.deep.equal([{ holder: buyerAddress, amountMicro: (pulled - (pulled % 10n)).toString() }]);
    expect((await erc20.balanceOf(buyerAddress)) - before).to.equal(pulled - (pulled % 10n));
    expect(errorCodeOf(await run(["share", "claim", share]))).to.equal("NOTHING_TO_WITHDRAW");
  });

  it("tells the operator's page what became of the energy, to the last digit", async () => {
    const ask = (query: string, key: string): Promise<Response> =>
      fetch(`${service(0).url}/v1/operator/evidence${query}`, { headers: { authorization: `Bearer ${key}` } });
    expect((await ask("", "x".repeat(36))).status).to.equal(401);
    expect((await ask("?operator=all", operatorKey)).status).to.equal(400);
    const answer: unknown = await (await ask(`?operator=${world.chain.operator}`, operatorKey)).json();
    const { evidence } = evidenceAnswer.parse(answer);
    expect(evidenceSchema.parse(answer).evidence?.months).to.deep.equal(evidence?.months);
    expect(evidence?.purposes).to.deep.equal([
      { purpose: 1, name: purpose },
      { purpose: 2, name: "X-OTHER" },
    ]);
    expect(evidence?.months).to.deep.equal([
      { month: "2023-11", purpose: 1, claimedWh: "22261.5", claimableWh: "7420.5", outsideWh: "0" },
      { month: "2023-11", purpose: 2, claimedWh: "0", claimableWh: "0", outsideWh: "29682" },
    ]);
    expect(evidence?.outside).to.deep.equal([{ purpose: 2, reason: "not-enrolled", sessions: 4, energyWh: "29682" }]);
    const [claim] = evidence?.claims ?? [];
    expect(evidence?.claims).to.have.lengthOf(1);
    expect(claim).to.include({ claimId: "1", purpose: 1, status: "retired", holder: buyerAddress });
    expect(claim).to.include({ energyWh: "22261.5", provenWh: "22261.5" });
    const [offer] = evidence?.offers ?? [];
    expect(offer).to.include({ offerId, root: claim?.root, isEnded: true, sales: 1 });
    expect(offer).to.include({ priceMicro: "100000000", soldMicro: "100000000", driversMicro: "30000000" });
    const [own] = evidence?.shares ?? [];
    expect(own).to.include({ share, name: "Depot", symbol: "DEP", phase: "issued", shareCount: 10, holderCount: 1 });
    expect(own?.holders).to.deep.equal([{ holder: buyerAddress, count: 10, owedMicro: "0" }]);
    expect(BigInt(own?.pulledMicro ?? 0) > 0n).to.equal(true);
    expect(evidence?.insight.sessions).to.equal(4);
    // Of an operator that has nothing there is nothing, and no error.
    const nobody: unknown = await (await ask(`?operator=${buyerAddress}`, operatorKey)).json();
    expect(evidenceAnswer.parse(nobody).evidence).to.deep.include({ months: [], claims: [], offers: [], shares: [] });
  });
});

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import {
  ContractFactory,
  getAddress,
  getCreateAddress,
  JsonRpcProvider,
  Wallet,
  type BaseWallet,
  type InterfaceAbi,
  type JsonRpcSigner,
} from "ethers";
import hre from "hardhat";

import { contractsOf, type Contracts } from "../../scripts/local-world/contract-handles.ts";
import { readOpening } from "../../scripts/local-world/opening.ts";
import { signAsQuorum } from "../../scripts/local-world/registration.ts";
import { artifactOf, type ArtifactName, type ContractRole } from "../../scripts/deploy/artifacts.ts";
import { deployWaySet } from "../../scripts/deploy/ways-set.ts";
import {
  defaultRules,
  deployContractSet,
  type ContractName,
  type SettlementRules,
} from "../../scripts/deploy/contract-set.ts";
import { deployEvidenceSet } from "../../scripts/deploy/evidence-set.ts";
import { generateMeterKey } from "../../scripts/simulator/demo-key.ts";
import { createSimulatedMeter, type SimulatedMeter } from "../../scripts/simulator/meter.ts";
import { signedRecordOf } from "../../scripts/simulator/signed-record.ts";
import { isSimulatedCurve } from "../../scripts/simulator/curves.ts";
import { curveNumberOf, type MeterCurve } from "../../services/domain/meter-curve.ts";
import type { Deployment } from "../../services/chain/deployment.ts";
import { idTagOf } from "../../services/domain/id-tag.ts";
import type { Opening } from "../../services/domain/opening.ts";
import type { Tariff } from "../../services/domain/tariff.ts";
import { packTariff, tariffIdOf } from "../../services/domain/packed-tariff.ts";
import { sessionIdOf, settlementDomainOf, type SessionTerms } from "../../services/domain/terms.ts";
import { consentTypes } from "../../services/domain/unsigned-consent.ts";
import { testTariff } from "./test-tariff.ts";

export { testTariff };

/** An EVSE with its active meter, and the meter itself to sign with. */
export interface ChargingPoint {
  readonly evse: number;
  readonly meter: number;
  readonly device: SimulatedMeter;
  readonly maximumPowerW: number;
}

/** How an EVSE and its meter are registered. */
export interface ChargingPointOptions {
  /** The contract itself saw that the operator has the meter, and can settle from what it signs. */
  readonly isProven?: boolean;
  readonly maximumPowerW?: number;
  /** X and Y of a meter that is not ours to sign with; `0x` and hexadecimal digits. */
  readonly publicKey?: string;
}

export interface OpenedSession {
  readonly sessionId: string;
  readonly idTag: string;
  readonly terms: SessionTerms;
  readonly opening: Opening;
}

/** A chain behind a real HTTP endpoint, with everything deployed, that tests steer. */
export interface ServiceChain {
  readonly rpcUrl: string;
  readonly deployment: Deployment;
  readonly deploymentPath: string;
  readonly contracts: Contracts;
  readonly tariff: Tariff;
  /** The first of the committee. */
  readonly oracle: BaseWallet;
  /** The committee. */
  readonly oracles: readonly BaseWallet[];
  /** Signatures that a batch needs. */
  readonly threshold: number;
  readonly operator: string;
  readonly driver: string;
  request(method: string, parameters?: readonly unknown[]): Promise<unknown>;
  addChargingPoint(curve?: MeterCurve, options?: ChargingPointOptions): Promise<ChargingPoint>;
  openSession(
    point: ChargingPoint,
    options?: {
      readonly holdMicro?: bigint;
      readonly expiresInSeconds?: number;
      readonly agreement?: number;
      readonly tariff?: Tariff;
      /** How long ago it opened when this returns: time in which its car can have charged. */
      readonly chargedSeconds?: number;
    },
  ): Promise<OpenedSession>;
  /** Opens the same terms again, on a branch on which they were never opened. */
  reopenSession(session: OpenedSession): Promise<OpenedSession>;
  /** Time and salt with which a session opened that another one opened than `openSession`. */
  openingOf(sessionId: string): Promise<Opening>;
  /** The newest block is so much later. */
  pass(seconds: number): Promise<void>;
  /** Publishes a tariff as the operator, or as another account of the node. @returns its id */
  publishTariff(tariff: Tariff, account?: number): Promise<string>;
  retireTariff(tariffId: string): Promise<void>;
  /** Lets an account release the operator's sessions, or no longer. */
  changeReleaser(account: string, isAppointed: boolean): Promise<void>;
  /** Sends a call from an account that is nobody, and fails if the contract refuses it. */
  sendAsStranger(to: string, data: string): Promise<void>;
  /** Gives the operator tokens, in 10⁻⁶ token. */
  mintToOperator(amountMicro: bigint): Promise<void>;
  /** Gives the account that is nobody tokens, in 10⁻⁶ token. */
  mintToStranger(amountMicro: bigint): Promise<void>;
  /** Raises the hold of a session. */
  topUp(session: OpenedSession, toppedUpMicro: bigint, amountMicro: bigint): Promise<void>;
  /** The time of the newest block. */
  headSeconds(): Promise<number>;
  /** Opens a session by a transaction of its driver. */
  openAs(privateKey: string, terms: SessionTerms): Promise<void>;
  /** Registers a charging point without a meter under any name, as the operator or as another account of the node. */
  addEvse(evseId: string, account?: number): Promise<number>;
  /** Pays into a driver's account, and leaves tokens in the wallet; both in 10⁻⁶ token. */
  fundDriver(driver: string, depositMicro: bigint, walletMicro: bigint): Promise<void>;
  /** The driver's signature that unsigned energy may cost so much. */
  signConsent(session: OpenedSession, capMicro: bigint): Promise<string>;
  /** The driver's signature that the charger is to stop. */
  signStop(session: OpenedSession): Promise<string>;
  /** What the operator has earned, provisional or not, in 10⁻⁶ token. */
  readCredit(): Promise<bigint>;
  /** What the driver's account has free, in 10⁻⁶ token. */
  readFree(session: OpenedSession): Promise<bigint>;
  /** Makes the chain as it was when it had started; what a test has done to it is gone. */
  reset(): Promise<void>;
  close(): Promise<void>;
}

export const depositMicro = 50_000_000n;
const daySeconds = 86_400;
/** As long as the charges are that tests have signed. */
const usualChargeSeconds = 3_600;
const operatorAccount = 1;

/** What every EVSE can deliver, in watts. */
export const testMaximumPowerW = 150_000;

/**
 * Starts a chain and deploys. Close it when done.
 * @param options.oracleCount Members of the committee; by default one.
 */
export async function startServiceChain(
  options: {
    readonly oracleCount?: number;
    readonly threshold?: number;
    readonly rules?: Partial<SettlementRules>;
    /** Its token also takes authorisations of transfers (ERC-3009). */
    readonly hasAuthorizationToken?: boolean;
    /** Another token of the tests, which anybody can mint. */
    readonly coin?: "StrictToken";
    /** The contracts of the market of evidence are there, too. */
    readonly hasMarket?: boolean;
  } = {},
): Promise<ServiceChain> {
  const { oracleCount = 1, threshold = 1, rules = {}, hasAuthorizationToken = false, hasMarket = false } = options;
  const { coin = "PermitToken" } = options;
  const server = await hre.network.createServer(
    { network: "default", override: { allowBlocksWithSameTimestamp: true } },
    "127.0.0.1",
    0,
  );
  const { port } = await server.listen();
  const rpcUrl = `http://127.0.0.1:${port}`;
  const provider = new JsonRpcProvider(rpcUrl, 31_337, {
    staticNetwork: true,
    cacheTimeout: -1,
    batchMaxCount: 1,
    pollingInterval: 20,
  });
  const owner = await provider.getSigner(0);
  const operator = await provider.getSigner(operatorAccount);
  const driver = await provider.getSigner(2);
  const oracles = Array.from({ length: oracleCount }, () => new Wallet(Wallet.createRandom().privateKey));
  const [oracle] = oracles;
  if (oracle === undefined) throw new RangeError("A committee has at least one oracle.");
  for (const { address } of oracles) await provider.send("hardhat_setBalance", [address, "0x3635c9adc5dea00000"]);

  const committee = { oracles: oracles.map(({ address }) => address), threshold };
  const erc20Artifact = hasAuthorizationToken ? undefined : await hre.artifacts.readArtifact(coin);
  const core = await deploy(owner, committee, { ...defaultRules, ...rules }, erc20Artifact);
  const { chargingSettlement: settlementAddress } = core.contracts;
  const evidence = await (hasMarket
    ? deployEvidenceSet(settlementAddress, (role, parameters) => deployOne(owner, role, parameters))
    : undefined);
  const deployment = { ...core, ...(evidence === undefined ? {} : { evidence }) };
  const contracts = contractsOf(deployment, provider);
  const { erc20, tariffRegistry, meterRegistry, chargingSettlement } = contracts;
  await (await tariffRegistry.connect(operator).publish(packTariff(testTariff))).wait();
  await (await erc20.connect(owner).mint(driver.address, 10n ** 15n)).wait();
  for (const contract of [chargingSettlement, contracts.oracleBonds]) {
    await (await erc20.connect(driver).approve(await contract.getAddress(), 10n ** 15n)).wait();
  }
  const bondMicro = await contracts.oracleBonds.leastBondMicro();
  for (const { address } of bondMicro === 0n ? [] : oracles) {
    await (await contracts.oracleBonds.connect(driver).postBond(address, bondMicro)).wait();
  }

  const folder = await mkdtemp(join(tmpdir(), "wattproof-chain-"));
  const deploymentPath = join(folder, "deployment.json");
  await writeFile(deploymentPath, JSON.stringify(deployment));
  const domain = { chainId: 31_337, verifyingContract: deployment.contracts.chargingSettlement };
  let points = 0;
  let lanes = 0;
  let beginning: unknown = await provider.send("evm_snapshot", []);

  async function headSeconds(): Promise<number> {
    return (await provider.getBlock("latest"))?.timestamp ?? 0;
  }

  async function openingOf(sessionId: string): Promise<Opening> {
    const opening = await readOpening(contracts, sessionId);
    if (opening === null) throw new Error(`${sessionId} was not opened`);
    return opening;
  }

  async function pass(seconds: number): Promise<void> {
    if (seconds === 0) return;
    await provider.send("evm_increaseTime", [seconds]);
    await provider.send("evm_mine", []);
  }

  return {
    rpcUrl,
    openingOf,
    pass,
    deployment,
    deploymentPath,
    contracts,
    tariff: testTariff,
    oracle,
    oracles,
    threshold,
    operator: operator.address,
    driver: driver.address,
    request: (method, parameters = []): Promise<unknown> => provider.send(method, [...parameters]),
    async addChargingPoint(curve = "secp256r1", options = {}) {
      const { isProven = false, maximumPowerW = testMaximumPowerW } = options;
      points += 1;
      const evseId = `DE*WTP*E${points}`;
      const device = createSimulatedMeter({
        key: generateMeterKey(isSimulatedCurve(curve) ? curve : "secp256r1"),
        serial: `TEST${points}`,
        evseId,
      });
      const registry = meterRegistry.connect(operator);
      const evse = Number(await registry.registerEvse.staticCall(evseId, maximumPowerW));
      await (await registry.registerEvse(evseId, maximumPowerW)).wait();
      const parameters = [
        evse,
        curveNumberOf(curve),
        options.publicKey ?? device.key.publicKeyPoint,
        0,
        2n ** 40n - 1n,
        (await headSeconds()) + 3_000 * daySeconds,
      ] as const;
      const meter = Number(await registry.registerMeter.staticCall(...parameters));
      await (await registry.registerMeter(...parameters)).wait();
      if (isProven) {
        const record = device.possessionRecord(await meterRegistry.possessionTagOf(meter), await headSeconds());
        const { payload, r, s } = signedRecordOf(Buffer.from(record));
        await (await registry.activateMeter(meter, payload, r, s)).wait();
        return { evse, meter, device, maximumPowerW };
      }
      const digest = await meterRegistry.attestationDigestOf(meter);
      await (await registry.activateAttestedMeter(meter, signAsQuorum(oracles.slice(0, threshold), digest))).wait();
      return { evse, meter, device, maximumPowerW };
    },
    async openSession(point, options = {}) {
      const { holdMicro = 20_000_000n, expiresInSeconds = daySeconds, agreement = 0, tariff = testTariff } = options;
      const { chargedSeconds = usualChargeSeconds } = options;
      lanes += 1;
      const terms: SessionTerms = {
        driver: driver.address,
        lane: lanes,
        nonce: 0,
        operator: operator.address,
        agreement,
        evse: point.evse,
        meter: point.meter,
        maximumPowerW: point.maximumPowerW,
        tariffId: tariffIdOf(tariff),
        holdMicro,
        expiresAt: (await headSeconds()) + expiresInSeconds,
      };
      const settlement = chargingSettlement.connect(driver);
      await (await settlement.deposit(driver.address, lanes, depositMicro)).wait();
      await (await settlement.open(terms)).wait();
      const sessionId = sessionIdOf(terms, domain);
      const opening = await openingOf(sessionId);
      await pass(chargedSeconds);
      return { sessionId, idTag: idTagOf(sessionId, opening), terms, opening };
    },
    async reopenSession({ sessionId, terms }) {
      const settlement = chargingSettlement.connect(driver);
      await (await settlement.deposit(driver.address, terms.lane, depositMicro)).wait();
      await (await settlement.open(terms)).wait();
      const opening = await openingOf(sessionId);
      return { sessionId, idTag: idTagOf(sessionId, opening), terms, opening };
    },
    async sendAsStranger(to, data) {
      const stranger = await provider.getSigner(9);
      await (await stranger.sendTransaction({ to, data })).wait();
    },
    async mintToOperator(amountMicro) {
      await (await erc20.connect(owner).mint(operator.address, amountMicro)).wait();
    },
    async mintToStranger(amountMicro) {
      const stranger = await provider.getSigner(9);
      await (await erc20.connect(owner).mint(stranger.address, amountMicro)).wait();
    },
    async topUp({ terms, opening }, toppedUpMicro, amountMicro) {
      await (await chargingSettlement.connect(driver).topUp(terms, opening, toppedUpMicro, amountMicro)).wait();
    },
    signConsent: ({ sessionId }, capMicro) =>
      driver.signTypedData(settlementDomainOf(domain), consentTypes, { sessionId, capMicro }),
    signStop: ({ sessionId }) =>
      driver.signTypedData(
        { name: "Wattproof driver page", version: "1", chainId: 31_337 },
        { StopCharging: [{ name: "sessionId", type: "bytes32" }] },
        { sessionId },
      ),
    async readCredit() {
      const { finalMicro, provisionalMicro } = await chargingSettlement.creditOf(operator.address, 0);
      return finalMicro + provisionalMicro;
    },
    headSeconds,
    async openAs(privateKey, terms) {
      await (await chargingSettlement.connect(new Wallet(privateKey, provider)).open(terms)).wait();
    },
    async publishTariff(tariff, account = operatorAccount) {
      await (await tariffRegistry.connect(await provider.getSigner(account)).publish(packTariff(tariff))).wait();
      return tariffIdOf(tariff);
    },
    async changeReleaser(account, isAppointed) {
      await (await chargingSettlement.connect(operator).changeReleaser(account, isAppointed)).wait();
    },
    async retireTariff(tariffId) {
      await (await tariffRegistry.connect(operator).retire(tariffId)).wait();
    },
    async addEvse(evseId, account = operatorAccount) {
      const registry = meterRegistry.connect(await provider.getSigner(account));
      const evse = Number(await registry.registerEvse.staticCall(evseId, testMaximumPowerW));
      await (await registry.registerEvse(evseId, testMaximumPowerW)).wait();
      return evse;
    },
    async fundDriver(account, accountMicro, walletMicro) {
      if (accountMicro > 0n) {
        await (await chargingSettlement.connect(driver).deposit(account, 0, accountMicro)).wait();
      }
      await (await erc20.connect(owner).mint(account, walletMicro)).wait();
    },
    readFree: async ({ terms }) => (await chargingSettlement.accountOf(terms.driver, terms.lane)).freeMicro,
    async reset() {
      await provider.send("evm_revert", [beginning]);
      await provider.send("evm_setAutomine", [true]);
      // A snapshot is gone once the chain is back at it.
      beginning = await provider.send("evm_snapshot", []);
      points = 0;
      lanes = 0;
    },
    async close() {
      provider.destroy();
      await server.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function deploy(
  owner: JsonRpcSigner,
  committee: { readonly oracles: readonly string[]; readonly threshold: number },
  rules: SettlementRules,
  erc20Artifact?: { readonly abi: InterfaceAbi; readonly bytecode: string },
): Promise<Deployment> {
  const erc20 =
    erc20Artifact === undefined
      ? await deployOne(owner, "erc20", [])
      : await deployContract(new ContractFactory(erc20Artifact.abi, erc20Artifact.bytecode, owner), []);
  const addresses = await deployContractSet(
    erc20,
    { owner: owner.address, guardian: owner.address, ...committee },
    rules,
    (name, parameters) => deployOne(owner, roleOf(name), parameters),
    async (ahead) => getCreateAddress({ from: owner.address, nonce: (await owner.getNonce()) + ahead }),
  );
  const contracts = {
    erc20,
    ...Object.fromEntries(Object.entries(addresses).map(([name, address]) => [roleOf(name as ContractName), address])),
  };
  const ways = await deployWaySet(addresses.ChargingSettlement, {}, (role, parameters) =>
    deployOne(owner, role, parameters),
  );
  return { chainId: 31_337, blockNumber: 0, contracts: contracts as Deployment["contracts"], ways };
}

async function deployOne(owner: JsonRpcSigner, role: ArtifactName, parameters: readonly unknown[]): Promise<string> {
  // Most tests of the service have meters that a quorum attested, of whatever curve.
  const { interface: abi, bytecode } = artifactOf(role === "meterRegistry" ? "trustingMeterRegistry" : role);
  return deployContract(new ContractFactory(abi, bytecode, owner), parameters);
}

async function deployContract(factory: ContractFactory, parameters: readonly unknown[]): Promise<string> {
  const contract = await factory.deploy(...parameters);
  await contract.waitForDeployment();
  return getAddress(await contract.getAddress());
}

/** The name of a contract in the deployment file. */
function roleOf(name: ContractName): ContractRole {
  return (name.charAt(0).toLowerCase() + name.slice(1)) as ContractRole;
}

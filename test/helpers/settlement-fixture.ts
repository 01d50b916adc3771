import { packTariff, type PackedTariff } from "../../services/domain/packed-tariff.ts";
import { freeTariff, taxedAlike, type Tariff } from "../../services/domain/tariff.ts";
import type { TypedDataDomain } from "ethers";

import {
  type ContractSet,
  defaultRules,
  deployContractSet,
  type SettlementRules,
} from "../../scripts/deploy/contract-set.ts";
import type {
  Challenges,
  ChargingSettlement,
  DemoToken,
  HostileToken,
  MeterRegistry,
  MeterSettlement,
  OpeningGuard,
  OracleBonds,
  OracleCommittee,
  PartnerAgreements,
  TariffRegistry,
} from "../../types/index.ts";
import { ethers, networkHelpers } from "./chain.ts";
import { ANY_EVIDENCE, byAddress, type Claim, signClaims } from "./claims.ts";
import {
  commitmentOf,
  compactSignature,
  type LiveTerms,
  type Metering,
  NEVER_OPENED,
  type Opening,
  openingOf,
  packMetering,
  packTerms,
  SESSION_TERMS_TYPES,
  sessionIdOf,
  type Terms,
  withOpening,
} from "./session-terms.ts";

export type Signer = Awaited<ReturnType<typeof ethers.getSigners>>[number];

/** Why a session is not opened, as in OpeningRefusal of IChargingSettlement.sol. */
export const OpeningRefusal = {
  None: 0n,
  TariffNotOffered: 1n,
  AgreementNotBinding: 2n,
  SignatureInvalid: 3n,
  SessionLive: 4n,
  NonceMismatch: 5n,
  NonceExhausted: 6n,
  HoldZero: 7n,
  HoldAboveBalance: 8n,
  ExpiryPassed: 9n,
  ExpiryTooLate: 10n,
} as const;

/** Why a session is not settled, as in SettlementRefusal of IChargingSettlement.sol. */
export const SettlementRefusal = {
  None: 0n,
  NoLiveSession: 1n,
  TermsMismatch: 2n,
  QuorumTooLate: 3n,
  TimeOutOfBounds: 4n,
  EnergyAbovePower: 5n,
  EpochLimitReached: 6n,
} as const;

export const HOUR = 3_600n;
export const DAY = 24n * HOUR;
export const MAXIMUM_SESSION_SECONDS = 2n * DAY;
export const CHANGE_DELAY_SECONDS = 3n * DAY;

/** The usual rules, as numbers of a contract. */
export const EPOCH_SECONDS = BigInt(defaultRules.epochSeconds);
export const CHALLENGE_WINDOW_SECONDS = BigInt(defaultRules.challengeWindowSeconds);
/** Signatures that a batch needs, of so many oracles. */
export const THRESHOLD = 2;
const ORACLE_COUNT = 3;

export const DEPOSIT = 100_000_000n;
export const HOLD = 30_000_000n;

const USUAL_TARIFF: Tariff = {
  ...freeTariff,
  ...taxedAlike(810),
  flatFeeMicro: 500_000n,
  priceNanoPerKwh: 450_000_000n,
  priceNanoPerChargingHour: 1_200_000_000n,
  priceNanoPerConnectedHour: 6_000_000_000n,
  connectedFreeSeconds: 5_400,
};

/** The usual tariff with other parts, as the contracts take it. */
export function tariffWith(parts: Partial<Tariff>): TariffFields {
  const { energyStepWh, chargingStepSeconds, ...content } = packTariff({ ...USUAL_TARIFF, ...parts });
  return inOrder({ ...content, energyStepWh: BigInt(energyStepWh), chargingStepSeconds: BigInt(chargingStepSeconds) });
}

/** A tariff in the form and order in which ethers gives it back. */
export type TariffFields = Record<Exclude<keyof PackedTariff, "chargesWithoutEnergy">, bigint> & {
  readonly chargesWithoutEnergy: boolean;
};

function inOrder(content: TariffFields): TariffFields {
  const { flatFeeMicro, priceNanoPerKwh, energyStepWh, priceNanoPerChargingHour, chargingStepSeconds } = content;
  const { taxes, limits, energyBands, connectedFee, chargesWithoutEnergy } = content;
  return {
    ...{ flatFeeMicro, priceNanoPerKwh, energyStepWh, priceNanoPerChargingHour, chargingStepSeconds },
    ...{ taxes, limits, energyBands, connectedFee, chargesWithoutEnergy },
  };
}

export const TARIFF = tariffWith({});

/** 12.5 kWh in half an hour, and connected for 95 minutes. */
export const USUAL: Metering = { energyMicroWh: 12_500_000_000n, chargingSeconds: 1_800n, connectedSeconds: 5_700n };
/**
 * By hand: 0.50 flat + 12.5 × 0.45 = 5.625 + 30 × 0.02 = 0.60 + (95 − 90 minutes) × 0.10 = 0.50, so 7.225 net,
 * 8.1 % tax 0.585225.
 */
export const USUAL_PRICE = 7_810_225n;

export interface SettlementFixture<Token = DemoToken> {
  readonly erc20: Token;
  readonly addresses: ContractSet;
  readonly tariffRegistry: TariffRegistry;
  readonly partnerAgreements: PartnerAgreements;
  readonly openingGuard: OpeningGuard;
  readonly meterRegistry: MeterRegistry;
  readonly meterSettlement: MeterSettlement;
  readonly oracleCommittee: OracleCommittee;
  readonly challenges: Challenges;
  readonly oracleBonds: OracleBonds;
  readonly settlement: ChargingSettlement;
  readonly domain: TypedDataDomain;
  readonly owner: Signer;
  readonly guardian: Signer;
  /** All members of the committee, by address; THRESHOLD of them are a quorum. */
  readonly oracles: readonly Signer[];
  readonly operator: Signer;
  readonly otherOperator: Signer;
  readonly driver: Signer;
  readonly otherDriver: Signer;
  readonly payer: Signer;
  readonly relayer: Signer;
  readonly thief: Signer;
  readonly tariffId: string;
  /** The time of the last block of the fixture, in seconds; about an hour after an epoch began. */
  readonly startedAt: bigint;
}

/** An hour into the next epoch, so that no test depends on the time of day at which it runs. */
async function beginEpoch(): Promise<void> {
  const now = BigInt(await networkHelpers.time.latest());
  await networkHelpers.time.increaseTo((now / EPOCH_SECONDS + 1n) * EPOCH_SECONDS + HOUR);
}

/** The contracts around a token; both operators offer TARIFF; oracles have the least bond; nobody has deposited anything. */
async function deployAround<Token extends DemoToken | HostileToken>(
  erc20: Token,
  rules: SettlementRules = defaultRules,
): Promise<SettlementFixture<Token>> {
  const [owner, operator, otherOperator, driver, otherDriver, payer, relayer, thief, guardian, ...others] =
    await ethers.getSigners();
  if (!owner || !operator || !otherOperator || !driver || !otherDriver || !payer || !relayer || !thief || !guardian) {
    throw new Error("The simulated chain has too few accounts");
  }
  const oracles = byAddress(others.slice(0, ORACLE_COUNT));
  await beginEpoch();
  const addresses = await deployContractSet(
    await erc20.getAddress(),
    {
      owner: owner.address,
      guardian: guardian.address,
      oracles: oracles.map(({ address }) => address),
      threshold: THRESHOLD,
    },
    rules,
    async (name, parameters) => await (await ethers.deployContract(name as string, [...parameters])).getAddress(),
    async (ahead) => ethers.getCreateAddress({ from: owner.address, nonce: (await owner.getNonce()) + ahead }),
  );
  const tariffRegistry = await ethers.getContractAt("TariffRegistry", addresses.TariffRegistry);
  const tariffId = await tariffRegistry.tariffIdOf(TARIFF);
  await tariffRegistry.connect(operator).publish(TARIFF);
  await tariffRegistry.connect(otherOperator).publish(TARIFF);
  const { chainId } = await ethers.provider.getNetwork();
  const oracleBonds = await ethers.getContractAt("OracleBonds", addresses.OracleBonds);
  const bond = rules.leastBondMicro * (await oracleBonds.unit());
  if (bond !== 0n) {
    await erc20.mint(owner.address, bond * BigInt(ORACLE_COUNT));
    await erc20.connect(owner).approve(addresses.OracleBonds, bond * BigInt(ORACLE_COUNT));
    for (const { address } of oracles) await oracleBonds.connect(owner).postBond(address, bond);
  }
  return {
    erc20,
    addresses,
    tariffRegistry,
    partnerAgreements: await ethers.getContractAt("PartnerAgreements", addresses.PartnerAgreements),
    openingGuard: await ethers.getContractAt("OpeningGuard", addresses.OpeningGuard),
    meterRegistry: await ethers.getContractAt("MeterRegistry", addresses.MeterRegistry),
    meterSettlement: await ethers.getContractAt("MeterSettlement", addresses.MeterSettlement),
    oracleCommittee: await ethers.getContractAt("OracleCommittee", addresses.OracleCommittee),
    challenges: await ethers.getContractAt("Challenges", addresses.Challenges),
    oracleBonds,
    settlement: await ethers.getContractAt("ChargingSettlement", addresses.ChargingSettlement),
    domain: {
      name: "Wattproof Charging Settlement",
      version: "1",
      chainId,
      verifyingContract: addresses.ChargingSettlement,
    },
    owner,
    guardian,
    oracles,
    operator,
    otherOperator,
    driver,
    otherDriver,
    payer,
    relayer,
    thief,
    tariffId,
    startedAt: BigInt(await networkHelpers.time.latest()),
  };
}

/** Contracts on the demo token; driver and otherDriver hold tokens and have allowed the settlement to take them. */
export async function deployedSettlement(): Promise<SettlementFixture> {
  return await deployedUnder(defaultRules);
}

async function deployedUnder(rules: SettlementRules): Promise<SettlementFixture> {
  const fixture = await deployAround(await ethers.deployContract("DemoToken"), rules);
  for (const account of [fixture.driver, fixture.otherDriver, fixture.payer]) {
    await fixture.erc20.mint(account.address, 10n * DEPOSIT);
    await fixture.erc20.connect(account).approve(await fixture.settlement.getAddress(), 10n * DEPOSIT);
  }
  return fixture;
}

/** The same, and both drivers have deposited on lane 0, the driver also on lane 1. */
export async function fundedSettlement(): Promise<SettlementFixture> {
  return await fundedUnder(defaultRules);
}

/** The same under rules that a test chooses. */
export async function fundedUnder(rules: SettlementRules): Promise<SettlementFixture> {
  const fixture = await deployedUnder(rules);
  const { settlement, driver, otherDriver } = fixture;
  await settlement.connect(driver).deposit(driver.address, 0, DEPOSIT);
  await settlement.connect(driver).deposit(driver.address, 1, DEPOSIT);
  await settlement.connect(otherDriver).deposit(otherDriver.address, 0, DEPOSIT);
  return fixture;
}

/** Contracts on a token that a test can make misbehave; accounts hold 1,000 tokens and allowed all of them. */
export async function hostileSettlement(decimals: number): Promise<SettlementFixture<HostileToken>> {
  const fixture = await deployAround(await ethers.deployContract("HostileToken", [decimals]));
  const amount = 1_000n * 10n ** BigInt(decimals);
  for (const account of [fixture.driver, fixture.otherDriver, fixture.payer]) {
    await fixture.erc20.mint(account.address, amount);
    await fixture.erc20.connect(account).approve(await fixture.settlement.getAddress(), amount);
  }
  return fixture;
}

export async function hostileSettlementOfSixDecimals(): Promise<SettlementFixture<HostileToken>> {
  return await hostileSettlement(6);
}

type AnyFixture = SettlementFixture<DemoToken | HostileToken>;
type Contract = Pick<AnyFixture, "settlement" | "domain">;

/** Usual terms of the driver's first session on lane 0. */
export function termsOf(fixture: AnyFixture, changes: Partial<Terms> = {}): Terms {
  return {
    driver: fixture.driver.address,
    lane: 0n,
    nonce: 0n,
    operator: fixture.operator.address,
    agreement: 0n,
    evse: 7n,
    meter: 9n,
    maximumPowerW: 22_000n,
    tariffId: fixture.tariffId,
    holdMicro: HOLD,
    expiresAt: fixture.startedAt + DAY,
    ...changes,
  };
}

export function sessionIn(fixture: AnyFixture, terms: Terms): string {
  return sessionIdOf(fixture.domain, terms);
}

/** One signed opening, as a relayer sends it. */
export async function signedOpeningOf(fixture: AnyFixture, signer: Signer, terms: Terms) {
  const signature = await signer.signTypedData(fixture.domain, SESSION_TERMS_TYPES, terms);
  return { driver: terms.driver, terms: packTerms(terms), ...compactSignature(signature) };
}

/** The block in which a session opened last, as its events tell it; NEVER_OPENED if it never did. */
export async function openingIn({ settlement, domain }: Contract, terms: Terms): Promise<Opening> {
  const events = await settlement.queryFilter(settlement.filters.SessionOpened(sessionIdOf(domain, terms)));
  const block = await events.at(-1)?.getBlock();
  if (block === undefined) return NEVER_OPENED;
  return { openedAt: BigInt(block.timestamp), salt: BigInt.asUintN(24, BigInt(block.parentHash)) };
}

/** Opens a session of the driver that the terms name. */
export async function openedAs(fixture: Contract, driver: Signer, terms: Terms): Promise<LiveTerms> {
  await fixture.settlement.connect(driver).open(terms);
  return { ...terms, opening: await openingIn(fixture, terms) };
}

/** Whether the session with these terms is live. */
export async function isLive(fixture: Contract, terms: Terms, toppedUpMicro = 0n): Promise<boolean> {
  return await fixture.settlement.isLive(terms, await openingIn(fixture, terms), toppedUpMicro);
}

/** What lies in the account while the session is live. */
export async function commitmentIn(fixture: Contract, terms: Terms, toppedUpMicro = 0n): Promise<bigint> {
  return commitmentOf({ ...terms, opening: await openingIn(fixture, terms) }, toppedUpMicro);
}

/** Waits until the usual charge of a session that opens now can be over: 12.5 kWh, 95 minutes connected. */
export async function afterCharge(): Promise<void> {
  await networkHelpers.time.increase(2n * HOUR);
}

/** The block's time and its salt, for sessions that open in the latest block. */
export async function latestOpening(): Promise<Opening> {
  const { timestamp, parentHash } = await latestBlock();
  return { openedAt: BigInt(timestamp), salt: BigInt.asUintN(24, BigInt(parentHash)) };
}

async function latestBlock() {
  const block = await ethers.provider.getBlock("latest");
  if (block === null) throw new Error("The chain has no block");
  return block;
}

/** The event that a group of openings begins with, if they are in the latest block. */
export async function groupOpened({
  operator,
  agreement,
  tariffId,
}: Pick<Terms, "operator" | "agreement" | "tariffId">) {
  const { openedAt, salt } = await latestOpening();
  return ["GroupOpened", operator, agreement, tariffId, openedAt, salt];
}

/** A batch with one group of openings. */
export function openingGroup(terms: Terms, openings: Awaited<ReturnType<typeof signedOpeningOf>>[]) {
  return { operator: terms.operator, agreement: terms.agreement, tariffId: terms.tariffId, openings };
}

/** One settlement, as oracles claim it; of terms without an opening, that one is looked up when it is sent. */
export function settlementOf(terms: Terms | LiveTerms, metering = USUAL, toppedUpMicro = 0n) {
  return { terms, metering: packMetering(metering, toppedUpMicro, openingOf(terms)) };
}

/** Settlements at TARIFF that go into one group: operator and agreement are those of `terms`. */
export function settlementGroup(
  terms: Terms,
  settlements: readonly ReturnType<typeof settlementOf>[] = [settlementOf(terms)],
  tariff: TariffFields = TARIFF,
  isReadable = true,
) {
  return { operator: terms.operator, agreement: terms.agreement, isReadable, tariff, settlements };
}

export type Group = ReturnType<typeof settlementGroup>;

/** The groups with the openings of all sessions in their claims. */
async function withOpenings(fixture: AnyFixture, groups: readonly Group[]): Promise<readonly Group[]> {
  const completed: Group[] = [];
  for (const { settlements, ...group } of groups) {
    const claims: ReturnType<typeof settlementOf>[] = [];
    for (const { terms, metering } of settlements) {
      const isComplete = "opening" in terms;
      claims.push({ terms, metering: isComplete ? metering : withOpening(metering, await openingIn(fixture, terms)) });
    }
    completed.push({ ...group, settlements: claims });
  }
  return completed;
}

/** What oracles claim with these groups, in order. */
export async function claimsOf(fixture: AnyFixture, groups: readonly Group[]): Promise<readonly Claim[]> {
  return (await withOpenings(fixture, groups)).flatMap(({ settlements, isReadable }) =>
    settlements.map(({ terms, metering }) => ({ sessionId: sessionIn(fixture, terms), metering, isReadable })),
  );
}

/** The arguments of settleBatch: the groups in the contract's form, and what a quorum, or `signers`, signed for them. */
export async function batchOf(
  fixture: AnyFixture,
  groups: readonly Group[],
  signers: readonly Signer[] = fixture.oracles.slice(0, THRESHOLD),
  evidenceRoot = ANY_EVIDENCE,
) {
  const completed = await withOpenings(fixture, groups);
  const content = completed.map(({ settlements, ...group }) => ({
    ...group,
    settlements: settlements.map(({ terms, metering }) => ({
      driver: terms.driver,
      terms: packTerms(terms),
      metering,
    })),
  }));
  const signatures = await signClaims(fixture.domain, await claimsOf(fixture, completed), signers, evidenceRoot);
  return [content, evidenceRoot, signatures] as const;
}

/**
 * Settles with the signatures of a quorum; anybody may send it. Two hours after the sessions' opening at the earliest,
 * when the usual charge can be over.
 */
export async function settleBatch(
  fixture: AnyFixture,
  groups: readonly Group[],
  sender: Signer = fixture.relayer,
  evidenceRoot = ANY_EVIDENCE,
) {
  const claims = await claimsOf(fixture, groups);
  const over =
    claims.reduce((latest, { metering }) => (metering >> 216n > latest ? metering >> 216n : latest), 0n) + 2n * HOUR;
  if (BigInt(await networkHelpers.time.latest()) < over) await networkHelpers.time.increaseTo(over);
  const batch = await batchOf(fixture, groups, fixture.oracles.slice(0, THRESHOLD), evidenceRoot);
  return await fixture.settlement.connect(sender).settleBatch(...batch);
}

import type { TypedDataDomain } from "ethers";

import type {
  ChargingSettlement,
  DemoToken,
  HostileToken,
  MeterRegistry,
  OracleSet,
  TariffRegistry,
} from "../../types/index.ts";
import { ethers, networkHelpers } from "./chain.ts";
import {
  compactSignature,
  type Metering,
  packMetering,
  packTerms,
  SESSION_TERMS_TYPES,
  sessionIdOf,
  type Terms,
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
export const SettlementRefusal = { None: 0n, NoLiveSession: 1n, TermsMismatch: 2n } as const;

export const HOUR = 3_600n;
export const DAY = 24n * HOUR;
export const MAXIMUM_SESSION_SECONDS = 2n * DAY;
export const CHANGE_DELAY_SECONDS = 3n * DAY;

export const DEPOSIT = 100_000_000n;
export const HOLD = 30_000_000n;

export const TARIFF = {
  flatFeeMicro: 500_000n,
  priceMicroPerKwh: 450_000n,
  priceMicroPerChargingMinute: 20_000n,
  priceMicroPerIdleMinute: 100_000n,
  idleGraceSeconds: 600n,
  energyStepWh: 0n,
  chargingStepSeconds: 0n,
  idleStepSeconds: 0n,
  minimumMicro: 0n,
  maximumMicro: 0n,
  taxBps: 810n,
  chargesWithoutEnergy: false,
};
export type TariffFields = typeof TARIFF;

/** 12.5 kWh in half an hour and a quarter of an hour connected after that. */
export const USUAL: Metering = { energyMicroWh: 12_500_000_000n, chargingSeconds: 1_800n, idleSeconds: 900n };
/**
 * By hand: 0.50 flat + 12.5 × 0.45 = 5.625 + 30 × 0.02 = 0.60 + (15 − 10 minutes) × 0.10 = 0.50, so 7.225 net,
 * 8.1 % tax 0.585225.
 */
export const USUAL_PRICE = 7_810_225n;

export interface SettlementFixture<Token = DemoToken> {
  readonly erc20: Token;
  readonly tariffRegistry: TariffRegistry;
  readonly meterRegistry: MeterRegistry;
  readonly oracleSet: OracleSet;
  readonly settlement: ChargingSettlement;
  readonly domain: TypedDataDomain;
  readonly owner: Signer;
  readonly oracle: Signer;
  readonly operator: Signer;
  readonly otherOperator: Signer;
  readonly driver: Signer;
  readonly otherDriver: Signer;
  readonly payer: Signer;
  readonly relayer: Signer;
  readonly thief: Signer;
  readonly tariffId: string;
  /** The time of the last block of the fixture, in seconds. */
  readonly startedAt: bigint;
}

/** The contracts around a token; both operators offer TARIFF; nobody has deposited anything. */
async function deployAround<Token extends DemoToken | HostileToken>(erc20: Token): Promise<SettlementFixture<Token>> {
  const [owner, oracle, operator, otherOperator, driver, otherDriver, payer, relayer, thief] =
    await ethers.getSigners();
  if (!owner || !oracle || !operator || !otherOperator || !driver || !otherDriver || !payer || !relayer || !thief) {
    throw new Error("The simulated chain has too few accounts");
  }
  const tariffRegistry = await ethers.deployContract("TariffRegistry");
  const oracleSet = await ethers.deployContract("OracleSet", [owner.address, CHANGE_DELAY_SECONDS, [oracle.address]]);
  const meterRegistry = await ethers.deployContract("MeterRegistry", [await oracleSet.getAddress()]);
  const settlement = await ethers.deployContract("ChargingSettlement", [
    await erc20.getAddress(),
    await tariffRegistry.getAddress(),
    await meterRegistry.getAddress(),
    await oracleSet.getAddress(),
    MAXIMUM_SESSION_SECONDS,
  ]);
  const tariffId = await tariffRegistry.tariffIdOf(TARIFF);
  await tariffRegistry.connect(operator).publish(TARIFF);
  await tariffRegistry.connect(otherOperator).publish(TARIFF);
  const { chainId } = await ethers.provider.getNetwork();
  return {
    erc20,
    tariffRegistry,
    meterRegistry,
    oracleSet,
    settlement,
    domain: {
      name: "Wattproof Charging Settlement",
      version: "1",
      chainId,
      verifyingContract: await settlement.getAddress(),
    },
    owner,
    oracle,
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
  const fixture = await deployAround(await ethers.deployContract("DemoToken"));
  for (const account of [fixture.driver, fixture.otherDriver, fixture.payer]) {
    await fixture.erc20.mint(account.address, 10n * DEPOSIT);
    await fixture.erc20.connect(account).approve(await fixture.settlement.getAddress(), 10n * DEPOSIT);
  }
  return fixture;
}

/** The same, and both drivers have deposited on lane 0, the driver also on lane 1. */
export async function fundedSettlement(): Promise<SettlementFixture> {
  const fixture = await deployedSettlement();
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

/** Usual terms of the driver's first session on lane 0. */
export function termsOf(fixture: AnyFixture, changes: Partial<Terms> = {}): Terms {
  return {
    driver: fixture.driver.address,
    lane: 0n,
    nonce: 0n,
    operator: fixture.operator.address,
    evse: 7n,
    meter: 9n,
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
export async function openingOf(fixture: AnyFixture, signer: Signer, terms: Terms) {
  const signature = await signer.signTypedData(fixture.domain, SESSION_TERMS_TYPES, terms);
  return { driver: terms.driver, terms: packTerms(terms), ...compactSignature(signature) };
}

/** A batch with one group of openings. */
export function openingGroup(terms: Terms, openings: Awaited<ReturnType<typeof openingOf>>[]) {
  return { operator: terms.operator, tariffId: terms.tariffId, openings };
}

/** One settlement, as an oracle sends it. */
export function settlementOf(terms: Terms, metering = USUAL) {
  return { driver: terms.driver, terms: packTerms(terms), metering: packMetering(metering) };
}

/** A batch with one group of settlements at TARIFF. */
export function settlementGroup(
  terms: Terms,
  settlements: ReturnType<typeof settlementOf>[] = [settlementOf(terms)],
  tariff: TariffFields = TARIFF,
) {
  return { operator: terms.operator, tariff, settlements };
}

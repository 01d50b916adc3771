import type { ContractTransactionResponse, TypedDataDomain } from "ethers";

import { defaultRules, deployContractSet } from "../../scripts/deploy/contract-set.ts";
import type {
  DemoToken,
  AuthorizedFunding,
  ChargingSettlement,
  ContractWallet,
  HostileToken,
  OpeningGuard,
  PermissiveToken,
  VehicleConsents,
} from "../../types/index.ts";
import { ethers, networkHelpers } from "./chain.ts";
import { type Books, eventsOf, type PlainEvent } from "./outcome.ts";
import { SESSION_TERMS_TYPES, type Terms } from "./session-terms.ts";
import { DAY, DEPOSIT, HOLD, type Signer, TARIFF } from "./settlement-fixture.ts";

export interface WaysInFixture<Token = DemoToken> {
  readonly erc20: Token;
  readonly settlement: ChargingSettlement;
  readonly consents: VehicleConsents;
  readonly funding: AuthorizedFunding;
  readonly guard: OpeningGuard;
  /** Of the session terms, of the consents and of the token. */
  readonly domain: TypedDataDomain;
  readonly consentDomain: TypedDataDomain;
  readonly tokenDomain: TypedDataDomain;
  readonly guardian: Signer;
  readonly operator: Signer;
  readonly otherOperator: Signer;
  readonly driver: Signer;
  readonly otherDriver: Signer;
  readonly relayer: Signer;
  readonly vehicle: Signer;
  /** A driver that is a contract and signs with `driver`'s key. */
  readonly wallet: ContractWallet;
  readonly tariffId: string;
  /** The time of the last block of the fixture, in seconds. */
  readonly startedAt: bigint;
}

type AnyFixture = WaysInFixture<DemoToken | HostileToken | PermissiveToken>;

/** All contracts around a token of which drivers and wallet have 1,000; both operators offer TARIFF. */
async function deployAround<Token extends DemoToken | HostileToken | PermissiveToken>(
  erc20: Token,
): Promise<WaysInFixture<Token>> {
  const [owner, guardian, oracle, operator, otherOperator, driver, otherDriver, relayer, vehicle] =
    await ethers.getSigners();
  if (!owner || !guardian || !oracle || !operator || !otherOperator || !driver) throw new Error("Too few accounts");
  if (!otherDriver || !relayer || !vehicle) throw new Error("The simulated chain has too few accounts");
  const set = await deployContractSet(
    await erc20.getAddress(),
    { owner: owner.address, guardian: guardian.address, oracles: [oracle.address], threshold: 1 },
    defaultRules,
    async (name, parameters) => await (await ethers.deployContract(name as string, [...parameters])).getAddress(),
    async (ahead) => ethers.getCreateAddress({ from: owner.address, nonce: (await owner.getNonce()) + ahead }),
  );
  const tariffRegistry = await ethers.getContractAt("TariffRegistry", set.TariffRegistry);
  await tariffRegistry.connect(operator).publish(TARIFF);
  await tariffRegistry.connect(otherOperator).publish(TARIFF);
  const wallet = await ethers.deployContract("ContractWallet", [driver.address]);
  const unit = 10n ** ((await erc20.decimals()) - 6n);
  for (const address of [driver.address, otherDriver.address, await wallet.getAddress()]) {
    await erc20.mint(address, 10n * DEPOSIT * unit);
  }
  const { chainId } = await ethers.provider.getNetwork();
  const domainOf = (name: string, verifyingContract: string) => ({ name, version: "1", chainId, verifyingContract });
  return {
    erc20,
    settlement: await ethers.getContractAt("ChargingSettlement", set.ChargingSettlement),
    consents: await ethers.getContractAt("VehicleConsents", set.VehicleConsents),
    funding: await ethers.getContractAt("AuthorizedFunding", set.AuthorizedFunding),
    guard: await ethers.getContractAt("OpeningGuard", set.OpeningGuard),
    domain: domainOf("Wattproof Charging Settlement", set.ChargingSettlement),
    consentDomain: domainOf("Wattproof Vehicle Consents", set.VehicleConsents),
    tokenDomain: domainOf(await erc20.name(), await erc20.getAddress()),
    guardian,
    operator,
    otherOperator,
    driver,
    otherDriver,
    relayer,
    vehicle,
    wallet,
    tariffId: await tariffRegistry.tariffIdOf(TARIFF),
    startedAt: BigInt(await networkHelpers.time.latest()),
  };
}

/** Nobody has deposited or allowed anything. */
export async function deployedWaysIn(): Promise<WaysInFixture> {
  return await deployAround(await ethers.deployContract("DemoToken"));
}

/** Driver and wallet have deposited on lane 0, as a driver who lets a vehicle charge has. */
export async function fundedWaysIn(): Promise<WaysInFixture> {
  const fixture = await deployedWaysIn();
  const { erc20, settlement, driver, wallet } = fixture;
  await erc20.connect(driver).approve(await settlement.getAddress(), 2n * DEPOSIT);
  await settlement.connect(driver).deposit(driver.address, 0, DEPOSIT);
  await settlement.connect(driver).deposit(await wallet.getAddress(), 0, DEPOSIT);
  return fixture;
}

/** The same around a token that a test can make misbehave. */
export async function hostileWaysIn(decimals: number): Promise<WaysInFixture<HostileToken>> {
  return await deployAround(await ethers.deployContract("HostileToken", [decimals]));
}

/** The same around a token whose fallback accepts every call. */
export async function permissiveWaysIn(): Promise<WaysInFixture<PermissiveToken>> {
  return await deployAround(await ethers.deployContract("PermissiveToken"));
}

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

export async function signTerms(fixture: AnyFixture, signer: Signer, terms: Terms): Promise<string> {
  return await signer.signTypedData(fixture.domain, SESSION_TERMS_TYPES, terms);
}

/** What money and accounts there are, of a driver and of the contracts through which money goes. */
async function booksOf({ erc20, settlement, funding }: AnyFixture, driver: string): Promise<Books> {
  const { freeMicro, nonce, commitment } = await settlement.accountOf(driver, 0);
  return {
    "driver tokens": await erc20.balanceOf(driver),
    "funding tokens": await erc20.balanceOf(await funding.getAddress()),
    "funding allowance to settlement": await erc20.allowance(await funding.getAddress(), await settlement.getAddress()),
    "settlement tokens": await erc20.balanceOf(await settlement.getAddress()),
    owed: await settlement.owedMicro(),
    free: freeMicro,
    nonce,
    live: commitment === 0n ? 0n : 1n,
  };
}

/** Does something and tells the events of one contract, and what differs afterwards: after minus before. */
export async function outcomeOf(
  fixture: AnyFixture,
  contract: AuthorizedFunding | VehicleConsents,
  driver: string,
  action: () => Promise<ContractTransactionResponse>,
): Promise<{ events: PlainEvent[]; changes: Books }> {
  const before = await booksOf(fixture, driver);
  const receipt = await (await action()).wait();
  const changes: Books = {};
  for (const [name, value] of Object.entries(await booksOf(fixture, driver))) {
    const difference = value - (before[name] ?? 0n);
    if (difference !== 0n) changes[name] = difference;
  }
  return { events: eventsOf(receipt, contract), changes };
}

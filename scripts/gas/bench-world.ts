import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/types";
import { freeTariff, taxedAlike, type Tariff } from "../../services/domain/tariff.ts";
import { packTariff } from "../../services/domain/packed-tariff.ts";
import {
  getCreateAddress,
  HDNodeWallet,
  MaxUint256,
  type SigningKey,
  type TransactionReceipt,
  type TransactionResponse,
  type TypedDataDomain,
} from "ethers";
import { network } from "hardhat";

import { defaultRules, deployContractSet, type SettlementRules } from "../deploy/contract-set.ts";

/** One token, in its smallest unit and in 10⁻⁶ token. */
export const UNIT = 10n ** 6n;
/** Number of the agreement under which all sessions run. */
export const AGREEMENT = 1;
export const BALANCE_MICRO = 300n * UNIT;

/** Of the accounts of the simulated chain. */
const PHRASE = "test test test test test test test test test test test junk";

/** A ring of one batch, so that its slot is in use after the first; each batch then waits for the window of the last. */
export const benchRules: SettlementRules = { ...defaultRules, challengeRingSize: 1 };

/** Every component is in use, so that no price is cheap to compute by being absent. */
export const tariff: Tariff = {
  ...freeTariff,
  ...taxedAlike(810),
  flatFeeMicro: 350_000n,
  priceNanoPerKwh: 490_000_000n,
  energyBands: [{ fromWh: 20_000, priceNanoPerKwh: 450_000_000n }],
  energyStepWh: 1,
  priceNanoPerChargingHour: 1_200_000_000n,
  chargingStepSeconds: 60,
  priceNanoPerConnectedHour: 6_000_000_000n,
  connectedFreeSeconds: 900,
  connectedStepSeconds: 60,
  connectedMaximumMicro: 12_000_000n,
  minimumMicro: 500_000n,
  minimumGrossMicro: 540_500n,
  maximumMicro: 60_000_000n,
  maximumGrossMicro: 64_860_000n,
};

export type BenchWorld = Awaited<ReturnType<typeof createBenchWorld>>;

/** A fresh chain with the contracts, an operator with a tariff and three partners, two oracles, and drivers with money. */
export async function createBenchWorld(driverCount: number) {
  const { ethers, provider } = await network.create();
  const accounts = await ethers.getSigners();
  const { chainId } = await ethers.provider.getNetwork();
  const operator = accountAt(0);
  const oracles = [accountAt(1), accountAt(2)].toSorted((left, right) =>
    BigInt(left.address) < BigInt(right.address) ? -1 : 1,
  );
  const partners = [accountAt(3), accountAt(4), accountAt(5)];

  // Of the tokens here the one with all ways to authorise a transfer; it costs what OpenZeppelin's ERC-20 costs.
  const erc20 = await ethers.deployContract("DemoToken");
  const addresses = await deployContractSet(
    await erc20.getAddress(),
    {
      owner: operator.address,
      guardian: operator.address,
      oracles: oracles.map(({ address }) => address),
      threshold: oracles.length,
    },
    benchRules,
    async (name, parameters) => (await ethers.deployContract(name as string, [...parameters])).getAddress(),
    async (ahead) => getCreateAddress({ from: operator.address, nonce: (await operator.getNonce()) + ahead }),
  );
  const contracts = {
    oracleCommittee: await ethers.getContractAt("OracleCommittee", addresses.OracleCommittee),
    openingGuard: await ethers.getContractAt("OpeningGuard", addresses.OpeningGuard),
    tariffRegistry: await ethers.getContractAt("TariffRegistry", addresses.TariffRegistry),
    partnerAgreements: await ethers.getContractAt("PartnerAgreements", addresses.PartnerAgreements),
    meterRegistry: await ethers.getContractAt("MeterRegistry", addresses.MeterRegistry),
    meterSettlement: await ethers.getContractAt("MeterSettlement", addresses.MeterSettlement),
    oracleBonds: await ethers.getContractAt("OracleBonds", addresses.OracleBonds),
    challenges: await ethers.getContractAt("Challenges", addresses.Challenges),
    vehicleConsents: await ethers.getContractAt("VehicleConsents", addresses.VehicleConsents),
    authorizedFunding: await ethers.getContractAt("AuthorizedFunding", addresses.AuthorizedFunding),
    settlement: await ethers.getContractAt("ChargingSettlement", addresses.ChargingSettlement),
  };
  const { partnerAgreements, settlement, tariffRegistry } = contracts;

  // The operator keeps what three partners do not get: a split of four.
  await partnerAgreements.propose(partners.map(({ address }) => ({ partner: address, shareBps: 1_000 })));
  for (const partner of partners) await partnerAgreements.connect(partner).sign(AGREEMENT);
  const tariffId = await tariffRegistry.tariffIdOf(packTariff(tariff));
  await tariffRegistry.publish(packTariff(tariff));
  await erc20.mint(operator, UNIT * 10n ** 9n);
  await erc20.approve(settlement, MaxUint256);
  await erc20.approve(contracts.oracleBonds, MaxUint256);
  const bond = benchRules.leastBondMicro + 1_000n * UNIT;
  for (const oracle of oracles) await contracts.oracleBonds.postBond(oracle, bond);

  const root = HDNodeWallet.fromPhrase(PHRASE, undefined, "m/44'/60'/1'");
  const keys = new Map(
    accounts.map((_, index) => {
      const wallet = HDNodeWallet.fromPhrase(PHRASE, undefined, `m/44'/60'/0'/0/${index.toString()}`);
      return [wallet.address, wallet.signingKey];
    }),
  );
  const drivers = Array.from({ length: driverCount }, (_, index) => root.deriveChild(index));
  for (const driver of drivers) await settlement.deposit(driver, 0, BALANCE_MICRO);

  function accountAt(index: number): HardhatEthersSigner {
    const account = accounts[index];
    if (account === undefined) throw new Error(`the local chain has no account ${index.toString()}`);
    return account;
  }

  function driverAt(index: number): HDNodeWallet {
    const driver = drivers[index];
    if (driver === undefined) throw new Error(`there is no driver ${index.toString()}`);
    return driver;
  }

  /** The key of one of the chain's accounts. */
  function keyOf(address: string): SigningKey {
    const key = keys.get(address);
    if (key === undefined) throw new Error(`${address} is no account of the local chain`);
    return key;
  }

  function domainOf(name: string, verifyingContract: string): TypedDataDomain {
    return { name, version: "1", chainId, verifyingContract };
  }

  return {
    ethers,
    provider,
    ...contracts,
    erc20,
    addresses,
    chainId,
    operator,
    oracles,
    partners,
    drivers,
    tariffId,
    accountAt,
    driverAt,
    keyOf,
    domainOf,
    /** What sessions are signed for, as the service has it. */
    domain: { chainId: Number(chainId), verifyingContract: addresses.ChargingSettlement },

    /** A driver who can send transactions. */
    async sending(driver: HDNodeWallet) {
      await provider.request({ method: "hardhat_setBalance", params: [driver.address, "0xde0b6b3a7640000"] });
      return driver.connect(ethers.provider);
    },

    async now(): Promise<number> {
      const block = await ethers.provider.getBlock("latest");
      if (block === null) throw new Error("the chain has no block");
      return block.timestamp;
    },

    async pass(seconds: number): Promise<void> {
      await provider.request({ method: "evm_increaseTime", params: [seconds] });
      await provider.request({ method: "evm_mine" });
    },
  };
}

/** Waits until a transaction is mined. */
export async function receiptOf(sending: Promise<TransactionResponse>): Promise<TransactionReceipt> {
  const receipt = await (await sending).wait();
  if (receipt === null) throw new Error("a transaction was not mined");
  return receipt;
}

import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/types";
import { HDNodeWallet, type TransactionReceipt, type TransactionResponse } from "ethers";
import { network } from "hardhat";

import { idTagOf } from "../../services/domain/id-tag.ts";
import { packMetering } from "../../services/domain/metering.ts";
import { packTerms, sessionIdOf, type SessionTerms } from "../../services/domain/terms.ts";
import { demoMeterKey } from "../simulator/demo-key.ts";
import { createSimulatedMeter, type SimulatedMeter } from "../simulator/meter.ts";
import { signedRecordOf } from "../simulator/signed-record.ts";
import { benchRecord } from "./bench-record.ts";

const UNIT = 10n ** 6n;
const HOLD_MICRO = 30n * UNIT;
const MAXIMUM_SESSION_SECONDS = 48 * 3600;
const ORACLE_CHANGE_DELAY_SECONDS = 72 * 3600;
const SESSION_SECONDS = 24 * 3600;
const UINT40_MAX = 2n ** 40n - 1n;
const UINT256_MAX = 2n ** 256n - 1n;
/** The contracts' number for the curve. */
const CURVE_SECP256R1 = 1;

// Every component is in use, so that no price is cheap to compute by being absent.
const tariff = {
  flatFeeMicro: 350_000n,
  priceMicroPerKwh: 490_000n,
  priceMicroPerChargingMinute: 20_000n,
  priceMicroPerIdleMinute: 100_000n,
  idleGraceSeconds: 900n,
  energyStepWh: 1n,
  chargingStepSeconds: 60n,
  idleStepSeconds: 60n,
  minimumMicro: 500_000n,
  maximumMicro: 60_000_000n,
  taxBps: 810n,
  chargesWithoutEnergy: false,
};

/** A session, and whose it is. */
export interface BenchSession {
  readonly driver: HDNodeWallet;
  readonly terms: SessionTerms;
}

/** A fresh chain with the contracts, funded drivers, and one call for each entry point that is measured. */
export async function createBenchChain(driverCount: number) {
  const { ethers, provider } = await network.create();
  const accounts = await ethers.getSigners();
  const operator = accountAt(0);
  const oracle = accountAt(1);

  const erc20 = await ethers.deployContract("DemoToken");
  const tariffRegistry = await ethers.deployContract("TariffRegistry");
  const oracleSet = await ethers.deployContract("OracleSet", [
    operator.address,
    ORACLE_CHANGE_DELAY_SECONDS,
    [oracle.address],
  ]);
  const meterRegistry = await ethers.deployContract("MeterRegistry", [oracleSet]);
  const settlement = await ethers.deployContract("ChargingSettlement", [
    erc20,
    tariffRegistry,
    meterRegistry,
    oracleSet,
    MAXIMUM_SESSION_SECONDS,
  ]);
  const meterSettlement = await ethers.getContractAt("MeterSettlement", await settlement.meterSettlement());
  const domain = {
    chainId: Number((await ethers.provider.getNetwork()).chainId),
    verifyingContract: await settlement.getAddress(),
  };
  const tariffId = await tariffRegistry.tariffIdOf(tariff);
  await tariffRegistry.publish(tariff);
  await erc20.mint(operator, UNIT * 10n ** 9n);
  await erc20.approve(settlement, UINT256_MAX);

  const root = HDNodeWallet.fromPhrase(
    "test test test test test test test test test test test junk",
    undefined,
    "m/44'/60'/1'",
  );
  const drivers = Array.from({ length: driverCount }, (_, index) => root.deriveChild(index));
  for (const driver of drivers) await settlement.deposit(driver, 0, HOLD_MICRO * 10n);

  function accountAt(index: number): HardhatEthersSigner {
    const account = accounts[index];
    if (account === undefined) throw new Error(`the local chain has no account ${index}`);
    return account;
  }

  async function receiptOf(sending: Promise<TransactionResponse>): Promise<TransactionReceipt> {
    const receipt = await (await sending).wait();
    if (receipt === null) throw new Error("a transaction was not mined");
    return receipt;
  }

  /** A batch that skipped items would be cheap: its figure must not count. */
  function requireEvents(
    receipt: TransactionReceipt,
    name: "SessionOpened" | "SessionSettled",
    count: number,
  ): TransactionReceipt {
    const { topicHash } = settlement.interface.getEvent(name);
    const found = receipt.logs.filter((log) => log.topics[0] === topicHash).length;
    if (found !== count) throw new Error(`${found} of ${count} sessions have the event ${name}`);
    return receipt;
  }

  /** A meter of its own for each of the first `count` EVSEs, each activated by its own signature. */
  async function installMeters(count: number): Promise<SimulatedMeter[]> {
    const meters: SimulatedMeter[] = [];
    for (let number = 1; number <= count; number += 1) {
      const meter = createSimulatedMeter({
        key: demoMeterKey("secp256r1", `bench ${number}`),
        serial: `17${number.toString().padStart(6, "0")}`,
        evseId: `CH*WPF*E${number}`,
      });
      await meterRegistry.registerEvse(meter.evseId);
      await meterRegistry.registerMeter(number, CURVE_SECP256R1, meter.key.publicKeyPoint, 0, UINT40_MAX, UINT40_MAX);
      const record = signedRecordOf(
        Buffer.from(meter.possessionRecord(await meterRegistry.possessionTagOf(number), 0)),
      );
      await receiptOf(meterRegistry.activateMeter(number, record.payload, record.r, record.s));
      meters.push(meter);
    }
    return meters;
  }

  /** Settles sessions from what their meters signed; each meter is the one of the session's EVSE. */
  async function settleWithMeter(
    sessions: readonly BenchSession[],
    meters: readonly SimulatedMeter[],
  ): Promise<TransactionReceipt> {
    const proofs = sessions.map(({ terms }, index) => {
      const meter = meters[index];
      if (meter === undefined) throw new Error(`there is no meter for session ${index}`);
      const beginSeconds = terms.expiresAt - SESSION_SECONDS;
      // Each meter goes on from its last record: five digits of pagination and of kilowatt-hours, as most have.
      const number = 10_000 + 2 * terms.nonce;
      const record = benchRecord(meter, {
        idTag: idTagOf(sessionIdOf(terms, domain)),
        pagination: number,
        beginKwh: `${number}.1270`,
        endKwh: `${number + 1}.5837`,
        beginSeconds,
        endSeconds: beginSeconds + 3_600,
      });
      return { terms, tariff, records: [signedRecordOf(Buffer.from(record))] };
    });
    const [first] = proofs;
    if (first === undefined) throw new Error("no session was planned");
    const receipt = await receiptOf(
      proofs.length === 1 ? meterSettlement.settleWithMeter(first) : meterSettlement.settleBatchWithMeter(proofs),
    );
    return requireEvents(receipt, "SessionSettled", sessions.length);
  }

  /** Terms for one session of each of the first `count` drivers, each at an EVSE of its own. */
  async function planSessions(count: number): Promise<BenchSession[]> {
    const block = await ethers.provider.getBlock("latest");
    if (block === null) throw new Error("the chain has no block");
    const expiresAt = block.timestamp + SESSION_SECONDS;
    return Promise.all(
      drivers.slice(0, count).map(async (driver, index) => {
        const { nonce } = await settlement.accountOf(driver, 0);
        const number = index + 1;
        return {
          driver,
          terms: {
            driver: driver.address,
            lane: 0,
            nonce: Number(nonce),
            operator: operator.address,
            evse: number,
            meter: number,
            tariffId,
            holdMicro: HOLD_MICRO,
            expiresAt,
          },
        };
      }),
    );
  }

  async function openBatch(sessions: readonly BenchSession[]): Promise<TransactionReceipt> {
    const openings = sessions.map(({ driver, terms }) => {
      const { r, yParityAndS } = driver.signingKey.sign(sessionIdOf(terms, domain));
      return { driver, terms: packTerms(terms), r, vs: yParityAndS };
    });
    const receipt = await receiptOf(settlement.openBatch([{ operator, tariffId, openings }]));
    return requireEvents(receipt, "SessionOpened", sessions.length);
  }

  /** Energy and times differ from session to session, as real ones do. */
  async function settleBatch(sessions: readonly BenchSession[]): Promise<TransactionReceipt> {
    const settlements = sessions.map(({ driver, terms }, index) => ({
      driver,
      terms: packTerms(terms),
      metering: packMetering({
        energyMicroWh: 23_456_789_000n + BigInt(index) * 1_234_567n,
        chargingSeconds: 3_600 + index,
        idleSeconds: 1_200 + index,
      }),
    }));
    const receipt = await receiptOf(settlement.connect(oracle).settleBatch([{ operator, tariff, settlements }]));
    return requireEvents(receipt, "SessionSettled", sessions.length);
  }

  async function openOwn(session: BenchSession): Promise<TransactionReceipt> {
    await provider.request({ method: "hardhat_setBalance", params: [session.driver.address, "0xde0b6b3a7640000"] });
    return receiptOf(settlement.connect(session.driver.connect(ethers.provider)).open(session.terms));
  }

  async function expire(session: BenchSession): Promise<TransactionReceipt> {
    await provider.request({ method: "evm_increaseTime", params: [SESSION_SECONDS + 1] });
    return receiptOf(settlement.expire(session.terms));
  }

  return {
    planSessions,
    openBatch,
    settleBatch,
    installMeters,
    settleWithMeter,
    openOwn,
    expire,
    deposit: (driver: HDNodeWallet) => receiptOf(settlement.deposit(driver, 0, UNIT)),
    withdraw: (driver: HDNodeWallet) =>
      receiptOf(settlement.connect(driver.connect(ethers.provider)).withdraw(0, UNIT, operator)),
    withdrawCredit: () => receiptOf(settlement.withdrawCredit(UNIT, operator)),
  };
}

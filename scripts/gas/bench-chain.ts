import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/types";
import type { HDNodeWallet, TransactionReceipt, TransactionResponse, TypedDataDomain } from "ethers";
import {
  getCreateAddress,
  HDNodeWallet as Wallet,
  Signature,
  solidityPackedKeccak256,
  toBeHex,
  TypedDataEncoder,
  ZeroHash,
} from "ethers";
import { network } from "hardhat";

import { idTagOf } from "../../services/domain/id-tag.ts";
import { openEnvelope } from "../../services/verify/ocmf/envelope.ts";
import { defaultRules, deployContractSet, type SettlementRules } from "../deploy/contract-set.ts";
import { demoMeterKey } from "../simulator/demo-key.ts";
import { createSimulatedMeter, type SimulatedMeter } from "../simulator/meter.ts";

const UNIT = 10n ** 6n;
const HOLD_MICRO = 30n * UNIT;
const AGREEMENT = 1n;
const MAXIMUM_POWER_W = 22_000n;
const SESSION_SECONDS = 24n * 3600n;
const UINT40_MAX = 2n ** 40n - 1n;
const UINT256_MAX = 2n ** 256n - 1n;
/** The contracts' number for the curve. */
const CURVE_SECP256R1 = 1;

const sessionTermsTypes = {
  SessionTerms: [
    { name: "driver", type: "address" },
    { name: "lane", type: "uint32" },
    { name: "nonce", type: "uint32" },
    { name: "operator", type: "address" },
    { name: "agreement", type: "uint32" },
    { name: "evse", type: "uint32" },
    { name: "meter", type: "uint32" },
    { name: "maximumPowerW", type: "uint24" },
    { name: "tariffId", type: "bytes32" },
    { name: "holdMicro", type: "uint64" },
    { name: "expiresAt", type: "uint40" },
  ],
};

const settlementBatchTypes = {
  SettlementBatch: [
    { name: "claims", type: "bytes32" },
    { name: "count", type: "uint256" },
  ],
};

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
  readonly terms: {
    readonly driver: string;
    readonly lane: bigint;
    readonly nonce: bigint;
    readonly operator: string;
    readonly agreement: bigint;
    readonly evse: bigint;
    readonly meter: bigint;
    readonly maximumPowerW: bigint;
    readonly tariffId: string;
    readonly holdMicro: bigint;
    readonly expiresAt: bigint;
  };
  readonly packedTerms: bigint;
}

/** A ring of one batch, so that its slot is in use after the first; each batch then waits for the window of the last. */
const rules: SettlementRules = { ...defaultRules, challengeRingSize: 1 };

/** What a contract gets of a record: the signed bytes and the signature. */
function signedRecordOf(meter: SimulatedMeter, record: string): { payload: Uint8Array; r: string; s: string } {
  const envelope = openEnvelope(Buffer.from(record), meter.key.publicKeySpkiHex);
  if (envelope.verdict !== "opened") throw new Error(envelope.detail);
  const { payload, signature } = envelope;
  return { payload, r: toBeHex(signature.r, 32), s: toBeHex(signature.s, 32) };
}

/** A fresh chain with the contracts, funded drivers, and one call for each entry point that is measured. */
export async function createBenchChain(driverCount: number) {
  const { ethers, provider } = await network.create();
  const accounts = await ethers.getSigners();
  const operator = accountAt(0);

  const erc20 = await ethers.deployContract("DemoToken");
  const oracles = [accountAt(1), accountAt(2)].toSorted((left, right) => (left.address < right.address ? -1 : 1));
  const partners = [accountAt(3), accountAt(4), accountAt(5)];
  const contracts = await deployContractSet(
    await erc20.getAddress(),
    {
      owner: operator.address,
      guardian: operator.address,
      oracles: oracles.map(({ address }) => address),
      threshold: oracles.length,
    },
    rules,
    async (name, parameters) => (await ethers.deployContract(name, [...parameters])).getAddress(),
    async (ahead) => getCreateAddress({ from: operator.address, nonce: (await operator.getNonce()) + ahead }),
  );
  const tariffRegistry = await ethers.getContractAt("TariffRegistry", contracts.TariffRegistry);
  const partnerAgreements = await ethers.getContractAt("PartnerAgreements", contracts.PartnerAgreements);
  const meterRegistry = await ethers.getContractAt("MeterRegistry", contracts.MeterRegistry);
  const meterSettlement = await ethers.getContractAt("MeterSettlement", contracts.MeterSettlement);
  const settlement = await ethers.getContractAt("ChargingSettlement", contracts.ChargingSettlement);
  const domain: TypedDataDomain = {
    name: "Wattproof Charging Settlement",
    version: "1",
    chainId: (await ethers.provider.getNetwork()).chainId,
    verifyingContract: contracts.ChargingSettlement,
  };
  // The operator keeps what three partners do not get: a split of four.
  await partnerAgreements.propose(partners.map(({ address }) => ({ partner: address, shareBps: 1_000 })));
  for (const partner of partners) await partnerAgreements.connect(partner).sign(AGREEMENT);
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
      const record = signedRecordOf(meter, meter.possessionRecord(await meterRegistry.possessionTagOf(number), 0));
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
    const proofs = await Promise.all(
      sessions.map(async ({ terms }, index) => {
        const meter = meters[index];
        if (meter === undefined) throw new Error(`there is no meter for session ${index}`);
        const beginSeconds = Number(terms.expiresAt - SESSION_SECONDS);
        const record = meter.record({
          idTag: idTagOf(await settlement.sessionIdOf(terms)),
          energyMicroWh: 23_456_700_000n,
          beginSeconds,
          endSeconds: beginSeconds + 3_600,
        });
        return { terms, toppedUpMicro: 0n, tariff, records: [signedRecordOf(meter, record)] };
      }),
    );
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
            agreement: AGREEMENT,
            evse,
            meter,
            maximumPowerW: MAXIMUM_POWER_W,
            tariffId,
            holdMicro: HOLD_MICRO,
            expiresAt,
          },
          packedTerms:
            (MAXIMUM_POWER_W << 232n) |
            (nonce << 168n) |
            (evse << 136n) |
            (meter << 104n) |
            (HOLD_MICRO << 40n) |
            expiresAt,
        };
      }),
    );
  }

  async function openBatch(sessions: readonly BenchSession[]): Promise<TransactionReceipt> {
    const openings = await Promise.all(
      sessions.map(async ({ driver, terms, packedTerms }) => {
        const signature = Signature.from(await driver.signTypedData(domain, sessionTermsTypes, terms));
        return { driver, terms: packedTerms, r: signature.r, vs: signature.yParityAndS };
      }),
    );
    const receipt = await receiptOf(settlement.openBatch([{ operator, agreement: AGREEMENT, tariffId, openings }]));
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
    await provider.request({ method: "evm_increaseTime", params: [rules.challengeWindowSeconds + 1] });
    const signatures = await quorumOver(
      sessions,
      settlements.map(({ metering }) => metering),
    );
    const receipt = await receiptOf(
      settlement.settleBatch([{ operator, agreement: AGREEMENT, tariff, settlements }], signatures),
    );
    return requireEvents(receipt, "SessionSettled", sessions.length);
  }

  /** The signatures of all oracles over the claims of a batch. */
  async function quorumOver(sessions: readonly BenchSession[], meterings: readonly bigint[]) {
    const claims = sessions.reduce(
      (previous, { terms }, index) =>
        solidityPackedKeccak256(
          ["bytes32", "bytes32", "uint256"],
          [previous, TypedDataEncoder.hash(domain, sessionTermsTypes, terms), meterings[index]],
        ),
      ZeroHash,
    );
    return Promise.all(
      oracles.map(async (oracle) => {
        const signature = Signature.from(
          await oracle.signTypedData(domain, settlementBatchTypes, { claims, count: sessions.length }),
        );
        return { r: signature.r, vs: signature.yParityAndS };
      }),
    );
  }

  async function openOwn(session: BenchSession): Promise<TransactionReceipt> {
    await provider.request({ method: "hardhat_setBalance", params: [session.driver.address, "0xde0b6b3a7640000"] });
    return receiptOf(settlement.connect(session.driver.connect(ethers.provider)).open(session.terms));
  }

  async function expire(session: BenchSession): Promise<TransactionReceipt> {
    await provider.request({ method: "evm_increaseTime", params: [Number(SESSION_SECONDS) + 1] });
    return receiptOf(settlement.expire(session.terms, 0n));
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
    /** Lets provisional credit become final. */
    passEpochs: () => provider.request({ method: "evm_increaseTime", params: [2 * rules.epochSeconds] }),
    withdrawCredit: () => receiptOf(settlement.withdrawCredit(operator, AGREEMENT, UNIT, operator)),
  };
}

import { dataSlice, type TransactionReceipt } from "ethers";

import { packTariff } from "../../services/domain/packed-tariff.ts";
import { idTagOf } from "../../services/domain/id-tag.ts";
import { sessionIdOf } from "../../services/domain/terms.ts";
import { demoMeterKey } from "../simulator/demo-key.ts";
import type { SimulatedCurve } from "../simulator/curves.ts";
import { createSimulatedMeter, type SimulatedMeter } from "../simulator/meter.ts";
import { type SignedRecord, signedRecordOf } from "../simulator/signed-record.ts";
import { curveNumbers } from "../verify/contract-answers.ts";
import { benchRecord } from "./bench-record.ts";
import { type BenchSession, type BenchSessions, SESSION_SECONDS } from "./bench-sessions.ts";
import { type BenchWorld, receiptOf, tariff } from "./bench-world.ts";
import { p256Key } from "./p256-key.ts";

const UINT40_MAX = 2n ** 40n - 1n;
const CHARGING_SECONDS = 3_600;
const MAXIMUM_POWER_W = 22_000;
const MAKER_KEY = 0x3a4e6n;
/** EIP-7825 allows a transaction 16.78 M gas, and a session from its meter takes more than 100,000. */
const LARGEST_METER_BATCH = 100;

export type BenchMeters = Awaited<ReturnType<typeof createBenchMeters>>;

/** A meter for each of the first `count` EVSEs, each activated by its own signature; one maker vouches for all. */
export async function createBenchMeters(world: BenchWorld, sessions: BenchSessions, count: number) {
  const { meterRegistry, meterSettlement, domain } = world;
  const meters: SimulatedMeter[] = [];
  const makerKey = p256Key(MAKER_KEY);
  const maker = await activeMaker();
  for (let number = 1; number <= count; number += 1) {
    const meter = meterWith(number);
    await meterRegistry.registerEvse(meter.evseId, MAXIMUM_POWER_W);
    await meterRegistry.registerMeter(...registrationOf(number, meter));
    const record = await possessionOf(number, meter);
    await receiptOf(meterRegistry.activateMeter(number, record.payload, record.r, record.s));
    await vouchFor(number, meter);
    meters.push(meter);
  }

  /** Registers the maker's key and waits until it vouches. */
  async function activeMaker(): Promise<number> {
    await receiptOf(
      meterRegistry.registerMaker(curveNumbers.secp256r1, ...wordsOf(makerKey.publicKey), "Bench Meters"),
    );
    await world.pass(Number(await world.oracleCommittee.changeDelaySeconds()));
    return 1;
  }

  async function vouchFor(number: number, { serial }: SimulatedMeter): Promise<void> {
    const statement = { maker, calibrationExpiresAt: UINT40_MAX, meterType: "B1", serialNumber: serial };
    const signature = makerKey.sign(await meterRegistry.vouchingDigestOf(number, statement));
    await receiptOf(meterRegistry.vouchForMeter(number, statement, ...wordsOf(signature)));
  }

  /** From now on no maker vouches for any of the meters. */
  async function revokeMaker(): Promise<void> {
    await receiptOf(meterRegistry.revokeMaker(maker));
  }

  function meterWith(number: number, curve: SimulatedCurve = "secp256r1"): SimulatedMeter {
    return createSimulatedMeter({
      key: demoMeterKey(curve, `bench ${number.toString()}`),
      serial: `17${number.toString().padStart(6, "0")}`,
      evseId: `CH*WPF*E${number.toString()}`,
    });
  }

  function registrationOf(evse: number, meter: SimulatedMeter) {
    return [evse, curveNumbers[meter.key.curve], meter.key.publicKeyPoint, 0, UINT40_MAX, UINT40_MAX] as const;
  }

  async function possessionOf(number: number, meter: SimulatedMeter): Promise<SignedRecord> {
    return signedRecordOf(Buffer.from(meter.possessionRecord(await meterRegistry.possessionTagOf(number), 0)));
  }

  /** What the meter of a session's EVSE signs of it; `more` is energy that it did not deliver, in whole kWh. */
  async function recordOf(session: BenchSession, more = 0): Promise<SignedRecord> {
    const { terms } = session;
    const meter = meters[terms.meter - 1];
    if (meter === undefined) throw new Error(`there is no meter ${terms.meter.toString()}`);
    const beginSeconds = terms.expiresAt - SESSION_SECONDS;
    // Each meter goes on from its last record: five digits of pagination and of kilowatt-hours, as most have.
    const number = 10_000 + 2 * terms.nonce;
    const record = benchRecord(meter, {
      idTag: idTagOf(sessionIdOf(terms, domain), await sessions.openingOf(session)),
      pagination: number,
      beginKwh: `${number.toString()}.1270`,
      endKwh: `${(number + 1 + more).toString()}.5837`,
      beginSeconds,
      endSeconds: beginSeconds + CHARGING_SECONDS,
    });
    return signedRecordOf(Buffer.from(record));
  }

  async function proofOf(session: BenchSession) {
    const opening = await sessions.openingOf(session);
    const records = [await recordOf(session)];
    return { terms: session.terms, opening, toppedUpMicro: 0n, tariff: packTariff(tariff), records };
  }

  async function settleWithMeter(session: BenchSession): Promise<TransactionReceipt> {
    await world.pass(CHARGING_SECONDS);
    const receipt = await receiptOf(meterSettlement.settleWithMeter(await proofOf(session)));
    return sessions.requireEvents(receipt, "SessionSettled", 1);
  }

  /** In as many transactions as it takes. */
  async function settleBatchWithMeter(all: readonly BenchSession[]): Promise<TransactionReceipt[]> {
    const receipts: TransactionReceipt[] = [];
    await world.pass(CHARGING_SECONDS);
    for (let start = 0; start < all.length; start += LARGEST_METER_BATCH) {
      const some = all.slice(start, start + LARGEST_METER_BATCH);
      const receipt = await receiptOf(meterSettlement.settleBatchWithMeter(await Promise.all(some.map(proofOf))));
      receipts.push(sessions.requireEvents(receipt, "SessionSettled", some.length));
    }
    return receipts;
  }

  return { meterWith, registrationOf, possessionOf, recordOf, settleWithMeter, settleBatchWithMeter, revokeMaker };
}

/** Two words of 32 bytes. */
function wordsOf(pair: string): [string, string] {
  return [dataSlice(pair, 0, 32), dataSlice(pair, 32)];
}

import { expect } from "chai";
import type { Interface, TransactionResponse } from "ethers";

import { defaultRules, type SettlementRules } from "../../scripts/deploy/contract-set.ts";
import { tagOf } from "../../services/domain/id-tag.ts";
import type { OcmfScanner } from "../../types/index.ts";
import { ethers, networkHelpers } from "./chain.ts";
import { activeMeter, MAXIMUM_POWER_W, type RegistryFixture } from "./meter-registry-fixture.ts";
import { signedQuery } from "./ocmf-chain.ts";
import { beginReading, bytesOf, endReading, payloadText, type RawMembers, testKey, type TestKey } from "./ocmf.ts";
import { eventsOf, outcomeOf, type Outcome, type PlainEvent } from "./outcome.ts";
import {
  commitmentOf,
  type LiveTerms,
  type Metering,
  type Opening,
  openingOf,
  settlementResultOf,
  tagDigestOf,
  type Terms,
} from "./session-terms.ts";
import {
  fundedUnder,
  HOUR,
  openedAs,
  sessionIn,
  type SettlementFixture,
  TARIFF,
  type TariffFields,
  termsOf,
} from "./settlement-fixture.ts";

/** What the usual record says, 100.000 to 112.345 kWh in an hour and a half. */
export const RECORDED: Metering = { energyMicroWh: 12_345_000_000n, chargingSeconds: 5_400n, connectedSeconds: 5_400n };
/** By hand: 0.50 flat + 12.345 × 0.45 = 5.55525 + 90 × 0.02 = 1.80, so 7.85525 net; 8.1 % tax 0.636275. */
export const RECORDED_PRICE = 8_491_525n;
/** The register at the end of the usual record, in 10⁻⁶ Wh. */
export const RECORDED_END = 112_345_000_000n;

export interface SignedRecord {
  readonly payload: Uint8Array;
  readonly r: string;
  readonly s: string;
}

/** The session of which a record is shown. */
export interface Metered {
  readonly terms: Terms;
  readonly opening: Opening;
  readonly toppedUpMicro: bigint;
  readonly tariff: TariffFields;
  readonly records: readonly SignedRecord[];
}

export interface MeterSettlementFixture extends SettlementFixture {
  readonly scanner: OcmfScanner;
  /** The same contracts as the helpers of the registry take them. */
  readonly registryFixture: RegistryFixture;
  /** The driver's live session on lane 0, at EVSE 1 with meter 1 of secp256r1. */
  readonly terms: LiveTerms;
  /** The driver's live session on lane 1, at EVSE 2 with meter 2 of secp256k1. */
  readonly otherTerms: LiveTerms;
}

/** Two live sessions at two EVSEs of `operator`; EVSE 3 is `otherOperator`'s. */
export async function meteredSessions(): Promise<MeterSettlementFixture> {
  return await meteredUnder(defaultRules);
}

/** The same under rules that a test chooses. */
export async function meteredUnder(rules: SettlementRules): Promise<MeterSettlementFixture> {
  const fixture = await fundedUnder(rules);
  const { meterRegistry, driver } = fixture;
  const registryFixture: RegistryFixture = {
    registry: meterRegistry,
    oracleCommittee: fixture.oracleCommittee,
    domain: {
      ...fixture.domain,
      name: "Wattproof Meter Registry",
      verifyingContract: await meterRegistry.getAddress(),
    },
    operator: fixture.operator,
    otherOperator: fixture.otherOperator,
    oracles: fixture.oracles,
    stranger: fixture.thief,
    startedAt: fixture.startedAt,
  };
  for (const evseId of ["DE*WPF*E1", "DE*WPF*E2"]) {
    await meterRegistry.connect(fixture.operator).registerEvse(evseId, MAXIMUM_POWER_W);
  }
  await meterRegistry.connect(fixture.otherOperator).registerEvse("DE*OTH*E1", MAXIMUM_POWER_W);
  await activeMeter(registryFixture, { evse: 1n });
  await activeMeter(registryFixture, { evse: 2n, key: testKey("secp256k1") });

  const terms = await openedAs(fixture, driver, termsOf(fixture, { evse: 1n, meter: 1n }));
  const otherTerms = await openedAs(fixture, driver, termsOf(fixture, { evse: 2n, meter: 2n, lane: 1n }));
  // The charge of the usual record is over by now.
  await networkHelpers.time.increase(2n * HOUR);
  return {
    ...fixture,
    scanner: await ethers.getContractAt("OcmfScanner", await meterRegistry.ocmfScanner()),
    registryFixture,
    terms,
    otherTerms,
  };
}

export interface RecordOptions {
  readonly key?: TestKey;
  /** Members of the payload; `ID` is the session's idTag unless it is here. */
  readonly header?: RawMembers;
  readonly readings?: readonly RawMembers[];
}

/** The session's idTag. */
export function tagIn(fixture: SettlementFixture, terms: Terms | LiveTerms): string {
  return tagOf(tagDigestOf(sessionIn(fixture, terms), openingOf(terms)));
}

/** A record of the session's meter. */
export function recordOf(
  fixture: SettlementFixture,
  terms: Terms | LiveTerms,
  options: RecordOptions = {},
): SignedRecord {
  const { key = testKey(terms.meter === 2n ? "secp256k1" : "secp256r1"), header, readings } = options;
  const ID = `"${tagIn(fixture, terms)}"`;
  const { payload, r, s } = signedQuery(key, bytesOf(payloadText({ ID, ...header }, readings)));
  return { payload, r, s };
}

/** The usual session in two records, T7 and T8. */
export function recordPair(
  fixture: SettlementFixture,
  terms: Terms | LiveTerms,
  begin: RecordOptions = {},
  end: RecordOptions = {},
): readonly [SignedRecord, SignedRecord] {
  return [
    recordOf(fixture, terms, { readings: [beginReading], ...begin }),
    recordOf(fixture, terms, { readings: [endReading], ...end, header: { PG: '"T8"', ...end.header } }),
  ];
}

export function meteredOf(terms: Terms | LiveTerms, ...records: readonly SignedRecord[]): Metered {
  return { terms, opening: openingOf(terms), toppedUpMicro: 0n, tariff: TARIFF, records };
}

/** What the contract takes, in arrays that may be changed. */
export function callOf({ records, ...session }: Metered) {
  return { ...session, records: [...records] };
}

export interface ProvenOutcome extends Outcome {
  /** What MeterSettlement itself emitted. */
  readonly proofs: PlainEvent[];
}

/** Does something and tells everything that came of it. */
export async function provenOutcomeOf(
  fixture: MeterSettlementFixture,
  action: () => Promise<TransactionResponse>,
): Promise<ProvenOutcome> {
  let proofs: PlainEvent[] = [];
  const outcome = await outcomeOf(fixture, async () => {
    const response = await action();
    proofs = eventsOf(await response.wait(), fixture.meterSettlement);
    return response;
  });
  const events = outcome.events.map(([name, id, ...values]) =>
    name === "SessionSettled" ? [name, id, settlementResultOf(BigInt(String(values[0])))] : [name, id, ...values],
  );
  return { ...outcome, events, proofs };
}

/** The whole outcome of one session that is settled at a price, by a meter for which a maker vouches or not. */
export function provenAt(
  fixture: MeterSettlementFixture,
  terms: LiveTerms,
  chargedMicro: bigint,
  metering: Metering,
  proof: { readonly pagination: bigint; readonly registerMicroWh: bigint },
  isVouched = false,
): ProvenOutcome {
  const sessionId = sessionIn(fixture, terms);
  const returnedMicro = terms.holdMicro - chargedMicro;
  const account = `driver/${terms.lane.toString()}`;
  return {
    events: [
      ["SessionSettled", sessionId, { ...metering, chargedMicro, returnedMicro }],
      ...(chargedMicro === 0n
        ? []
        : [["OperatorCredited", terms.operator, terms.agreement, terms.tariffId, chargedMicro, isVouched]]),
    ],
    changes: {
      [`${account} commitment`]: -commitmentOf(terms),
      ...(returnedMicro === 0n ? {} : { [`${account} free`]: returnedMicro }),
      ...(chargedMicro === 0n ? {} : { [isVouched ? "operator final" : "operator provisional"]: chargedMicro }),
    },
    proofs: [["SessionProven", sessionId, terms.meter, proof.pagination, proof.registerMicroWh]],
  };
}

/** Expects that settling these sessions, each by itself, is refused by one of the contracts. */
export async function expectRefusal(
  { meterSettlement, relayer }: MeterSettlementFixture,
  session: Metered,
  error: string,
  parameters: readonly unknown[],
  contract: { readonly interface: Interface } = meterSettlement,
): Promise<void> {
  const assertion = expect(
    meterSettlement.connect(relayer).settleWithMeter(callOf(session)),
  ).to.be.revertedWithCustomError(contract, error);
  await (parameters.length === 0 ? assertion : assertion.withArgs(...parameters));
}

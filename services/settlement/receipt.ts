import type { RegisteredMeter } from "../chain/chain.ts";
import type { Deployment } from "../chain/deployment.ts";
import type { Cdr, CdrMeter } from "../domain/cdr.ts";
import { challengesOf, paidBefore, refundedBy, totalOf, type Challenge } from "../domain/session-amounts.ts";
import type { LogPosition } from "../domain/session.ts";
import { openingOf } from "../domain/opening.ts";
import { receiptVersion } from "../domain/receipt-version.ts";
import { priceOf, type Tariff } from "../domain/tariff.ts";
import type { SignedConsent } from "../domain/unsigned-consent.ts";
import { WattproofError } from "../errors.ts";
import type { EvidenceRecord, Store } from "../store/store.ts";
import type { MeterDirectory } from "../evidence/meter-directory.ts";
import { formatDecimal } from "../domain/decimal.ts";

/** A receipt: everything that is needed to check it again without us. Numbers beyond 53 bits are decimal text. */
export type Receipt = Readonly<Record<string, unknown>>;

/**
 * Writes receipts of sessions that are settled and confirmed, whoever settled them. Where others did, with records that
 * never came here, the receipt has what the chain says and the records that did come, perhaps none.
 */
export interface ReceiptWriter {
  /** @throws SESSION_UNKNOWN, RECEIPT_NOT_READY */
  writeReceipt(sessionId: string): Promise<Receipt>;
}

export function createReceiptWriter(deps: {
  readonly store: Store;
  readonly deployment: Deployment;
  readonly meters: MeterDirectory;
}): ReceiptWriter {
  const { store, deployment, meters } = deps;

  /** The key is the one that the CDR rests on, if there is one. */
  async function meterOf(
    number: number,
    kept: CdrMeter | undefined,
  ): Promise<CdrMeter & Pick<RegisteredMeter, "provenance">> {
    const meter = await meters.readMeter(number);
    if (meter === null) throw new WattproofError("RECEIPT_NOT_READY", `The registry has no meter ${number}.`);
    const { curve, publicKey, provenance } = meter;
    return { ...(kept ?? { number, curve, publicKey }), provenance };
  }

  return {
    async writeReceipt(sessionId) {
      const session = await store.findSession(sessionId);
      if (session === null) throw new WattproofError("SESSION_UNKNOWN", "There is no session with this id.");
      const { closing, opening } = session.state;
      const cdr = await store.findCdr(sessionId);
      if (closing?.kind !== "settled") {
        throw new WattproofError("RECEIPT_NOT_READY", `The session is ${session.state.status}.`);
      }
      const tariff = await store.findTariff(session.terms.tariffId);
      if (tariff === null) throw new WattproofError("STORE_CORRUPT", "The tariff of a settled session is missing.");
      const records = await store.listRecords(sessionId);
      const { energyMicroWh, chargingSeconds, connectedSeconds } = closing;
      // The text has digits that the chain has not, but is of no use beside another energy.
      const exactWh = cdr?.energyMicroWh === energyMicroWh ? cdr.energyWh : null;

      return {
        version: receiptVersion,
        chainId: deployment.chainId,
        contracts: deployment.contracts,
        sessionId,
        idTag: session.idTag,
        terms: asText(session.terms),
        tariff: tariffView(tariff),
        meter: await meterOf(session.terms.meter, cdr?.meter),
        records: records.map(recordView),
        energyWh: exactWh ?? formatDecimal({ unscaled: energyMicroWh, scale: 6 }),
        energyMicroWh: energyMicroWh.toString(),
        chargingSeconds,
        connectedSeconds,
        price: asText(priceOf(tariff, energyMicroWh, chargingSeconds, connectedSeconds)),
        holdMicro: session.terms.holdMicro.toString(),
        toppedUpMicro: totalOf(session.state.topUps).toString(),
        chargedMicro: closing.chargedMicro.toString(),
        returnedMicro: closing.returnedMicro.toString(),
        transaction: {
          hash: closing.position.txHash,
          blockNumber: closing.position.blockNumber,
          blockHash: closing.position.blockHash,
          logIndex: closing.position.logIndex,
        },
        isReadable: closing.isReadable,
        challenges: challengesOf(session.state.challenge).map(challengeView),
        refundedMicro: (session.state.challenge === null ? 0n : refundedBy(session.state.challenge)).toString(),
        opening: { ...placeOf(opening), ...openingOf(opening) },
        evidence: cdr === null ? null : evidenceView(cdr, await store.findConsent(sessionId)),
        isBoundToSession: cdr?.isBoundToSession ?? records.every((record) => record.isBoundToSession),
      };
    },
  };
}

function tariffView({ energyBands, chargesWithoutEnergy, ...plain }: Tariff): Readonly<Record<string, unknown>> {
  return { ...asText(plain), energyBands: energyBands.map(asText), chargesWithoutEnergy };
}

/** What the energy rests on, and what the driver agreed to where nobody signed it. */
function evidenceView({ evidence }: Cdr, consent: SignedConsent | null): Readonly<Record<string, unknown>> {
  const isShown = consent !== null && evidence.grade === "plausible-unsigned";
  const agreed = isShown ? { capMicro: consent.capMicro.toString(), signature: consent.signature } : null;
  return { grade: evidence.grade, reasons: evidence.reasons, flags: evidence.flags, consent: agreed };
}

/** What a challenge put right, and where the chain says so. */
function challengeView(challenge: Challenge): Readonly<Record<string, unknown>> {
  const { position, challenger, provenMicro } = challenge;
  return {
    ...placeOf(position),
    challenger,
    paidMicro: paidBefore(challenge).toString(),
    provenMicro: provenMicro.toString(),
  };
}

function placeOf({ txHash, blockNumber, logIndex }: LogPosition): Readonly<Record<string, string | number>> {
  return { hash: txHash, blockNumber, logIndex };
}

/** A record as text where its bytes are UTF-8, else as base64: either way the bytes can be had back exactly. */
function recordView(record: EvidenceRecord): Readonly<Record<string, string>> {
  const bytes = Buffer.from(record.record);
  const text = bytes.toString("utf8");
  const isText = Buffer.from(text, "utf8").equals(bytes);
  return { ...(isText ? { text } : { base64: bytes.toString("base64") }), sha256: record.payloadSha256 };
}

function asText(value: object): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, String(member)]));
}

/**
 * The receipts room: what checks a receipt without the service that wrote it. In come a receipt of whatever origin and a
 * way to ask a chain; out comes one check for each statement of the receipt. It imports nothing of the service but rules
 * (`domain/`), the reading of signed records and the list of contracts, so that the page, the command `verify:receipt` and
 * anybody else can run it. Receipts are written by `settlement/receipt.ts`.
 */
import { z } from "zod";

import { idTagOf, isSameIdTag } from "../domain/id-tag.ts";
import { tariffIdOf } from "../domain/packed-tariff.ts";
import { receiptVersion } from "../domain/receipt-version.ts";
import { priceOf } from "../domain/tariff.ts";
import { sessionIdOf } from "../domain/terms.ts";
import { formatDecimal, toMicroWh } from "../domain/decimal.ts";
import type { BillingReading, OcmfVerifier, PublicKey, VerifiedRecord } from "../evidence/formats/ocmf/types.ts";
import { check, type ReceiptCheck } from "./receipt-check.ts";
import { readChainId, type ReceiptChain } from "./receipt-chain.ts";
import { checkEvidence, isUnsigned } from "./receipt-evidence.ts";
import {
  checkBounds,
  checkContracts,
  checkChallenges,
  checkMeter,
  checkOpening,
  checkProof,
  checkSettlement,
  readSettledAt,
} from "./receipt-on-chain.ts";
import { receiptSchema, type ParsedReceipt } from "./receipt-schema.ts";

/** Everything that was checked, in order. The receipt is good if nothing fails. */
export interface ReceiptVerdict {
  readonly isGood: boolean;
  readonly sessionId: string | null;
  readonly checks: readonly ReceiptCheck[];
}

const versionSchema = z.object({ version: z.number() });
const provenTimes: ReadonlySet<string> = new Set(["S", "R", "I"]);

/**
 * Checks a receipt from its content and a chain alone: that the terms are those of the session, that the meter signed
 * the records for it, that the price follows from them at the agreed tariff, and that the chain did what it says.
 *
 * Warning: the addresses of the contracts are those that the receipt names. Compare them with those you know.
 *
 * @param deps.verifier Checks the meter's signatures.
 * @returns Never throws because of the receipt; what the chain's endpoint throws is passed on.
 */
export async function verifyReceipt(
  content: unknown,
  deps: { readonly chain: ReceiptChain; readonly verifier: OcmfVerifier },
): Promise<ReceiptVerdict> {
  const parsed = receiptSchema.safeParse(content);
  if (!parsed.success) {
    return verdictOf(null, [{ name: "form", outcome: "fails", detail: faultOf(content, parsed.error) }]);
  }
  const receipt = parsed.data;
  const chainId = await readChainId(deps.chain);
  const isItsChain = chainId === receipt.chainId;
  const settledAt = isItsChain ? await readSettledAt(receipt, deps.chain) : null;
  const records = checkRecords(receipt, deps.verifier, settledAt);
  const checks = [
    check("form", true, `version ${receipt.version}`),
    ...checkTerms(receipt),
    ...records.checks,
    ...checkPrice(receipt),
  ];
  checks.push(check("chain", isItsChain, `chain ${chainId}, receipt ${receipt.chainId}`));
  if (isItsChain) {
    checks.push(
      ...(await checkContracts(receipt, deps.chain)),
      ...(await checkOpening(receipt, deps.chain)),
      ...(await checkMeter(receipt, deps.chain)),
      ...(await checkSettlement(receipt, deps.chain)),
      checkBounds(receipt, settledAt),
      ...(await checkChallenges(receipt, deps.chain)),
      ...(await checkEvidence(receipt, deps.chain)),
    );
  }
  if (!records.areComplete && !isUnsigned(receipt)) {
    checks.push(await checkProof(receipt, deps.chain));
  }

  return verdictOf(receipt.sessionId, checks);
}

/** Why a receipt does not have the right form. */
function faultOf(content: unknown, error: z.ZodError): string {
  const stated = versionSchema.safeParse(content);
  if (stated.success && stated.data.version < receiptVersion) {
    return `version ${stated.data.version} is of contracts that did not tell when a session opened; only version ${receiptVersion} can be checked`;
  }
  const [issue] = error.issues;

  return `${issue?.path.join(".") ?? ""}: ${issue?.message ?? "unreadable"}`;
}

function verdictOf(sessionId: string | null, checks: readonly ReceiptCheck[]): ReceiptVerdict {
  return { isGood: checks.every(({ outcome }) => outcome !== "fails"), sessionId, checks };
}

function checkTerms(receipt: ParsedReceipt): ReceiptCheck[] {
  const { terms, chainId, contracts, sessionId, idTag, tariff } = receipt;
  const expectedId = sessionIdOf(terms, { chainId, verifyingContract: contracts.chargingSettlement });
  const expectedTag = idTagOf(sessionId, receipt.opening);
  const tariffId = tariffIdOf(tariff);

  return [
    check("session id", expectedId === sessionId, `${sessionId} is the digest of the terms`),
    check("idTag", expectedTag === idTag, `${idTag} follows from session id, opening time and salt`),
    check("tariff", tariffId === terms.tariffId, `its content has the id ${tariffId}`),
    check("hold", receipt.holdMicro === terms.holdMicro, `${terms.holdMicro.toString()} in the terms`),
    check("meter number", receipt.meter.number === terms.meter, `meter ${terms.meter} in the terms`),
  ];
}

/** `areComplete` is false where good records do not prove begin and end, and the contract may have seen others. */
function checkRecords(
  receipt: ParsedReceipt,
  verifier: OcmfVerifier,
  settledAt: number | null,
): { readonly checks: ReceiptCheck[]; readonly areComplete: boolean } {
  const key = publicKeyOf(receipt.meter);
  const verdicts = receipt.records.map(({ bytes }) => verifier.verifyRecord(bytes, key));
  const checks: ReceiptCheck[] = [];
  const accepted: VerifiedRecord[] = [];
  for (const [index, verdict] of verdicts.entries()) {
    const name = `record ${index + 1}`;
    if (verdict.verdict !== "accepted") {
      checks.push(check(`${name}: signature and content`, false, verdict.reason));
      continue;
    }
    accepted.push(verdict);
    const { payloadSha256, pagination, identification } = verdict;
    const isSame = payloadSha256 === receipt.records[index]?.sha256;
    checks.push(
      check(`${name}: signature and content`, true, `${pagination.context}${pagination.number.toString()}`),
      check(`${name}: sha256`, isSame, payloadSha256),
      checkBinding(name, identification, receipt),
    );
  }
  const areGood = accepted.length === verdicts.length;
  const readings = areGood && !isUnsigned(receipt) ? readingsOf(receipt, accepted, verifier, key) : null;
  if (readings !== null) {
    checks.push(...checkMetering(receipt, readings, settledAt));
  }

  return { checks, areComplete: !areGood || readings !== null };
}

/** The meter itself signed which session its energy belongs to, by the tag in `ID`. */
function checkBinding(name: string, identification: string | null, receipt: ParsedReceipt): ReceiptCheck {
  const isBound = identification !== null && isSameIdTag(identification, receipt.idTag);
  if (!isBound && !receipt.isBoundToSession) {
    return {
      name: `${name}: idTag`,
      outcome: "warning",
      detail: "the meter did not sign which session this is; it was assigned by the station",
    };
  }

  return check(`${name}: idTag`, isBound, `ID is ${JSON.stringify(identification)}`);
}

function checkMetering(
  receipt: ParsedReceipt,
  { begin, end }: { readonly begin: BillingReading; readonly end: BillingReading },
  settledAt: number | null,
): ReceiptCheck[] {
  const difference = toMicroWh(end.registerWh, "down") - toMicroWh(begin.registerWh, "up");
  const energyMicroWh = difference > 0n ? difference : 0n;
  const scale = Math.max(begin.registerWh.scale, end.registerWh.scale);
  const unscaled =
    end.registerWh.unscaled * 10n ** BigInt(scale - end.registerWh.scale) -
    begin.registerWh.unscaled * 10n ** BigInt(scale - begin.registerWh.scale);
  const energyWh = formatDecimal({ unscaled, scale });
  const isTimed = [begin, end].every(({ time }) => !time.hasTimeError && provenTimes.has(time.synchronisation));
  const signedSeconds = isTimed ? Math.max(0, Math.floor((end.time.epochMs - begin.time.epochMs) / 1000)) : 0;
  // The contract leaves times out that are longer than the session was open.
  const isBeyond = settledAt !== null && signedSeconds > settledAt - receipt.opening.openedAt;
  const seconds = isBeyond ? 0 : signedSeconds;
  const challenge = receipt.challenges.at(-1);
  // The records contradict what was settled where they give what a challenge has proven.
  if (challenge !== undefined && energyMicroWh !== receipt.energyMicroWh) {
    const { grossMicro } = priceOf(receipt.tariff, energyMicroWh, seconds, seconds);
    const heldMicro = receipt.holdMicro + receipt.toppedUpMicro;
    const provenMicro = grossMicro < heldMicro ? grossMicro : heldMicro;

    return [
      check(
        "proven price",
        provenMicro === challenge.provenMicro,
        `${provenMicro.toString()} for ${energyWh} Wh that the meter signed`,
      ),
    ];
  }

  return [
    check("energy", energyMicroWh === receipt.energyMicroWh, `${energyMicroWh.toString()} × 10⁻⁶ Wh`),
    check("energy as text", energyWh === receipt.energyWh, `${energyWh} Wh`),
    check("charging time", seconds === receipt.chargingSeconds, `${seconds} s that the meter vouches for`),
    check("connected time", seconds === receipt.connectedSeconds, `${seconds} s, as long as it charged`),
  ];
}

/** Begin and end of the session: in one record that covers it, or in several that follow each other. */
function readingsOf(
  receipt: ParsedReceipt,
  records: readonly VerifiedRecord[],
  verifier: OcmfVerifier,
  key: PublicKey,
): { readonly begin: BillingReading; readonly end: BillingReading } | null {
  for (const { begin, end } of records) {
    if (begin !== null && end !== null) {
      return { begin, end };
    }
  }
  if (records.length === 0) {
    return null;
  }
  const session = verifier.verifySession(receipt.records.map(({ bytes }) => ({ record: bytes, publicKey: key })));

  return session.verdict === "accepted" ? session : null;
}

function checkPrice(receipt: ParsedReceipt): ReceiptCheck[] {
  const { tariff, energyMicroWh, chargingSeconds, connectedSeconds, chargedMicro, returnedMicro } = receipt;
  const heldMicro = receipt.holdMicro + receipt.toppedUpMicro;
  const price = priceOf(tariff, energyMicroWh, chargingSeconds, connectedSeconds);
  const components = Object.entries(price);
  const stated = new Map<string, bigint>(Object.entries(receipt.price));
  const isSame = components.every(([name, value]) => stated.get(name) === value);
  const expected = price.grossMicro < heldMicro ? price.grossMicro : heldMicro;

  return [
    check("price", isSame, components.map(([name, value]) => `${name} ${String(value)}`).join(", ")),
    check("charged", expected === chargedMicro, `${expected.toString()}: the price, at most what was held`),
    check("returned", heldMicro - expected === returnedMicro, `${(heldMicro - expected).toString()}: the rest`),
  ];
}

function publicKeyOf(meter: ParsedReceipt["meter"]): PublicKey {
  const digits = meter.publicKey.slice(2);
  const half = digits.length / 2;

  return { curve: meter.curve, x: BigInt(`0x${digits.slice(0, half)}`), y: BigInt(`0x${digits.slice(half)}`) };
}

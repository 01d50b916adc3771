import { z } from "zod";

import { idTagOf, isSameIdTag } from "../domain/id-tag.ts";
import { priceOf, tariffIdOf } from "../domain/tariff.ts";
import { packTerms, sessionIdOf } from "../domain/terms.ts";
import { formatDecimal, toMicroWh } from "../domain/decimal.ts";
import type { BillingReading, OcmfVerifier, PublicKey, VerifiedRecord } from "../verify/ocmf/types.ts";
import {
  readBlock,
  readChainId,
  readTransaction,
  readView,
  receiptInterface,
  type ChainLog,
  type ReceiptChain,
} from "./receipt-chain.ts";
import { receiptSchema, type ParsedReceipt } from "./receipt-schema.ts";

/** One thing that was checked. */
export interface ReceiptCheck {
  readonly name: string;
  /** `warning`: true as the receipt says it, and still something its holder should know. */
  readonly outcome: "holds" | "fails" | "warning";
  readonly detail: string;
}

/** Everything that was checked, in order. The receipt is good if nothing fails. */
export interface ReceiptVerdict {
  readonly isGood: boolean;
  readonly sessionId: string | null;
  readonly checks: readonly ReceiptCheck[];
}

/** In the order of the meter registry's enum. */
const registryCurves = [
  null,
  "secp256r1",
  "secp256k1",
  "secp192r1",
  "secp192k1",
  "brainpoolP256r1",
  "secp384r1",
  "brainpoolP384r1",
] as const;
const provenTimes: ReadonlySet<string> = new Set(["S", "R", "I"]);

const meterSchema = z.object({ evse: z.bigint(), curve: z.bigint(), publicKey: z.string() });
const evseSchema = z.object({ operator: z.string() });

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
    const [issue] = parsed.error.issues;
    const detail = `${issue?.path.join(".") ?? ""}: ${issue?.message ?? "unreadable"}`;

    return verdictOf(null, [{ name: "form", outcome: "fails", detail }]);
  }
  const receipt = parsed.data;
  const records = checkRecords(receipt, deps.verifier);
  const checks = [check("form", true, "version 1"), ...checkTerms(receipt), ...records.checks, ...checkPrice(receipt)];
  const chainId = await readChainId(deps.chain);
  checks.push(check("chain", chainId === receipt.chainId, `chain ${chainId}, receipt ${receipt.chainId}`));
  if (chainId === receipt.chainId) {
    checks.push(
      ...(await checkContracts(receipt, deps.chain)),
      ...(await checkOpening(receipt, deps.chain)),
      ...(await checkMeter(receipt, deps.chain)),
      ...(await checkSettlement(receipt, deps.chain)),
    );
  }
  if (!records.areComplete) {
    checks.push(await checkProof(receipt, deps.chain));
  }

  return verdictOf(receipt.sessionId, checks);
}

function verdictOf(sessionId: string | null, checks: readonly ReceiptCheck[]): ReceiptVerdict {
  return { isGood: checks.every(({ outcome }) => outcome !== "fails"), sessionId, checks };
}

function check(name: string, holds: boolean, detail: string): ReceiptCheck {
  return { name, outcome: holds ? "holds" : "fails", detail };
}

/* WITHOUT THE CHAIN */

function checkTerms(receipt: ParsedReceipt): ReceiptCheck[] {
  const { terms, chainId, contracts, sessionId, idTag, tariff } = receipt;
  const expectedId = sessionIdOf(terms, { chainId, verifyingContract: contracts.chargingSettlement });
  const expectedTag = idTagOf(sessionId);
  const tariffId = tariffIdOf(tariff);

  return [
    check("session id", expectedId === sessionId, `${sessionId} is the digest of the terms`),
    check("idTag", expectedTag === idTag, `${idTag} is the beginning of the session id`),
    check("tariff", tariffId === terms.tariffId, `its content has the id ${tariffId}`),
    check("hold", receipt.holdMicro === terms.holdMicro, `${terms.holdMicro.toString()} in the terms`),
    check("meter number", receipt.meter.number === terms.meter, `meter ${terms.meter} in the terms`),
  ];
}

/** `areComplete` is false where good records do not prove begin and end, and the contract may have seen others. */
function checkRecords(
  receipt: ParsedReceipt,
  verifier: OcmfVerifier,
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
  const readings = areGood ? readingsOf(receipt, accepted, verifier, key) : null;
  if (readings !== null) {
    checks.push(...checkMetering(receipt, readings));
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
): ReceiptCheck[] {
  const difference = toMicroWh(end.registerWh, "down") - toMicroWh(begin.registerWh, "up");
  const energyMicroWh = difference > 0n ? difference : 0n;
  const scale = Math.max(begin.registerWh.scale, end.registerWh.scale);
  const unscaled =
    end.registerWh.unscaled * 10n ** BigInt(scale - end.registerWh.scale) -
    begin.registerWh.unscaled * 10n ** BigInt(scale - begin.registerWh.scale);
  const energyWh = formatDecimal({ unscaled, scale });
  const isTimed = [begin, end].every(({ time }) => !time.hasTimeError && provenTimes.has(time.synchronisation));
  const seconds = isTimed ? Math.max(0, Math.floor((end.time.epochMs - begin.time.epochMs) / 1000)) : 0;

  return [
    check("energy", energyMicroWh === receipt.energyMicroWh, `${energyMicroWh.toString()} × 10⁻⁶ Wh`),
    check("energy as text", energyWh === receipt.energyWh, `${energyWh} Wh`),
    check("charging time", seconds === receipt.chargingSeconds, `${seconds} s that the meter vouches for`),
    check("idle time", receipt.idleSeconds === 0, "no record proves idling"),
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
  const { tariff, energyMicroWh, chargingSeconds, idleSeconds, holdMicro, chargedMicro, returnedMicro } = receipt;
  const price = priceOf(tariff, energyMicroWh, chargingSeconds, idleSeconds);
  const components = Object.entries(price);
  const stated = new Map<string, bigint>(Object.entries(receipt.price));
  const isSame = components.every(([name, value]) => stated.get(name) === value);
  const expected = price.grossMicro < holdMicro ? price.grossMicro : holdMicro;

  return [
    check("price", isSame, components.map(([name, value]) => `${name} ${String(value)}`).join(", ")),
    check("charged", expected === chargedMicro, `${expected.toString()}: the price, at most the hold`),
    check("returned", holdMicro - expected === returnedMicro, `${(holdMicro - expected).toString()}: the rest`),
  ];
}

function publicKeyOf(meter: ParsedReceipt["meter"]): PublicKey {
  const digits = meter.publicKey.slice(2);
  const half = digits.length / 2;

  return { curve: meter.curve, x: BigInt(`0x${digits.slice(0, half)}`), y: BigInt(`0x${digits.slice(half)}`) };
}

/* ON THE CHAIN */

/** The settlement says itself which token, tariffs and oracles it goes by, and the meters' registry which oracles. */
async function checkContracts({ contracts }: ParsedReceipt, chain: ReceiptChain): Promise<ReceiptCheck[]> {
  const links = [
    ["chargingSettlement", "erc20"],
    ["chargingSettlement", "tariffRegistry"],
    ["chargingSettlement", "oracleSet"],
    ["meterRegistry", "oracleSet"],
  ] as const;
  const checks: ReceiptCheck[] = [];
  for (const [contract, name] of links) {
    const actual = await readView(chain, contracts[contract], name, []);
    checks.push(check(`contract ${contract}: ${name}`, isSameHex(actual, contracts[name]), String(actual)));
  }

  return checks;
}

async function checkOpening(receipt: ParsedReceipt, chain: ReceiptChain): Promise<ReceiptCheck[]> {
  const { opening, sessionId, terms, contracts } = receipt;
  const transaction = await readTransaction(chain, opening.hash);
  const log = transaction?.logs.find(({ logIndex }) => logIndex === opening.logIndex);
  const { driver, operator, tariffId } = terms;
  const expected = receiptInterface.encodeEventLog("SessionOpened", [
    sessionId,
    driver,
    operator,
    tariffId,
    packTerms(terms),
  ]);

  return [
    check("opening: block", transaction?.blockNumber === opening.blockNumber, `transaction ${opening.hash}`),
    check("opening: event", isLog(log, contracts.chargingSettlement, expected), "SessionOpened with these terms"),
  ];
}

async function checkSettlement(receipt: ParsedReceipt, chain: ReceiptChain): Promise<ReceiptCheck[]> {
  const { transaction: stated, sessionId, contracts } = receipt;
  const transaction = await readTransaction(chain, stated.hash);
  const log = transaction?.logs.find(({ logIndex }) => logIndex === stated.logIndex);
  const expected = receiptInterface.encodeEventLog("SessionSettled", [sessionId, packResult(receipt)]);
  const isInBlock =
    transaction?.blockNumber === stated.blockNumber && isSameHex(transaction.blockHash, stated.blockHash);

  return [
    check("settlement: block", isInBlock, `transaction ${stated.hash}`),
    check("settlement: event", isLog(log, contracts.chargingSettlement, expected), "SessionSettled with these amounts"),
  ];
}

/** The settlement's own contract read the energy from what the meter signed for this session, and says so. */
async function checkProof(receipt: ParsedReceipt, chain: ReceiptChain): Promise<ReceiptCheck> {
  const { sessionId, terms, transaction: stated, contracts } = receipt;
  const prover = await readView(chain, contracts.chargingSettlement, "meterSettlement", []);
  const transaction = await readTransaction(chain, stated.hash);
  const topics = receiptInterface.encodeFilterTopics("SessionProven", [sessionId, terms.meter]);
  const isProven =
    typeof prover === "string" &&
    transaction?.logs.some((log) => isSameHex(log.address, prover) && isSameHex(log.topics.join(), topics.join())) ===
      true;

  return isProven
    ? check("energy", true, "the contract verified the meter's records in the transaction that settled")
    : check("energy", false, "the records do not prove begin and end of one session, nor does the transaction");
}

/** The meter had this key, at this EVSE of this operator, and its records counted when the session was opened. */
async function checkMeter(receipt: ParsedReceipt, chain: ReceiptChain): Promise<ReceiptCheck[]> {
  const { terms, contracts, meter, opening } = receipt;
  const registered = meterSchema.safeParse(await readView(chain, contracts.meterRegistry, "meterOf", [terms.meter]));
  const evse = evseSchema.safeParse(await readView(chain, contracts.meterRegistry, "evseOf", [terms.evse]));
  const block = await readBlock(chain, opening.blockNumber);
  const isValid =
    block !== null &&
    (await readView(chain, contracts.meterRegistry, "isValidAt", [terms.meter, block.timestamp])) === true;
  const curve = registered.success ? registryCurves[Number(registered.data.curve)] : null;

  return [
    check(
      "meter key",
      registered.success && curve === meter.curve && isSameHex(registered.data.publicKey, meter.publicKey),
      `registered on ${String(curve)}`,
    ),
    check("meter at EVSE", registered.success && registered.data.evse === BigInt(terms.evse), `EVSE ${terms.evse}`),
    check("EVSE of operator", evse.success && isSameHex(evse.data.operator, terms.operator), terms.operator),
    check("meter valid", isValid, `at the time of block ${opening.blockNumber}`),
  ];
}

/** From the high bits to the low ones: energy (64), charging (32), idling (32), charged (64), returned (64). */
function packResult(receipt: ParsedReceipt): bigint {
  const { energyMicroWh, chargingSeconds, idleSeconds, chargedMicro, returnedMicro } = receipt;

  return (
    (energyMicroWh << 192n) |
    (BigInt(chargingSeconds) << 160n) |
    (BigInt(idleSeconds) << 128n) |
    (chargedMicro << 64n) |
    returnedMicro
  );
}

function isLog(
  log: ChainLog | undefined,
  address: string,
  expected: { readonly topics: readonly string[]; readonly data: string },
): boolean {
  return (
    log !== undefined &&
    isSameHex(log.address, address) &&
    isSameHex(log.topics.join(), expected.topics.join()) &&
    isSameHex(log.data, expected.data)
  );
}

function isSameHex(left: unknown, right: string): boolean {
  return typeof left === "string" && left.toLowerCase() === right.toLowerCase();
}

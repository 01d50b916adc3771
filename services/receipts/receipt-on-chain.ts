import { z } from "zod";

import { contractLinks } from "../contracts.ts";
import { claimWindowOf } from "../domain/claim-window.ts";
import { packSettlementResult } from "../domain/metering.ts";
import { provenanceOf, provenances } from "../domain/provenance.ts";
import { packTerms } from "../domain/terms.ts";
import { check, type ReceiptCheck } from "./receipt-check.ts";
import {
  readBlock,
  readTransaction,
  readView,
  receiptInterface,
  type ChainLog,
  type ReceiptChain,
} from "./receipt-chain.ts";
import type { ParsedReceipt } from "./receipt-schema.ts";

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
  "secp224k1",
] as const;
const groupSchema = z.object({
  operator: z.string(),
  agreement: z.bigint(),
  tariffId: z.string(),
  isReadable: z.boolean(),
  sessionIds: z.array(z.string()),
  results: z.array(z.bigint()),
});
const meterSchema = z.object({ evse: z.bigint(), curve: z.bigint(), maker: z.bigint(), publicKey: z.string() });
const makerSchema = z.object({ revokedAt: z.bigint() });
const evseSchema = z.object({ operator: z.string() });

/** The settlement says itself which contracts it goes by, and the meters' side which registry and which oracles. */
export async function checkContracts({ contracts }: ParsedReceipt, chain: ReceiptChain): Promise<ReceiptCheck[]> {
  const checks: ReceiptCheck[] = [];
  for (const [contract, name] of contractLinks) {
    const actual = await readView(chain, contracts[contract], name, []);
    checks.push(check(`contract ${contract}: ${name}`, isSameHex(actual, contracts[name]), String(actual)));
  }

  return checks;
}

/** The sessions of a transaction have operator, agreement and tariff from the event `GroupOpened` before them. */
export async function checkOpening(receipt: ParsedReceipt, chain: ReceiptChain): Promise<ReceiptCheck[]> {
  const { opening, sessionId, terms, contracts } = receipt;
  const transaction = await readTransaction(chain, opening.hash);
  const log = transaction?.logs.find(({ logIndex }) => logIndex === opening.logIndex);
  const groupTopic = receiptInterface.getEvent("GroupOpened")?.topicHash ?? "";
  const group = transaction?.logs.findLast(
    ({ logIndex, address, topics }) =>
      logIndex < opening.logIndex && isSameHex(address, contracts.chargingSettlement) && topics[0] === groupTopic,
  );
  const { driver, operator, agreement, tariffId } = terms;
  const expected = receiptInterface.encodeEventLog("SessionOpened", [sessionId, driver, packTerms(terms)]);
  const expectedGroup = receiptInterface.encodeEventLog("GroupOpened", [
    operator,
    agreement,
    tariffId,
    opening.openedAt,
    opening.salt,
  ]);

  return [
    check("opening: block", transaction?.blockNumber === opening.blockNumber, `transaction ${opening.hash}`),
    check("opening: event", isLog(log, contracts.chargingSettlement, expected), "SessionOpened with these terms"),
    check(
      "opening: group",
      isLog(group, contracts.chargingSettlement, expectedGroup),
      "GroupOpened with this operator, agreement, tariff, time and salt",
    ),
  ];
}

/** When the settlement's block was made; `null` where the chain does not have it. */
export async function readSettledAt({ transaction }: ParsedReceipt, chain: ReceiptChain): Promise<number | null> {
  return (await readBlock(chain, transaction.blockNumber))?.timestamp ?? null;
}

/** No more energy and no more time than there can have been between opening and settlement. */
export function checkBounds(receipt: ParsedReceipt, settledAt: number | null): ReceiptCheck {
  const { energyFrom, timeFrom } = claimWindowOf(receipt, receipt.opening, receipt.terms, 0);
  const openSeconds = settledAt === null ? null : settledAt - receipt.opening.openedAt;
  const fits = settledAt !== null && energyFrom <= settledAt && timeFrom <= settledAt;

  return check("bounds", fits, `energy and times fit the ${String(openSeconds)} s from opening to settlement`);
}

export async function checkSettlement(receipt: ParsedReceipt, chain: ReceiptChain): Promise<ReceiptCheck[]> {
  const { transaction: stated, contracts } = receipt;
  const transaction = await readTransaction(chain, stated.hash);
  const log = transaction?.logs.find(({ logIndex }) => logIndex === stated.logIndex);
  const isInBlock =
    transaction?.blockNumber === stated.blockNumber && isSameHex(transaction.blockHash, stated.blockHash);
  const isTold = isSameHex(log?.address, contracts.chargingSettlement) && isSettlementLog(log, receipt);

  return [
    check("settlement: block", isInBlock, `transaction ${stated.hash}`),
    check("settlement: event", isTold, "a settlement with these amounts, by this kind of evidence"),
  ];
}

/** The log tells of this session with these amounts: alone, or among those of its group. */
function isSettlementLog(log: ChainLog | undefined, receipt: ParsedReceipt): boolean {
  const event = log === undefined ? null : receiptInterface.parseLog({ topics: [...log.topics], data: log.data });
  const { sessionId, isReadable, terms } = receipt;
  const field = (name: string): unknown => event?.args.getValue(name);
  if (event?.name === "SessionSettled") {
    return (
      isReadable === null &&
      isSameHex(field("sessionId"), sessionId) &&
      field("result") === packSettlementResult(receipt)
    );
  }
  if (event?.name !== "GroupSettled") return false;
  const group = groupSchema.parse({
    ...event.args.toObject(),
    sessionIds: [...(field("sessionIds") as Iterable<unknown>)],
    results: [...(field("results") as Iterable<unknown>)],
  });
  const place = group.sessionIds.findIndex((id) => isSameHex(id, sessionId));
  return (
    place >= 0 &&
    group.results[place] === packSettlementResult(receipt) &&
    group.isReadable === isReadable &&
    isSameHex(group.operator, terms.operator) &&
    group.agreement === BigInt(terms.agreement) &&
    isSameHex(group.tariffId, terms.tariffId)
  );
}

/** What the chain says of challenges: that each was, and that the driver got the money back. */
export async function checkChallenges(receipt: ParsedReceipt, chain: ReceiptChain): Promise<ReceiptCheck[]> {
  const { challenges, sessionId, chargedMicro, contracts, refundedMicro } = receipt;
  const checks: ReceiptCheck[] = [];
  let paidMicro = chargedMicro;
  for (const challenge of challenges) {
    const { challenger, provenMicro } = challenge;
    const transaction = await readTransaction(chain, challenge.hash);
    const log = transaction?.logs.find(({ logIndex }) => logIndex === challenge.logIndex);
    const values = [BigInt(log?.topics[1] ?? 0), sessionId, challenger, challenge.paidMicro, provenMicro];
    const expected = receiptInterface.encodeEventLog("ClaimChallenged", values);
    const corrected = [sessionId, challenger, challenge.paidMicro - provenMicro];
    const refund =
      challenge.paidMicro > provenMicro ? receiptInterface.encodeEventLog("SessionCorrected", corrected) : null;
    const isRefunded =
      refund !== null &&
      transaction?.logs.some((candidate) => isLog(candidate, contracts.chargingSettlement, refund)) === true;
    checks.push(
      check("challenge: block", transaction?.blockNumber === challenge.blockNumber, `transaction ${challenge.hash}`),
      check("challenge: event", isLog(log, contracts.challenges, expected), "ClaimChallenged with these amounts"),
      check("challenge: charged", challenge.paidMicro === paidMicro, "what was paid until then"),
      check("challenge: refund", isRefunded, `${provenMicro.toString()} paid in the end`),
    );
    paidMicro = provenMicro;
  }
  if (challenges.length > 0 || refundedMicro !== 0n) {
    checks.push(check("challenge: sum", refundedMicro === chargedMicro - paidMicro, refundedMicro.toString()));
  }

  return checks;
}

/** The settlement's own contract read the energy from what the meter signed for this session, and says so. */
export async function checkProof(receipt: ParsedReceipt, chain: ReceiptChain): Promise<ReceiptCheck> {
  const { sessionId, terms, transaction: stated, contracts } = receipt;
  const transaction = await readTransaction(chain, stated.hash);
  const topics = receiptInterface.encodeFilterTopics("SessionProven", [sessionId, terms.meter]);
  const isProven =
    transaction?.logs.some(
      (log) => isSameHex(log.address, contracts.meterSettlement) && isSameHex(log.topics.join(), topics.join()),
    ) === true;

  return isProven
    ? check("energy", true, "the contract verified the meter's records in the transaction that settled")
    : check("energy", false, "the records do not prove begin and end of one session, nor does the transaction");
}

/** The meter had this key, at this EVSE of this operator, and its records counted when the session was opened. */
export async function checkMeter(receipt: ParsedReceipt, chain: ReceiptChain): Promise<ReceiptCheck[]> {
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
    ...(await checkProvenance(receipt, registered.success ? registered.data.maker : 0n, chain)),
  ];
}

/** The registry says as much of the meter as the receipt, or did until the maker's key was revoked. */
async function checkProvenance(
  { meter, terms, contracts }: ParsedReceipt,
  maker: bigint,
  chain: ReceiptChain,
): Promise<ReceiptCheck[]> {
  if (meter.provenance === null) return [];
  const level = z.bigint().safeParse(await readView(chain, contracts.meterRegistry, "provenanceOf", [terms.meter]));
  const actual = level.success ? Number(level.data) : 0;
  const stated = provenances.indexOf(meter.provenance) + 1;
  const revoked = makerSchema.safeParse(await readView(chain, contracts.meterRegistry, "makerOf", [maker]));
  const isRevokedSince = revoked.success && revoked.data.revokedAt !== 0n && meter.provenance === "vouched-by-maker";
  const detail = isRevokedSince ? `the key of maker ${maker} was revoked` : (provenanceOf(actual) ?? "none");
  return [check("meter provenance", actual >= stated || isRevokedSince, detail)];
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

/** Hexadecimal digits, in whatever case. */
function isSameHex(left: unknown, right: string): boolean {
  return typeof left === "string" && left.toLowerCase() === right.toLowerCase();
}

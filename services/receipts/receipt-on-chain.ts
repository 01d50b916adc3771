import { z } from "zod";

import { contractLinks } from "../contracts.ts";
import { claimWindowOf } from "../domain/claim-window.ts";
import { packSettlementResult } from "../domain/metering.ts";
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
const meterSchema = z.object({ evse: z.bigint(), curve: z.bigint(), publicKey: z.string() });
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
  const { transaction: stated, sessionId, contracts } = receipt;
  const transaction = await readTransaction(chain, stated.hash);
  const log = transaction?.logs.find(({ logIndex }) => logIndex === stated.logIndex);
  const expected = receiptInterface.encodeEventLog("SessionSettled", [sessionId, packSettlementResult(receipt)]);
  const isInBlock =
    transaction?.blockNumber === stated.blockNumber && isSameHex(transaction.blockHash, stated.blockHash);

  return [
    check("settlement: block", isInBlock, `transaction ${stated.hash}`),
    check("settlement: event", isLog(log, contracts.chargingSettlement, expected), "SessionSettled with these amounts"),
  ];
}

/** What the chain says of a challenge: that there was one, that the driver got the money back, and how it ended. */
export async function checkChallenge(receipt: ParsedReceipt, chain: ReceiptChain): Promise<ReceiptCheck[]> {
  const { challenge, sessionId, chargedMicro, contracts } = receipt;
  if (challenge === null) {
    return [];
  }
  const { challenger, provenMicro, refundedMicro, answerableUntil, ending } = challenge;
  const transaction = await readTransaction(chain, challenge.hash);
  const log = transaction?.logs.find(({ logIndex }) => logIndex === challenge.logIndex);
  const batch = BigInt(log?.topics[1] ?? 0);
  const expected = receiptInterface.encodeEventLog("ClaimChallenged", [
    batch,
    sessionId,
    challenger,
    chargedMicro,
    provenMicro,
    answerableUntil,
  ]);
  const owedMicro = chargedMicro > provenMicro ? chargedMicro - provenMicro : 0n;
  const refund = receiptInterface.encodeEventLog("SessionCorrected", [sessionId, challenger, refundedMicro, 0n, 0n]);
  const isRefunded =
    refundedMicro === 0n ||
    transaction?.logs.some((candidate) => isLog(candidate, contracts.chargingSettlement, refund)) === true;

  return [
    check("challenge: block", transaction?.blockNumber === challenge.blockNumber, `transaction ${challenge.hash}`),
    check("challenge: event", isLog(log, contracts.challenges, expected), "ClaimChallenged with these amounts"),
    check("challenge: charged", challenge.chargedMicro === chargedMicro, "what was settled"),
    check(
      "challenge: refund",
      isRefunded && refundedMicro === owedMicro,
      `${(chargedMicro - refundedMicro).toString()} charged in the end`,
    ),
    ...(ending === null ? [] : await checkEnding(receipt, challenger, ending, chain)),
  ];
}

async function checkEnding(
  { sessionId, contracts }: ParsedReceipt,
  challenger: string,
  ending: NonNullable<NonNullable<ParsedReceipt["challenge"]>["ending"]>,
  chain: ReceiptChain,
): Promise<ReceiptCheck[]> {
  const transaction = await readTransaction(chain, ending.hash);
  const log = transaction?.logs.find(({ logIndex }) => logIndex === ending.logIndex);
  const [address, expected] =
    ending.kind === "answered"
      ? [contracts.challenges, receiptInterface.encodeEventLog("ChallengeAnswered", [sessionId, ending.answerer])]
      : [
          contracts.chargingSettlement,
          receiptInterface.encodeEventLog("SessionCorrected", [
            sessionId,
            challenger,
            0n,
            ending.compensatedMicro,
            ending.rewardMicro,
          ]),
        ];

  return [
    check("challenge: end", transaction?.blockNumber === ending.blockNumber, `transaction ${ending.hash}`),
    check("challenge: end event", isLog(log, address, expected), ending.kind),
  ];
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
  ];
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

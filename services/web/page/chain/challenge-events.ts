import type { Interface } from "ethers";
import { z } from "zod";

import type { EventLog, LogReader } from "./chain-reader.ts";
import { challengesInterface, settlementInterface } from "./contracts.ts";

/** A challenge of a session's settlement, as the chain's events tell it. Amounts in 10⁻⁶ token, times in seconds. */
export interface ChainChallenge {
  readonly challenger: string;
  readonly chargedMicro: bigint;
  /** What the meter's records give that were shown. */
  readonly provenMicro: bigint;
  readonly answerableUntil: number;
  readonly ending: "open" | "answered" | "concluded";
  /** Back to the driver, to the operator and to the challenger, so far. */
  readonly refundedMicro: bigint;
  readonly compensatedMicro: bigint;
  readonly rewardMicro: bigint;
  readonly txHash: string;
}

const challenged = z.object({
  challenger: z.string(),
  chargedMicro: z.bigint(),
  provenMicro: z.bigint(),
  answerableUntil: z.bigint().transform(Number),
});
const corrected = z.object({ refundedMicro: z.bigint(), compensatedMicro: z.bigint(), rewardMicro: z.bigint() });

/** `null` if nobody has challenged the session's settlement. A session is challenged once at most. */
export async function readChallenge(
  readLogs: LogReader,
  contracts: { readonly challenges: string; readonly chargingSettlement: string },
  sessionId: string,
): Promise<ChainChallenge | null> {
  const { challenges, chargingSettlement } = contracts;
  const read = (event: string, values: readonly unknown[]) =>
    readLogs(challenges, challengesInterface.encodeFilterTopics(event, values));
  const [log] = await read("ClaimChallenged", [null, sessionId]);
  if (log === undefined) return null;
  const answered = await read("ChallengeAnswered", [sessionId]);
  const concluded = await read("ChallengeConcluded", [sessionId]);
  const topics = settlementInterface.encodeFilterTopics("SessionCorrected", [sessionId]);
  const corrections = (await readLogs(chargingSettlement, topics)).map((correction) =>
    corrected.parse(argumentsOf(settlementInterface, "SessionCorrected", correction)),
  );
  const sum = (name: keyof z.output<typeof corrected>): bigint =>
    corrections.reduce((total, correction) => total + correction[name], 0n);
  return {
    ...challenged.parse(argumentsOf(challengesInterface, "ClaimChallenged", log)),
    ending: concluded.length > 0 ? "concluded" : answered.length > 0 ? "answered" : "open",
    refundedMicro: sum("refundedMicro"),
    compensatedMicro: sum("compensatedMicro"),
    rewardMicro: sum("rewardMicro"),
    txHash: log.txHash,
  };
}

function argumentsOf(abi: Interface, event: string, log: EventLog): unknown {
  return abi.decodeEventLog(event, log.data, [...log.topics]).toObject();
}

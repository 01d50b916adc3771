import { z } from "zod";

import type { EventLog, LogReader } from "./chain-reader.ts";
import { challengesInterface } from "./contracts.ts";

/** What challenges have put right of a session's settlement, as the chain's events tell it. Amounts in 10⁻⁶ token. */
export interface ChainChallenge {
  /** Who showed the last record. */
  readonly challenger: string;
  readonly chargedMicro: bigint;
  /** What the last record gives; what is between is back with the driver. */
  readonly provenMicro: bigint;
  readonly txHash: string;
}

const challenged = z.object({ challenger: z.string(), chargedMicro: z.bigint(), provenMicro: z.bigint() });

/** `null` if nobody has challenged the session's settlement. */
export async function readChallenge(
  readLogs: LogReader,
  contracts: { readonly challenges: string },
  sessionId: string,
): Promise<ChainChallenge | null> {
  const topics = challengesInterface.encodeFilterTopics("ClaimChallenged", [null, sessionId]);
  const logs = await readLogs(contracts.challenges, topics);
  const [first] = logs;
  const last = logs.at(-1);
  if (first === undefined || last === undefined) return null;
  const { chargedMicro } = argumentsOf(first);
  return { ...argumentsOf(last), chargedMicro, txHash: last.txHash };
}

function argumentsOf(log: EventLog): z.output<typeof challenged> {
  return challenged.parse(challengesInterface.decodeEventLog("ClaimChallenged", log.data, [...log.topics]).toObject());
}

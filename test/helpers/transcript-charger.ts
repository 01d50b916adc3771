import { z } from "zod";

import type { OcppProtocol } from "../../services/domain/charging/message.ts";
import type { Charger } from "./charger.ts";
import type { ChargingWorld } from "./charging-world.ts";
import type { TranscriptLine } from "./ocpp-transcript.ts";

const callSchema = z.tuple([z.literal(2), z.string(), z.string(), z.record(z.string(), z.unknown())]);
const startAnswerSchema = z.tuple([z.literal(3), z.string(), z.object({ transactionId: z.number() })]);
const eventSchema = z.looseObject({ connected: z.unknown().optional(), closed: z.unknown().optional() });

/** What was done with the calls of a transcript. */
export interface ReplayedTranscript {
  /** Calls that were sent and answered. */
  readonly calls: number;
  /** Ids that the service assigned, by those of the recording; of 2.x none. */
  readonly ownIdOfRecorded: ReadonlyMap<string, string>;
}

/**
 * Sends a charger's side of a transcript to a running service, at the recorded times of its clock. Each call waits for its
 * answer. The service's transaction ids are put into the later messages, as the charger would have.
 * @param idTokenOf Stands in for the recorded idTag of each call; by default it stays.
 */
export async function replayTranscript(
  lines: readonly TranscriptLine[],
  world: ChargingWorld,
  connect: () => Promise<Charger>,
  idTokenOf: (recorded: string, atMs: number) => string = (recorded) => recorded,
): Promise<ReplayedTranscript> {
  const ownIdOfMessage = new Map<string, string>();
  const ownIdOfRecorded = new Map<string, string>();
  let charger: Charger | null = null;
  let calls = 0;
  for (const { atMs, direction, frame } of lines) {
    world.nowMs = Math.max(world.nowMs, atMs);
    if (direction === "event" && eventSchema.safeParse(frame).success && charger !== null) {
      // The recorded charger has lost its connection, or made a new one.
      await charger.close();
      charger = null;
    }
    const answer = startAnswerSchema.safeParse(frame);
    if (direction === "csms>cs" && answer.success) {
      const own = ownIdOfMessage.get(answer.data[1]);
      if (own !== undefined) ownIdOfRecorded.set(String(answer.data[2].transactionId), own);
    }
    const call = callSchema.safeParse(frame);
    if (direction !== "cs>csms" || !call.success) continue;
    charger ??= await connect();
    const [, messageId, action, recorded] = call.data;
    const payload = substitute(recorded, ownIdOfRecorded, (idToken) => idTokenOf(idToken, atMs));
    const answered = await charger.call(action, payload);
    calls += 1;
    if (action === "StartTransaction") ownIdOfMessage.set(messageId, String(answered["transactionId"]));
  }
  await charger?.close();
  return { calls, ownIdOfRecorded };
}

function substitute(
  payload: Readonly<Record<string, unknown>>,
  ownIdOfRecorded: ReadonlyMap<string, string>,
  idTokenOf: (recorded: string) => string,
): object {
  const { transactionId, idTag, idToken } = payload;
  const own = typeof transactionId === "number" ? ownIdOfRecorded.get(String(transactionId)) : undefined;
  const token = z.looseObject({ idToken: z.string() }).safeParse(idToken);
  return {
    ...payload,
    ...(own === undefined ? {} : { transactionId: Number(own) }),
    ...(typeof idTag === "string" ? { idTag: idTokenOf(idTag) } : {}),
    ...(token.success ? { idToken: { ...token.data, idToken: idTokenOf(token.data.idToken) } } : {}),
  };
}

/** How many calls of the charger a transcript has. */
export function countCalls(lines: readonly TranscriptLine[]): number {
  return lines.filter(({ direction, frame }) => direction === "cs>csms" && callSchema.safeParse(frame).success).length;
}

/** The ids under which a transcript's transactions are known to the service. */
export function ownIdOf(replayed: ReplayedTranscript, protocol: OcppProtocol, recorded: string): string {
  return protocol === "ocpp1.6" ? (replayed.ownIdOfRecorded.get(recorded) ?? recorded) : recorded;
}

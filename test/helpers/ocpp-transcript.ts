import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";

import { z } from "zod";

import {
  isTransactionMessage,
  type OcppProtocol,
  type StationMessage,
  type TransactionMessage,
} from "../../services/domain/charging/message.ts";
import { startKeyOf } from "../../services/domain/charging/natural-key.ts";
import { judgeFreshness, type SignedEvidence } from "../../services/domain/charging/signed-evidence.ts";
import { chooseTransactionId } from "../../services/domain/charging/transaction-matching.ts";
import { readCall } from "../../services/ocpp/read-call.ts";
import { describeRecord } from "../../services/evidence/describe-record.ts";
import { nodeCryptography } from "../../services/evidence/formats/ocmf/node-cryptography.ts";
import { parsePublicKey } from "../../services/evidence/formats/ocmf/public-key.ts";
import { createOcmfVerifier } from "../../services/evidence/formats/ocmf/verifier.ts";
import { judgeRecords } from "../../services/evidence/session-judge.ts";

/** The recorded transcripts and the version that each speaks. They are third parties' and not in the repository. */
export const transcriptNames = {
  "MH16.ocpp1.6": "ocpp1.6",
  "MH201.ocpp2.0.1": "ocpp2.0.1",
  "MO16-offlineA": "ocpp1.6",
  "MO16-offlineBC": "ocpp1.6",
  "MO16-online": "ocpp1.6",
  "MO16-powercut-startretry": "ocpp1.6",
  "MO201.ocpp2.0.1": "ocpp2.0.1",
  "VCP16.ocpp1.6": "ocpp1.6",
  "VCP201.ocpp2.0.1": "ocpp2.0.1",
  "VCP21.ocpp2.1": "ocpp2.1",
} as const satisfies Record<string, OcppProtocol>;

export type TranscriptName = keyof typeof transcriptNames;

/** One frame of a transcript, or what the recorder noted beside the frames. */
export interface TranscriptLine {
  readonly atMs: number;
  readonly direction: "cs>csms" | "csms>cs" | "event";
  readonly frame: unknown;
}

/** A transaction of a transcript, as our service would have kept it. */
export interface TranscriptTransaction {
  /** 1.6: the number that we would have given; 2.x: the station's id. */
  readonly ocppTransactionId: string;
  /** What stands in the file. */
  readonly recordedTransactionId: string;
  /** Its messages in the order of arrival, repeats included, and the boots of its station. */
  readonly messages: readonly StationMessage[];
}

const lineSchema = z.object({ t: z.string(), dir: z.enum(["cs>csms", "csms>cs", "event"]), m: z.unknown() });
const callSchema = z.tuple([z.literal(2), z.string(), z.string(), z.record(z.string(), z.unknown())]);
const startAnswerSchema = z.tuple([z.literal(3), z.string(), z.object({ transactionId: z.number() })]);

/** Where a transcript is; `null` where the shared files are not there. */
export function transcriptPath(name: TranscriptName): string | null {
  const folder = process.env["WATTPROOF_SHARED"] ?? resolve(import.meta.dirname, "../../../shared");
  const path = resolve(folder, "ocpp", `${name}.jsonl`);
  return existsSync(path) ? path : null;
}

export async function readTranscript(path: string): Promise<TranscriptLine[]> {
  const text = await readFile(path, "utf8");
  return text
    .split("\n")
    .filter((line) => line.trim() !== "")
    .map((line) => {
      const { t, dir, m } = lineSchema.parse(JSON.parse(line));
      return { atMs: Date.parse(t), direction: dir, frame: m };
    });
}

/**
 * Runs the station's side of a transcript through translation, with its transactions kept apart. What the recorded
 * back-end answered is used for one thing: to know which of its numbers stands for which start, so that ours can be put
 * into the station's later messages, as if the station had got ours.
 */
export function replayOffline(
  lines: readonly TranscriptLine[],
  protocol: OcppProtocol,
  stationId: string,
): TranscriptTransaction[] {
  const ownIdOfStart = new Map<string, string>();
  const ownIdOfRecorded = new Map<string, string>();
  const startOfMessageId = new Map<string, string>();
  const messagesOf = new Map<string, StationMessage[]>();
  const boots: StationMessage[] = [];

  for (const [index, { atMs, direction, frame }] of lines.entries()) {
    const answer = startAnswerSchema.safeParse(frame);
    if (direction === "csms>cs" && answer.success) {
      const ownId = startOfMessageId.get(answer.data[1]);
      if (ownId !== undefined) ownIdOfRecorded.set(answer.data[2].transactionId.toString(), ownId);
      continue;
    }
    const call = callSchema.safeParse(frame);
    if (direction !== "cs>csms" || !call.success) continue;
    const [, messageId, action, recordedPayload] = call.data;
    const payload = withOwnTransactionId(recordedPayload, ownIdOfRecorded);
    const origin = { stationId, receivedAtMs: atMs, frameId: `${stationId}-${index.toString().padStart(5, "0")}` };
    let message = readCall({ protocol, action, payload }, { ...origin, assignedTransactionId: null });
    if (message === null) continue;
    if (message.kind === "booted") boots.push(message);
    if (message.kind === "transaction-started" && protocol === "ocpp1.6") {
      const key = startKeyOf(message);
      const taken = new Set(ownIdOfStart.values());
      const ownId = ownIdOfStart.get(key) ?? chooseTransactionId(1_000, (id) => taken.has(id.toString())).toString();
      ownIdOfStart.set(key, ownId);
      startOfMessageId.set(messageId, ownId);
      message = { ...message, ocppTransactionId: ownId };
    }
    if (!isTransactionMessage(message) || message.ocppTransactionId === null) continue;
    const list = messagesOf.get(message.ocppTransactionId) ?? [];
    list.push(message);
    messagesOf.set(message.ocppTransactionId, list);
  }

  const recordedIdOf = new Map([...ownIdOfRecorded].map(([recorded, own]) => [own, recorded]));
  return [...messagesOf].map(([ocppTransactionId, messages]) => ({
    ocppTransactionId,
    recordedTransactionId: recordedIdOf.get(ocppTransactionId) ?? ocppTransactionId,
    messages: [...messages, ...boots],
  }));
}

/**
 * Verifies what the station signed in a transaction. No registry is recorded with the transcripts, so the first key that
 * came along is taken for the registered one; that is a statement of this test and nothing that the service does.
 */
export function verifySigned(messages: readonly StationMessage[]): SignedEvidence | null {
  const containers = messages.filter(isTransactionMessage).flatMap(({ signed }: TransactionMessage) => signed);
  const enclosedKey = containers.find((container) => container.enclosedKey !== null)?.enclosedKey ?? null;
  const registeredKey = parsePublicKey(enclosedKey, "secp256k1");
  if ("verdict" in registeredKey) return null;
  const verifier = createOcmfVerifier({ cryptography: nodeCryptography });
  const verdicts = containers.flatMap((container) =>
    container.record === null ? [] : [{ container, verdict: verifier.verifyRecord(container.record, registeredKey) }],
  );
  return {
    records: verdicts.map(({ container, verdict }) =>
      describeRecord(verdict, {
        registeredKey,
        enclosedKey: container.enclosedKey,
        isExpectedMeter: () => null,
        // Every transcript is replayed into an empty store: no number of this meter was ever seen.
        freshness: judgeFreshness({ sessionId: "this", paginationNumber: 99n }, null, null),
      }),
    ),
    judgement: judgeRecords(verdicts.flatMap(({ verdict }) => (verdict.verdict === "accepted" ? [verdict] : []))),
  };
}

function withOwnTransactionId(
  payload: Readonly<Record<string, unknown>>,
  ownIdOfRecorded: ReadonlyMap<string, string>,
): Record<string, unknown> {
  const recorded = payload["transactionId"];
  const own = typeof recorded === "number" ? ownIdOfRecorded.get(recorded.toString()) : undefined;
  return own === undefined ? { ...payload } : { ...payload, transactionId: Number(own) };
}

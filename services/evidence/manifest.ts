import { readFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";

import { z } from "zod";

import { WattproofError } from "../errors.ts";
import type { Judge, Judgement } from "./judge.ts";
import type { RecordInput } from "./formats/ocmf/types.ts";

/** Records and sessions to judge, read from disk. What a manifest expects of them is not part of it. */
export interface Docket {
  readonly records: readonly { readonly id: string; readonly input: RecordInput }[];
  readonly sessions: readonly { readonly id: string; readonly inputs: readonly RecordInput[] }[];
}

/** One line of the answer. */
export interface DocketLine extends Judgement {
  readonly id: string;
}

const manifestSchema = z.object({
  records: z.array(z.object({ file: z.string().min(1), publicKey: z.string().nullish() })),
  sessions: z.array(z.object({ id: z.string(), records: z.array(z.string()) })).nullish(),
});

/** Reads a manifest and every record it names; paths are relative to the manifest. */
export async function readManifest(path: string): Promise<Docket> {
  const manifest = parseManifest(path, await readInput(path));
  const inputs = new Map<string, RecordInput>();
  const records = [];
  for (const { file, publicKey } of manifest.records) {
    const input = { record: await readInput(resolve(dirname(path), file)), publicKey: publicKey ?? null };
    if (!inputs.has(file)) inputs.set(file, input);
    records.push({ id: file, input });
  }
  const sessions = (manifest.sessions ?? []).map((session) => ({
    id: session.id,
    inputs: session.records.map((file) => {
      const input = inputs.get(file);
      if (input !== undefined) return input;
      throw new WattproofError(
        "OCMF_MANIFEST_INVALID",
        `session ${session.id} names ${file}, which is no record of ${path}`,
      );
    }),
  }));
  return { records, sessions };
}

/** Reads a single record, byte for byte. */
export async function readSingleRecord(path: string, publicKey: string): Promise<Docket> {
  return { records: [{ id: path, input: { record: await readInput(path), publicKey } }], sessions: [] };
}

/** Judges records, each by itself, and then sessions, in the order of the docket. */
export async function judgeDocket(docket: Docket, judge: Judge): Promise<DocketLine[]> {
  const lines: DocketLine[] = [];
  for (const { id, input } of docket.records) lines.push(toLine(id, await judge.judgeRecord(input)));
  for (const { id, inputs } of docket.sessions) lines.push(toLine(id, await judge.judgeSession(inputs)));
  return lines;
}

function toLine(id: string, { verdict, reason, energyWh }: Judgement): DocketLine {
  return { id, verdict, reason, energyWh };
}

function parseManifest(path: string, bytes: Uint8Array): z.infer<typeof manifestSchema> {
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new WattproofError("OCMF_MANIFEST_INVALID", `${path} is not JSON (a single record needs --key)`, { cause });
  }
  const result = manifestSchema.safeParse(json);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw new WattproofError("OCMF_MANIFEST_INVALID", `${path}: ${issue?.path.join(".") ?? ""}: ${issue?.message ?? ""}`);
}

async function readInput(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (cause) {
    throw new WattproofError("OCMF_INPUT_UNREADABLE", path, { cause });
  }
}

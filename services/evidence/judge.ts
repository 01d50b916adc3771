import { formatDecimal, type Decimal } from "../domain/decimal.ts";
import type { OcmfVerifier, RecordInput, RecordVerdict, SessionVerdict } from "./formats/ocmf/types.ts";

/** A verdict as the command prints it. */
export interface Judgement {
  readonly verdict: "accepted" | "refused" | "unsupported";
  /** A code of the catalogue, `null` when accepted. */
  readonly reason: string | null;
  /** End minus begin, canonical decimal; `null` unless accepted with both readings. */
  readonly energyWh: string | null;
}

/** Somebody who judges records: the service's own verifier, or the contract behind a node. */
export interface Judge {
  judgeRecord(input: RecordInput): Promise<Judgement>;
  judgeSession(inputs: readonly RecordInput[]): Promise<Judgement>;
  /** Releases what the judge holds open. */
  close(): Promise<void>;
}

/** The judge that is this service's own verifier. */
export function createServiceJudge(verifier: OcmfVerifier): Judge {
  return {
    judgeRecord: ({ record, publicKey }) => Promise.resolve(toJudgement(verifier.verifyRecord(record, publicKey))),
    judgeSession: (inputs) => Promise.resolve(toJudgement(verifier.verifySession(inputs))),
    close: () => Promise.resolve(),
  };
}

function toJudgement(verdict: RecordVerdict | SessionVerdict): Judgement {
  if (verdict.verdict !== "accepted") return { verdict: verdict.verdict, reason: verdict.reason, energyWh: null };
  return { verdict: "accepted", reason: null, energyWh: formatEnergy(verdict.energyWh) };
}

function formatEnergy(energyWh: Decimal | null): string | null {
  return energyWh === null ? null : formatDecimal(energyWh);
}

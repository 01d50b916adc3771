import { toBeHex } from "ethers";

import type { RegisteredMeter } from "../../../services/chain/chain.ts";
import { WattproofError } from "../../../services/errors.ts";
import { createRecordJudge } from "../../../services/evidence/formats/all-formats.ts";
import { nodeCryptography } from "../../../services/evidence/formats/ocmf/node-cryptography.ts";
import { publicKeyOf } from "../../../services/evidence/verify-record.ts";
import { shown } from "../../command-line/amounts.ts";
import { readRecord } from "../../command-line/files.ts";

/** A record as the contracts take it. */
export interface ContractRecord {
  readonly payload: Uint8Array;
  readonly r: string;
  readonly s: string;
}

/** Records from files, verified under the meter's key. @throws WattproofError with the verdict of the first that is not */
export function readContractRecords(files: readonly string[], meter: RegisteredMeter): readonly ContractRecord[] {
  return contractRecordsOf(files.map(readRecord), meter);
}

/** The same from texts. */
export function contractRecordsOf(records: readonly Uint8Array[], meter: RegisteredMeter): readonly ContractRecord[] {
  const verifier = createRecordJudge({ cryptography: nodeCryptography });
  const key = publicKeyOf(meter);
  return records.map((record) => {
    const verdict = verifier.verifyRecord(record, key);
    if (verdict.verdict !== "accepted") throw new WattproofError(verdict.reason, shown(verdict.detail));
    const { payload, signature } = verdict;
    return { payload, r: toBeHex(signature.r, 32), s: toBeHex(signature.s, 32) };
  });
}

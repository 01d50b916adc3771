import type { SignedFormat } from "../format.ts";
import { splitRecord } from "./framing.ts";
import { parseJsonObject } from "./json.ts";
import { withVerdict } from "./refusal.ts";
import type { RecordVerdict } from "./types.ts";
import { contentPagination, isNumbered } from "./record-identity.ts";
import type { OcmfVerifier } from "./types.ts";

const header = new TextEncoder().encode("OCMF|");

/** OCMF as one of the formats that the service takes. */
export function createOcmfFormat(verifier: Pick<OcmfVerifier, "verifyRecord">): SignedFormat {
  return {
    name: "OCMF",
    claims: (record) => header.every((byte, index) => record[index] === byte),
    readIdentification: (record) =>
      withVerdict(() => {
        const identification = parseJsonObject(splitRecord(record).payload).members.get("ID");
        return { identification: identification?.kind === "string" ? identification.text : null };
      }),
    verify: (record, key) => withIdentity(verifier.verifyRecord(record, key)),
  };
}

/**
 * A meter that numbers all its records alike counts nothing. What tells its records apart are their registers and times, and so
 * their content, where they hold begin and end (docs/decisions/0034-constant-pagination.md).
 */
function withIdentity(verdict: RecordVerdict): RecordVerdict {
  if (verdict.verdict !== "accepted" || verdict.begin === null || verdict.end === null) return verdict;
  return isNumbered(verdict) ? verdict : { ...verdict, pagination: contentPagination(verdict.payloadSha256) };
}

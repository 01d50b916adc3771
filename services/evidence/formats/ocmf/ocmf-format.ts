import type { SignedFormat } from "../format.ts";
import { splitRecord } from "./framing.ts";
import { parseJsonObject } from "./json.ts";
import { withVerdict } from "./refusal.ts";
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
    verify: (record, key) => verifier.verifyRecord(record, key),
  };
}

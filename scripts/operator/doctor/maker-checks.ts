import { z } from "zod";

import { publicKeyOf } from "../../../services/evidence/verify-record.ts";
import { createRecordJudge, formatOfRecord } from "../../../services/evidence/formats/all-formats.ts";
import { factsOf } from "../../../services/evidence/formats/maker-facts.ts";
import { nodeCryptography } from "../../../services/evidence/formats/ocmf/node-cryptography.ts";
import { receiptSchema } from "../../../services/receipts/receipt-schema.ts";
import type { ServiceClient } from "../../command-line/service-client.ts";
import { ok, tryCheck, warning, type Finding } from "./finding.ts";

const check = "meters";
/** So many settled sessions are looked through, and the receipts of so many meters are read. */
const limits = { sessions: 100, meters: 20 };
const listSchema = z.object({
  sessions: z.array(z.object({ sessionId: z.string(), terms: z.object({ meter: z.coerce.number() }) })),
});

/** What makers' meters do that decides money, as the receipts of the service's sessions show it. */
export function checkMakers(service: ServiceClient): Promise<readonly Finding[]> {
  return tryCheck(check, "docs/signed-formats.md says what each format signs.", async () => {
    const { sessions } = await service.get(`/v1/sessions?state=settled&limit=${limits.sessions}`, listSchema);
    const latest = new Map(sessions.map(({ sessionId, terms }) => [terms.meter, sessionId]));
    const meters = [...latest].slice(0, limits.meters);
    const judge = createRecordJudge({ cryptography: nodeCryptography });
    const shown = new Map<string, { readonly meters: number[]; readonly advice: string }>();
    for (const [meter, sessionId] of meters) {
      const receipt = receiptSchema.parse(await service.get(`/v1/receipts/${sessionId}`, z.unknown()));
      for (const { bytes } of receipt.records) {
        const verdict = judge.verifyRecord(bytes, publicKeyOf(receipt.meter));
        if (verdict.verdict !== "accepted") continue;
        for (const { name, consequence, source } of factsOf(verdict, formatOfRecord(bytes))) {
          const fact = shown.get(name) ?? { meters: [], advice: `${consequence} Source: ${source}.` };
          if (!fact.meters.includes(meter)) fact.meters.push(meter);
          shown.set(name, fact);
        }
      }
    }
    if (shown.size === 0)
      return [ok(check, `${meters.length} meters with settled sessions, of which nothing is to be known`)];
    return [...shown].map(([name, { meters: numbers, advice }]) =>
      warning(check, `${name}: meter ${numbers.sort((left, right) => left - right).join(", ")}`, advice),
    );
  });
}

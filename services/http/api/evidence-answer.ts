import { z } from "zod";

import { anomalyKinds } from "../../dossier/insight/anomalies.ts";
import { outsideReasons } from "../../dossier/overview/sum-months.ts";
import { address, count, energyWh, evseNumber, hash, micro, timeMs } from "./values.ts";

const purpose = count.describe("0: no purpose takes claims");
const score = z.int().min(0).max(1_000);

/** What the operator's page shows of proven energy. */
export const evidenceAnswer = z.object({
  evidence: z
    .object({
      operator: address,
      asOfMs: timeMs,
      purposes: z.array(z.object({ purpose, name: z.string().nullable() })),
      months: z.array(
        z.object({
          month: z.string().regex(/^[0-9]{4}-[0-9]{2}$/),
          purpose,
          claimedWh: energyWh,
          claimableWh: energyWh,
          outsideWh: energyWh,
        }),
      ),
      outside: z.array(z.object({ purpose, reason: z.enum(outsideReasons), sessions: count, energyWh })),
      claims: z.array(
        z.object({
          claimId: z.string().regex(/^[1-9][0-9]*$/),
          purpose,
          status: z.enum(["active", "retired", "contradicted"]),
          holder: address,
          root: hash,
          periodEndsAtMs: timeMs,
          energyWh,
          provenWh: energyWh.describe("What the records prove of it now."),
        }),
      ),
      offers: z.array(
        z.object({
          offerId: hash,
          root: hash,
          isEnded: z.boolean(),
          priceMicro: micro,
          expiresAtMs: timeMs,
          sales: count,
          soldMicro: micro,
          driversMicro: micro,
        }),
      ),
      shares: z.array(
        z.object({
          share: address,
          name: z.string(),
          symbol: z.string(),
          phase: z.enum(["selling", "issued", "failed"]),
          shareCount: count,
          pulledMicro: micro,
          holders: z.array(z.object({ holder: address, count, owedMicro: micro })),
          holderCount: count,
        }),
      ),
      insight: z.object({
        sessions: count,
        alarms: count,
        shown: z.array(
          z.object({
            kind: z.enum(anomalyKinds),
            meter: count,
            sessionId: hash.nullable(),
            place: count.nullable(),
            score,
          }),
        ),
        meters: z.array(z.object({ meter: count, evse: evseNumber, score })),
      }),
    })
    .nullable(),
});

import { createTransactionReaders } from "../charging/wire-charging.ts";
import { createMeterDirectory } from "../evidence/meter-directory.ts";
import { createEvidence } from "../evidence/wire-evidence.ts";
import { createPricing } from "../settlement/pricing.ts";
import type { Foundation } from "./foundation.ts";

export type Evidence = ReturnType<typeof wireEvidence>;

/** What judges records and prices: the directories of meters and tariffs, and the room that keeps, verifies and completes. */
export function wireEvidence(foundation: Foundation) {
  const { config, store, chain } = foundation;
  const meters = createMeterDirectory({ chain, servedAgreement: config.servedAgreement });
  const { tariffGraceSeconds: graceSeconds, takesAnyTime, pollIntervalMs } = config;
  const pricing = createPricing({ ...foundation, meters, graceSeconds, takesAnyTime, pollIntervalMs });
  const { tariffs, prices, plans } = pricing;
  const transactions = createTransactionReaders({ store, meters, stations: foundation.replica.stations });
  const evidence = createEvidence({
    ...{ ...foundation, meters, prices },
    unboundRecords: config.unboundRecords,
    takeoverMs: config.quorumTakeoverMs,
    policy: config.charging.policy,
    readCircumstances: transactions.readCircumstances,
  });
  return { meters, pricing, plans, tariffs, prices, transactions, ...evidence };
}

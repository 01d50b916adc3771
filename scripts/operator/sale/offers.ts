import { z } from "zod";

import { evidenceInterface, topicOf } from "../../../services/dossier/format/evidence-interface.ts";
import { WattproofError } from "../../../services/errors.ts";
import type { ChainAccess } from "../../command-line/chain-access.ts";
import { readLogs, type LogRun } from "../../command-line/logs.ts";
import { evidenceSalesOf } from "../market/contracts.ts";

export const offerStatuses = ["none", "open", "ended"] as const;

const offerView = z.object({
  operator: z.string(),
  agreement: z.bigint(),
  root: z.string(),
  licenceHash: z.string(),
  priceMicro: z.bigint(),
  scopes: z.bigint(),
  leastDriversBps: z.bigint(),
  driversRoot: z.string(),
  expiresAt: z.bigint(),
});
const resultView = z.custom<{ toObject(deep: true): unknown }>(
  (value) => typeof value === "object" && value !== null && "toObject" in value,
);

/** An offer as the chain has it. */
export interface KnownOffer {
  readonly offerId: string;
  readonly status: (typeof offerStatuses)[number];
  readonly offer: z.output<typeof offerView>;
}

/** Offers from the events of the sales: one, or all. */
export async function readOffers(
  run: LogRun,
  chain: ChainAccess,
  offerId: string | null = null,
): Promise<readonly KnownOffer[]> {
  const sales = evidenceSalesOf(chain);
  const logs = await readLogs(run, chain, {
    address: await sales.getAddress(),
    topics: [topicOf("DossierOffered"), offerId],
  });
  return Promise.all(
    logs.map(async ({ topics, data }): Promise<KnownOffer> => {
      const parsed = evidenceInterface.parseLog({ topics: [...topics], data });
      const offer = offerView.parse(resultView.parse(parsed?.args.getValue("offer")).toObject(true));
      const id = topics[1] ?? "";
      const status = offerStatuses[Number(await sales.statusOf(id))] ?? "none";
      return { offerId: id, status, offer };
    }),
  );
}

/** @throws OFFER_UNKNOWN */
export async function requireOffer(run: LogRun, chain: ChainAccess, offerId: string): Promise<KnownOffer> {
  const [offer] = await readOffers(run, chain, offerId);
  if (offer === undefined) throw new WattproofError("OFFER_UNKNOWN", offerId);
  return offer;
}

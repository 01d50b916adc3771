import { getAddress, isAddress } from "ethers";
import type { RequestHandler } from "express";
import { z } from "zod";

import type { Chain } from "../../chain/chain.ts";
import { offerAt, offerDigestOf } from "../../domain/tariff-offer.ts";
import { WattproofError } from "../../errors.ts";
import { toJson } from "../public/session-view.ts";
import type { TariffDirectory } from "../../evidence/tariff-directory.ts";

const evseGrammar = /^[1-9][0-9]{0,9}$/;

export const evseTariffsQuery = z.strictObject({
  /** Who asks: in a group of drivers that has a price of its own, that one applies. */
  driver: z.string().refine(isAddress).transform(getAddress).optional(),
  /** The EVSE's own number of the connector, where the driver knows it. */
  connector: z
    .string()
    .regex(/^[1-9][0-9]{0,2}$/)
    .transform(Number)
    .optional(),
});

/**
 * `GET /v1/evses/:evse/tariffs`: what a session can be opened with there, by this driver, and nothing else. Each is a signed
 * offer: the service starts a session that was opened with it by `validUntil`.
 */
export function showEvseTariffs(deps: {
  readonly tariffs: Pick<TariffDirectory, "listOffers">;
  readonly chain: Pick<Chain, "domain" | "signOffer">;
  readonly now: () => number;
}): RequestHandler {
  const { tariffs, chain, now } = deps;
  return async (request, response) => {
    const evse = evseOf(request.params["evse"]);
    const query = evseTariffsQuery.safeParse(request.query);
    if (!query.success) {
      throw new WattproofError("QUERY_INVALID", "driver: an address; connector: the EVSE's number of it, 1 to 999.");
    }
    const { driver = null, connector = null } = query.data;
    const nowSeconds = Math.floor(now() / 1_000);
    const offered = await tariffs.listOffers(evse, { driver, connector });
    const sign = async (one: (typeof offered)[number]) => {
      const { validUntil } = offerAt({ evse, ...one }, nowSeconds);
      const digest = offerDigestOf({ evse, tariffId: one.tariffId, validUntil }, chain.domain);
      return { ...one, offer: { validUntil, ...(await chain.signOffer(digest)) } };
    };
    response.json({ evse, tariffs: toJson(await Promise.all(offered.map(sign))) });
  };
}

/** The EVSE that a path names. @throws QUERY_INVALID */
export function evseOf(text: unknown): number {
  if (typeof text === "string" && evseGrammar.test(text) && Number(text) < 2 ** 32) return Number(text);
  throw new WattproofError("QUERY_INVALID", "evse: the number of the EVSE in the registry.");
}

import type { RequestHandler } from "express";

import { WattproofError } from "../../errors.ts";
import { toJson } from "../public/session-view.ts";
import type { TariffDirectory } from "../../evidence/tariff-directory.ts";

const evseGrammar = /^[1-9][0-9]{0,9}$/;

/** `GET /v1/evses/:evse/tariffs`: what a session can be opened with there, and nothing else. */
export function showEvseTariffs(deps: { readonly tariffs: Pick<TariffDirectory, "listOffers"> }): RequestHandler {
  return async (request, response) => {
    const text = request.params["evse"];
    if (typeof text !== "string" || !evseGrammar.test(text) || Number(text) >= 2 ** 32) {
      throw new WattproofError("QUERY_INVALID", "evse: the number of the EVSE in the registry.");
    }
    const evse = Number(text);
    response.json({ evse, tariffs: toJson(await deps.tariffs.listOffers(evse)) });
  };
}

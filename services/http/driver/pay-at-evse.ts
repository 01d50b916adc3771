import { getAddress, isAddress } from "ethers";
import type { RequestHandler } from "express";
import { z } from "zod";

import type { Chain } from "../../chain/chain.ts";
import type { Deployment } from "../../chain/deployment.ts";
import type { OpeningRelay } from "../../chain/opening-relay.ts";
import {
  encodeHeader,
  paymentRequiredHeader,
  paymentResponseHeader,
  paymentSignatureHeader,
} from "../../dossier/market/x402.ts";
import { priceOf } from "../../domain/tariff.ts";
import { offerAt } from "../../domain/tariff-offer.ts";
import type { SessionTerms } from "../../domain/terms.ts";
import { WattproofError } from "../../errors.ts";
import type { MeterDirectory } from "../../evidence/meter-directory.ts";
import type { TariffDirectory } from "../../evidence/tariff-directory.ts";
import { createClientLimit } from "../entrance/client-limit.ts";
import type { Entrance } from "../entrance/entrance.ts";
import { createRateLimit } from "../entrance/limits.ts";
import { toJson } from "../public/session-view.ts";
import { evseOf } from "./evse-tariffs.ts";
import { meteredRequirement, meteredScheme, type MeteredRequirement } from "../api/metered-offer.ts";
import { readMeteredPayment } from "./metered-payment.ts";
import { nameCall } from "./relayed-calls.ts";

export interface PayAtEvseDeps {
  readonly relay: OpeningRelay | null;
  readonly chain: Pick<Chain, "domain">;
  readonly deployment: Pick<Deployment, "contracts">;
  readonly pageSettings: { readonly partnerAgreement: number | null };
  readonly meters: Pick<MeterDirectory, "readEvse">;
  readonly tariffs: Pick<TariffDirectory, "listOffers" | "findRefusal">;
  /** The limit of openings, counted on its own. */
  readonly openingsPerMinute: number;
  readonly entrance: Entrance;
  /** As with openings. */
  readonly findObstacle: (evse: number) => Promise<string | null>;
  readonly findUnserved: (terms: SessionTerms) => Promise<string | null>;
  readonly now: () => number;
}

/** As with openings. */
const driverShare = 10;
/** Within this time the payment should reach the chain. */
const timeoutSeconds = 120;
const usualEnergyWh = 30_000;
const mostEnergyWh = 1_000_000;
const microWhPerWh = 1_000_000n;

/** `energyWh`: for so much the hold has to be enough. `driver`: who pays, whose group may have a price of its own. */
export const payAtEvseQuery = z.strictObject({
  driver: z.string().refine(isAddress).transform(getAddress).optional(),
  energyWh: z
    .string()
    .regex(/^[1-9][0-9]{0,6}$/)
    .transform(Number)
    .pipe(z.number().max(mostEnergyWh))
    .optional(),
});

/**
 * `GET /v1/evses/:evse`: asks a machine for a payment (status 402, x402), or with a payment opens the session. What is asked for
 * is a hold that is enough for `energyWh`.
 */
export function createPayAtEvseHandler(deps: PayAtEvseDeps): RequestHandler {
  const { now, openingsPerMinute, chain } = deps;
  const clients = createClientLimit(deps.entrance, now, "machine-payments", openingsPerMinute);
  const drivers = createRateLimit(openingsPerMinute / 60 / driverShare, now, "CLIENT_RATE_EXCEEDED");
  const network = `eip155:${chain.domain.chainId}`;

  async function listRequirements(
    relay: OpeningRelay,
    evse: number,
    energyWh: number,
    driver: string | null,
  ): Promise<readonly MeteredRequirement[]> {
    const registered = await deps.meters.readEvse(evse);
    if (registered === null || registered.activeMeter === 0) {
      throw new WattproofError("EVSE_NOT_SERVED", `Nobody measures at EVSE ${evse}.`);
    }
    const { chargingSettlement: settlement, vehicleConsents, erc20: asset } = deps.deployment.contracts;
    const unit = await relay.readUnit();
    const energyMicroWh = BigInt(energyWh) * microWhPerWh;
    const nowSeconds = Math.floor(now() / 1_000);
    return (await deps.tariffs.listOffers(evse, { driver, connector: null })).map((offered) => {
      const { tariffId, tariff } = offered;
      const { grossMicro } = priceOf(tariff, energyMicroWh, 0, 0);
      const holdMicro = grossMicro > relay.leastHoldMicro ? grossMicro : relay.leastHoldMicro;
      const { validUntil } = offerAt({ evse, ...offered }, nowSeconds);
      const { operator: payTo, activeMeter: meter, maximumPowerW } = registered;
      const extra = {
        ...{ settlement, vehicleConsents, agreement: deps.pageSettings.partnerAgreement ?? 0 },
        ...{ evse, meter, maximumPowerW, tariffId, tariff: toJson(tariff), holdMicro: String(holdMicro), validUntil },
      };
      const amount = String(holdMicro * unit);
      const terms = { scheme: meteredScheme, network, asset, payTo, amount, maxTimeoutSeconds: timeoutSeconds, extra };
      return meteredRequirement.parse(terms);
    });
  }

  return async (request, response) => {
    const { relay } = deps;
    if (relay === null) throw new WattproofError("RELAY_NOT_CONFIGURED", "This service sends nothing for others.");
    const evse = evseOf(request.params["evse"]);
    const query = payAtEvseQuery.safeParse(request.query);
    if (!query.success) {
      throw new WattproofError("QUERY_INVALID", `energyWh: watt-hours, 1 to ${mostEnergyWh}; driver: an address.`);
    }
    const { energyWh = usualEnergyWh, driver = null } = query.data;
    const offered = await listRequirements(relay, evse, energyWh, driver);
    response.set("cache-control", "no-store");
    const header = request.get(paymentSignatureHeader);
    if (header === undefined) {
      const url = `${request.protocol}://${request.get("host") ?? ""}${request.originalUrl}`;
      const resource = { url, description: `A charge at EVSE ${evse}`, mimeType: "application/json" };
      const asked = {
        x402Version: 2,
        error: `${paymentSignatureHeader} header is required`,
        resource,
        accepts: offered,
      };
      response.status(402).set(paymentRequiredHeader, encodeHeader(asked)).json(asked);
      return;
    }
    clients.admit(request);
    const { terms, signature, consent } = readMeteredPayment(header, offered, await relay.readUnit());
    const obstacle = await deps.findObstacle(evse);
    if (obstacle !== null) throw new WattproofError("EVSE_NOT_FREE", obstacle);
    const unserved = await deps.findUnserved(terms);
    if (unserved !== null) throw new WattproofError("EVSE_NOT_SERVED", unserved);
    if ((await deps.tariffs.findRefusal(terms)) !== null) {
      throw new WattproofError(
        "TARIFF_NOT_ASSIGNED",
        `EVSE ${evse} has another tariff for this driver: ask with driver=.`,
      );
    }
    const admit = (): Promise<void> => {
      drivers.admit(terms.driver);
      return Promise.resolve();
    };
    const asker = { client: deps.entrance.clients.clientOf(request).key, admit };
    const signed = { terms, signature };
    const { sessionId, status, txHash, callId } =
      consent === null ? await relay.open(signed, asker) : await relay.openByVehicle({ ...signed, consent }, asker);
    response.locals["sessionId"] = sessionId;
    nameCall(response, callId);
    const settled = { success: true, payer: terms.driver, transaction: txHash ?? "", network };
    response
      .status(status === "open" ? 200 : 202)
      .set(paymentResponseHeader, encodeHeader(settled))
      .json({ sessionId, status, txHash, ...(callId && { callId }) });
  };
}

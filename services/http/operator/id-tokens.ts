import type { RequestHandler } from "express";
import { z } from "zod";

import type { Chain } from "../../chain/chain.ts";
import type { VehicleOpenings } from "../../chain/vehicle-openings.ts";
import { boundIdTokenTypes, isBindable, normalizeIdToken } from "../../domain/charging/id-token.ts";
import { consentIdOf } from "../../domain/vehicle-consent.ts";
import { WattproofError } from "../../errors.ts";
import type { Store } from "../../store/store.ts";
import { typesOf, type IdTokenBinding, type TokenOpening } from "../../store/tokens.ts";
import { contractIdOf } from "../../evidence/contract-certificate.ts";
import { parseBody, readBody } from "../body.ts";
import { bodyLimitBytes } from "../entrance/limits.ts";
import { uint, vehicleConsentSchema } from "../driver/signed-orders.ts";
import type { Operators } from "./operators.ts";
import type { HttpDoor } from "../door.ts";

/** What the operator's doors for idTokens need. */
export interface IdTokensDeps {
  readonly store: Store;
  readonly chain: Pick<Chain, "readTariff">;
  /** `null`: the service holds no key of a fleet. */
  readonly vehicles: VehicleOpenings | null;
  readonly operators: Operators;
  readonly now: () => number;
}

const listLimit = 1_000;
const openingLimit = 100;

const micro = z
  .string()
  .regex(/^[1-9][0-9]{0,18}$/)
  .transform(BigInt);
/** One type, or several under which chargers present the same card. A contract is presented in one way. */
const typesSchema = z
  .union([z.enum(boundIdTokenTypes).transform((type) => [type]), z.array(z.enum(boundIdTokenTypes)).min(1)])
  .refine((types) => new Set(types).size === types.length && (types.length === 1 || !types.includes("eMAID")));
export const bindingSchema = z.strictObject({
  idToken: z.string().min(1).refine(isBindable),
  type: typesSchema,
  consent: vehicleConsentSchema,
  tariffId: z
    .string()
    .regex(/^0x[0-9a-fA-F]{64}$/)
    .transform((text) => text.toLowerCase()),
  agreement: uint(32).default(0),
  holdMicro: micro.optional(),
  certificatePem: z.string().max(20_000).optional(),
});
export const unbindingSchema = z.strictObject({
  idToken: z.string().min(1).refine(isBindable),
  type: z.enum(boundIdTokenTypes).optional(),
});

/** The operator's doors for cards and contracts that open sessions. */
export function createIdTokenDoors(deps: IdTokensDeps): readonly HttpDoor[] {
  return [
    { path: "/v1/id-tokens", method: "GET", handler: listIdTokens(deps) },
    { path: "/v1/id-tokens/bind", method: "POST", handler: bindIdToken(deps) },
    { path: "/v1/id-tokens/unbind", method: "POST", handler: unbindIdToken(deps) },
  ];
}

/** `POST /v1/id-tokens/bind`: adds a binding, or replaces the one that the idToken has. */
function bindIdToken(deps: IdTokensDeps): RequestHandler {
  const { store, vehicles, now } = deps;
  return async (request, response) => {
    const { keyId, name: keyName } = await deps.operators.require(request, response, "operate", "id-token-bound");
    if (vehicles === null) {
      throw new WattproofError(
        "FLEET_NOT_CONFIGURED",
        "Give WATTPROOF_FLEET_PRIVATE_KEYS or WATTPROOF_FLEET_KEYSTORES.",
      );
    }
    const body = parseBody(await readBody(request, bodyLimitBytes), bindingSchema, "ID_TOKEN_INVALID");
    const [type = "ISO14443", ...furtherTypes] = body.type;
    const { consent, tariffId, agreement, certificatePem = null } = body;
    const { holdMicro = consent.sessionCapMicro } = body;
    if (holdMicro > consent.sessionCapMicro) {
      throw new WattproofError("ID_TOKEN_INVALID", "holdMicro: above the consent's cap for one session.");
    }
    const idToken = normalizeIdToken(body.idToken, type);
    if (certificatePem !== null && !isOfContract(certificatePem, idToken, type)) {
      const detail = "Two certificates in PEM, the contract's with the eMAID as common name, then its issuer's.";
      throw new WattproofError("CONTRACT_CERTIFICATE_INVALID", detail);
    }
    if (!vehicles.canSign(consent)) {
      throw new WattproofError("FLEET_KEY_UNKNOWN", `No key of the service is ${consent.vehicleKey}.`);
    }
    const consentId = consentIdOf(consent);
    const status = await vehicles.readConsentStatus(consent);
    if (status !== "granted") {
      const detail = status === "revoked" ? "was revoked" : "was never granted with exactly this content";
      throw new WattproofError("VEHICLE_CONSENT_MISSING", `Consent ${consentId} ${detail}.`);
    }
    if ((await deps.chain.readTariff(tariffId)) === null) {
      throw new WattproofError("TARIFF_UNPUBLISHED", `Tariff ${tariffId}.`);
    }
    const at = { boundAtMs: now() };
    const terms = { consentId, consent, tariffId, agreement, holdMicro, certificatePem };
    const binding = { idToken, type, furtherTypes, ...terms, ...at };
    await store.putIdTokenBinding(binding);
    const details = JSON.stringify({ type, furtherTypes, consentId, tariffId, holdMicro: holdMicro.toString() });
    const entry = { atMs: binding.boundAtMs, keyId, keyName, action: "id-token-bound" };
    await store.recordAction({ ...entry, subject: idToken, details });
    response.json(bindingView(binding));
  };
}

/** `POST /v1/id-tokens/unbind`: sessions that are open go on. */
function unbindIdToken({ store, operators, now }: IdTokensDeps): RequestHandler {
  return async (request, response) => {
    const { keyId, name: keyName } = await operators.require(request, response, "operate", "id-token-unbound");
    const { idToken, type } = parseBody(await readBody(request, bodyLimitBytes), unbindingSchema, "ID_TOKEN_INVALID");
    const spellings = new Set(
      (type === undefined ? boundIdTokenTypes : [type]).map((one) => normalizeIdToken(idToken, one)),
    );
    for (const spelling of spellings) {
      const binding = await store.findIdTokenBinding(spelling);
      // Without its hyphens, another card's number would be meant.
      if (binding === null || normalizeIdToken(idToken, binding.type) !== binding.idToken) continue;
      if (type !== undefined && !typesOf(binding).includes(type)) continue;
      await store.removeIdTokenBinding(spelling);
      const entry = { atMs: now(), keyId, keyName, action: "id-token-unbound", subject: spelling };
      await store.recordAction({ ...entry, details: JSON.stringify({ type: binding.type }) });
      response.json({ idToken: spelling, type: binding.type });
      return;
    }
    throw new WattproofError("ID_TOKEN_UNKNOWN", "There is no such binding.");
  };
}

/** `GET /v1/id-tokens`: all bindings, and the latest charges that began with one. */
function listIdTokens({ store, operators }: IdTokensDeps): RequestHandler {
  return async (request, response) => {
    await operators.require(request, response, "read");
    const bindings = await store.listIdTokenBindings(listLimit);
    const [openings, unpaid] = [
      await store.listTokenOpenings(null, openingLimit),
      await store.listTokenOpenings("refused", openingLimit),
    ];
    response.json({
      idTokens: bindings.map(bindingView),
      latest: openings.map(openingView),
      unpaid: unpaid.map(openingView),
    });
  };
}

function isOfContract(pem: string, idToken: string, type: IdTokenBinding["type"]): boolean {
  const contractId = contractIdOf(pem);
  return type === "eMAID" && contractId !== null && normalizeIdToken(contractId, type) === idToken;
}

function bindingView(bound: IdTokenBinding): unknown {
  const { idToken, type, consentId, consent, tariffId, agreement, holdMicro, certificatePem, boundAtMs } = bound;
  return {
    ...{ idToken, type, types: typesOf(bound), consentId, tariffId, agreement, boundAtMs },
    holdMicro: holdMicro.toString(),
    hasCertificate: certificatePem !== null,
    consent: {
      ...consent,
      sessionCapMicro: consent.sessionCapMicro.toString(),
      periodCapMicro: consent.periodCapMicro.toString(),
    },
  };
}

function openingView({ stationId, ocppTransactionId, idToken, status, intent, reason, atMs }: TokenOpening): unknown {
  return { stationId, ocppTransactionId, idToken, status, sessionId: intent?.sessionId ?? null, reason, atMs };
}

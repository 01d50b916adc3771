import { setTimeout as sleep } from "node:timers/promises";

import { p256 } from "@noble/curves/nist.js";
import { getBytes, hexlify, keccak256, toUtf8Bytes } from "ethers";
import { z } from "zod";

import { createMeteredScheme } from "../../packages/client/src/metered.ts";
import { readContractInterfaces } from "../../services/chain/contracts.ts";
import { sessionIdOf } from "../../services/domain/terms.ts";
import { consentIdOf, type VehicleConsent } from "../../services/domain/vehicle-consent.ts";
import { meteredRequiredSchema } from "../../services/http/api/metered-offer.ts";
import { termsSchema } from "../../services/http/driver/signed-orders.ts";
import { demoAccount } from "../local-world/accounts.ts";
import { demoTariff } from "../local-world/tariff.ts";
import { createTransactor } from "../local-world/transactor.ts";
import type { PlannedSession } from "./plan.ts";
import type { Stage } from "./play.ts";

/** The key of a vehicle's contract (ISO 15118), the same in every demo and known to everybody. */
const vehicleKey = getBytes(keccak256(toUtf8Bytes("Wattproof demo vehicle, not secret")));
const vehiclePoint = hexlify(p256.getPublicKey(vehicleKey, false).slice(1));
/** The driver's consent stands until it is revoked. */
const never = 2 ** 40 - 1;
const weekSeconds = 604_800;
const sessionSeconds = 24 * 3_600;
/** 600 looks of 100 ms, as for a settlement. */
const looks = 600;
const lookMs = 100;
const answerTimeoutMs = 30_000;
const refused = z.object({ error: z.object({ code: z.string() }) });

function sign(sessionId: string): string {
  return hexlify(p256.sign(getBytes(sessionId), vehicleKey, { prehash: false }));
}

/**
 * A vehicle asks the service what a charge costs, is answered 402, and pays by its own key within its driver's consent. No
 * person takes part. What it has signed is in the journal before it leaves.
 */
export async function payAsVehicle(stage: Stage, planned: PlannedSession): Promise<void> {
  const { world, clock, journal, output, serviceUrl } = stage;
  const { chargingSettlement } = world.contracts;
  const driver = demoAccount(planned.driver).address;
  const registered = stage.meters.get(planned.meterId);
  if (registered === undefined) {
    throw new RangeError(`The meter ${planned.meterId} of "${planned.name}" is not planned`);
  }
  const nonceNow = async () => (await chargingSettlement.accountOf(driver, planned.lane)).nonce;
  const earlier = journal.agreed.get(planned.name);
  if (earlier !== undefined && (await nonceNow()) > earlier.terms.nonce) {
    return;
  }
  const consent = await grantConsent(stage, planned, driver);
  const domain = { chainId: world.chain.chainId, verifyingContract: world.deployment.contracts.chargingSettlement };
  const scheme = createMeteredScheme({
    ...{ domain, chain: world.rpcUrl, driver, lane: planned.lane, consent, sessionSeconds },
    ...{ sign, mostHoldMicro: planned.holdMicro, mostNanoPerKwh: demoTariff.priceNanoPerKwh },
  });
  const url = `${serviceUrl}/v1/evses/${registered.evse}`;
  const asked = await fetch(url, { signal: AbortSignal.timeout(answerTimeoutMs) });
  const [requirement] = meteredRequiredSchema.parse(await asked.json()).accepts;
  const payment = await scheme.createPaymentPayload(2, requirement ?? {});
  const signed = { ...payment.payload, terms: termsSchema.parse(payment.payload.terms) };
  // What an interrupted run has signed may be on its way: it is sent again, and counts once.
  const isStillGood = earlier !== undefined && earlier.terms.expiresAt > clock.nowSeconds();
  const terms = isStillGood ? earlier.terms : signed.terms;
  const sessionId = sessionIdOf(terms, domain);
  if (!isStillGood) {
    journal.agree({ name: planned.name, sessionId, openedSeconds: clock.nowSeconds(), terms });
  }
  const payload = { ...signed, terms: { ...terms, holdMicro: terms.holdMicro.toString() }, signature: sign(sessionId) };
  const header = Buffer.from(JSON.stringify({ ...payment, payload, accepted: requirement })).toString("base64");
  const answer = await fetch(url, {
    headers: { "payment-signature": header },
    signal: AbortSignal.timeout(answerTimeoutMs),
  });
  if (!answer.ok) {
    throw new Error(`The vehicle's payment was refused: ${refused.parse(await answer.json()).error.code}`);
  }
  for (let look = 0; look < looks && (await nonceNow()) <= terms.nonce; look += 1) {
    await sleep(lookMs);
  }
  output.line(`a vehicle was answered ${asked.status} and paid by its own key, within its driver's consent (x402)`);
}

/** Once: its driver lets the vehicle pay at this operator. */
async function grantConsent(
  { world }: Stage,
  { driver: name, lane, holdMicro }: PlannedSession,
  driver: string,
): Promise<VehicleConsent> {
  const { vehicleConsents: abi } = readContractInterfaces();
  const { vehicleConsents } = world.deployment.contracts;
  const consent: VehicleConsent = {
    ...{ driver, lane, vehicleKey: vehiclePoint, operators: [world.operator.address] },
    ...{ sessionCapMicro: holdMicro, periodCapMicro: holdMicro, periodSeconds: weekSeconds, expiresAt: never },
  };
  const question = abi.encodeFunctionData("statusOf", [consentIdOf(consent)]);
  if (BigInt(await world.provider.call({ to: vehicleConsents, data: question })) === 0n) {
    const transactor = await createTransactor(world.chain, demoAccount(name));
    await transactor.send(vehicleConsents, abi.encodeFunctionData("grant", [consent]));
  }

  return consent;
}

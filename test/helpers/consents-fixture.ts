import { TypedDataEncoder } from "ethers";

import { networkHelpers } from "./chain.ts";
import { p256Key } from "../../scripts/gas/p256-key.ts";
import type { Terms } from "./session-terms.ts";
import { DAY, openingIn, type Signer } from "./settlement-fixture.ts";
import { fundedWaysIn, signTerms, termsOf, type WaysInFixture } from "./ways-in-fixture.ts";

/** As in ConsentStatus of IVehicleConsents.sol. */
export const ConsentStatus = { None: 0n, Granted: 1n, Revoked: 2n } as const;

export const SESSION_CAP = 40_000_000n;
export const PERIOD_CAP = 70_000_000n;
export const PERIOD_SECONDS = 7n * DAY;

/** A consent, field by field as in VehicleConsent of IVehicleConsents.sol. */
export interface Consent {
  readonly driver: string;
  readonly lane: bigint;
  readonly vehicleKey: string;
  readonly operators: string[];
  readonly sessionCapMicro: bigint;
  readonly periodCapMicro: bigint;
  readonly periodSeconds: bigint;
  readonly expiresAt: bigint;
}

export const CONSENT_TYPES = {
  VehicleConsent: [
    { name: "driver", type: "address" },
    { name: "lane", type: "uint32" },
    { name: "vehicleKey", type: "bytes" },
    { name: "operators", type: "address[]" },
    { name: "sessionCapMicro", type: "uint64" },
    { name: "periodCapMicro", type: "uint64" },
    { name: "periodSeconds", type: "uint40" },
    { name: "expiresAt", type: "uint40" },
  ],
};
export const REVOCATION_TYPES = { ConsentRevocation: [{ name: "consentId", type: "bytes32" }] };

/** The key in the contract certificate of a vehicle. */
export const certificateKey = p256Key(0xc0ffee_0000_0001n);

/** The vehicle's key may open sessions on the driver's lane 0 at both operators for 30 days. */
export function consentOf(fixture: WaysInFixture, changes: Partial<Consent> = {}): Consent {
  return {
    driver: fixture.driver.address,
    lane: 0n,
    vehicleKey: fixture.vehicle.address.toLowerCase(),
    operators: [fixture.otherOperator.address, fixture.operator.address],
    sessionCapMicro: SESSION_CAP,
    periodCapMicro: PERIOD_CAP,
    periodSeconds: PERIOD_SECONDS,
    expiresAt: fixture.startedAt + 30n * DAY,
    ...changes,
  };
}

/** The consent's id as a wallet computes it, without our code. */
export function consentIdOf(consent: Consent): string {
  return TypedDataEncoder.hashStruct("VehicleConsent", CONSENT_TYPES, consent);
}

export async function signConsent(fixture: WaysInFixture, signer: Signer, consent: Consent): Promise<string> {
  return await signer.signTypedData(fixture.consentDomain, CONSENT_TYPES, consent);
}

export async function signRevocation(fixture: WaysInFixture, signer: Signer, consent: Consent): Promise<string> {
  return await signer.signTypedData(fixture.consentDomain, REVOCATION_TYPES, { consentId: consentIdOf(consent) });
}

/** A consent as it stands in an event. */
export function plainConsent(consent: Consent): unknown[] {
  return Object.values(consent);
}

/** The driver has granted the usual consent. */
export async function grantedConsent(): Promise<WaysInFixture> {
  const fixture = await fundedWaysIn();
  await fixture.consents.connect(fixture.driver).grant(consentOf(fixture));
  return fixture;
}

/** The vehicle opens a session, and the hold comes free when it expires. */
export async function openAndExpire(fixture: WaysInFixture, changes: Partial<Terms>): Promise<void> {
  const { consents, settlement, relayer, vehicle } = fixture;
  const expiresAt = BigInt(await networkHelpers.time.latest()) + DAY;
  const terms = termsOf(fixture, { expiresAt, ...changes });
  await consents.connect(relayer).openByVehicle(consentOf(fixture), terms, await signTerms(fixture, vehicle, terms));
  await networkHelpers.time.increaseTo(terms.expiresAt);
  await settlement.connect(relayer).expire(terms, await openingIn(fixture, terms), 0);
}

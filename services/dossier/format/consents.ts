import { Result } from "ethers";
import { z } from "zod";

import { consentScopes } from "../../domain/data-consent.ts";
import { evidenceInterface } from "./evidence-interface.ts";

/** What drivers must have consented to for their sessions to count, and when that is looked at. */
export interface ConsentRule {
  /** Bits of `consentScopes`. */
  readonly scopes: number;
  /** The part of a price that drivers get, in basis points. */
  readonly shareBps: number;
  /** Consents count as they stood at the end of this block. */
  readonly blockNumber: number;
}

/** What a driver allows an operator; `scopes` is 0 if there is no consent. */
export interface StandingConsent {
  readonly scopes: number;
  /** Seconds since 1970. */
  readonly until: number;
  readonly shareBps: number;
  readonly lane: number;
}

/** Consents for one grantee as they stood at a block. */
export interface ConsentsAt {
  /** By the driver's address in small letters. */
  readonly byDriver: ReadonlyMap<string, StandingConsent>;
  /** Of the block, in seconds since 1970. */
  readonly timestamp: number;
}

const small = z.bigint().transform(Number);
const consentView = z.object({ scopes: small, until: small, shareBps: small, lane: small });
const none: StandingConsent = { scopes: 0, until: 0, shareBps: 0, lane: 0 };
/** Dossiers of these purposes are of no use but to be sold, session by session. */
const dataPurpose = /^DATA(?:-|$)/u;

/** The scopes that a purpose needs of every driver; 0 if it needs no consent. */
export function neededScopesOf(purpose: string): number {
  return dataPurpose.test(purpose) ? consentScopes.fields | consentScopes.records : 0;
}

/** The consents that the events of one grantee leave, in the order of the chain. */
export function consentsIn(
  logs: readonly { readonly topics: readonly string[]; readonly data: string }[],
): ReadonlyMap<string, StandingConsent> {
  const byDriver = new Map<string, StandingConsent>();
  for (const log of logs) {
    const event = evidenceInterface.parseLog(log);
    if (event === null) continue;
    const driver = z.string().parse(event.args.getValue("driver")).toLowerCase();
    const granted: unknown = event.name === "DataConsentGranted" ? event.args.getValue("consent") : null;
    byDriver.set(driver, granted instanceof Result ? consentView.parse(granted.toObject()) : none);
  }
  return byDriver;
}

/** Whether a driver let the grantee do all of this then, for this part of the price or less. */
export function isConsenting({ byDriver, timestamp }: ConsentsAt, driver: string, rule: ConsentRule): boolean {
  const { scopes, until, shareBps } = byDriver.get(driver.toLowerCase()) ?? none;
  return scopes !== 0 && timestamp < until && (scopes & rule.scopes) === rule.scopes && shareBps <= rule.shareBps;
}

import { Result } from "ethers";
import { z } from "zod";

import type { ChainAccess } from "./chain-access.ts";
import type { LogReader } from "./chain-reader.ts";
import { consentInterface, salesInterface } from "./contracts.ts";
import type { ContractCall } from "./transactions.ts";

/** Whom a driver lets use data, and how. */
export interface DataConsent {
  readonly driver: string;
  readonly grantee: string;
  /** Bits of `consentScopes`. */
  readonly scopes: number;
  /** Seconds since 1970. */
  readonly until: number;
  /** The least part of a price that drivers must get, in basis points. */
  readonly shareBps: number;
  /** The driver's account on which parts arrive. */
  readonly lane: number;
  readonly nonce: number;
}

const hex = z.string().regex(/^0x[0-9a-fA-F]*$/u);
const small = z.bigint().transform(Number);
const consentSchema = z.object({
  driver: z.string(),
  grantee: z.string(),
  scopes: small,
  until: small,
  shareBps: small,
  lane: small,
  nonce: small,
});

/** The driver's present consent for an account, with the nonce that comes next; its scopes are 0 if there is none. */
export async function readConsent(
  chain: ChainAccess,
  dataConsents: string,
  driver: string,
  grantee: string,
): Promise<DataConsent> {
  const data = consentInterface.encodeFunctionData("consentOf", [driver, grantee]);
  const answer = hex.parse(await chain.request("eth_call", [{ to: dataConsents, data }, "latest"]));
  const content: unknown = consentInterface.decodeFunctionResult("consentOf", answer)[0];
  return consentSchema.parse(content instanceof Result ? content.toObject() : content);
}

/** All consents of a driver that were not revoked, the newest first; some may be over. */
export async function readConsents(
  chain: ChainAccess,
  readLogs: LogReader,
  dataConsents: string,
  driver: string,
): Promise<readonly DataConsent[]> {
  const topics = consentInterface.encodeFilterTopics("DataConsentGranted", [driver]);
  const logs = await readLogs(dataConsents, topics);
  const grantees = logs.map((log) => {
    const granted = consentInterface.decodeEventLog("DataConsentGranted", log.data, [...log.topics]);
    return z.string().parse(granted.getValue("grantee"));
  });
  const consents = await Promise.all(
    [...new Set(grantees.toReversed())].map((grantee) => readConsent(chain, dataConsents, driver, grantee)),
  );
  return consents.filter(({ scopes }) => scopes !== 0);
}

/** What sales of data have brought to a driver's accounts, in 10⁻⁶ token. */
export async function readEarnedMicro(readLogs: LogReader, evidenceSales: string, driver: string): Promise<bigint> {
  const logs = await readLogs(evidenceSales, salesInterface.encodeFilterTopics("PartCredited", [null, driver]));
  return logs.reduce((sum, log) => {
    const credited = salesInterface.decodeEventLog("PartCredited", log.data, [...log.topics]);
    return sum + z.bigint().parse(credited.getValue("amountMicro"));
  }, 0n);
}

/** The driver consents; `nonce` as `readConsent` has it. */
export function consentCall(dataConsents: string, consent: DataConsent): ContractCall {
  return { to: dataConsents, data: consentInterface.encodeFunctionData("grant", [consent]) };
}

/** The driver takes the consent for an account back, at once. */
export function revokeCall(dataConsents: string, grantee: string): ContractCall {
  return { to: dataConsents, data: consentInterface.encodeFunctionData("revoke", [grantee]) };
}

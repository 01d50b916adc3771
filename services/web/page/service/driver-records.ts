import type { RecordsGrant } from "../../../domain/records-grant.ts";
import { newKey } from "./view-keys.ts";
import { ServiceUnreachableError, refuse } from "./service-client.ts";

/** Where grants are sent. */
export const recordsPath = "/v1/driver-records";
/** A year of charges is there in seconds; a slow line may take minutes. */
const archiveTimeoutMs = 600_000;

/** A grant as the driver signed it: what the service is sent, word for word. */
export interface SignedRecordsGrant {
  readonly driver: string;
  readonly reader: string;
  readonly key: string;
  readonly until: number;
  readonly signature: string;
}

/** A grant with a key of its own, not signed yet. @param lastsSeconds from now on */
export function newRecordsGrant(driver: string, service: string, reader: string, lastsSeconds: number): RecordsGrant {
  return { driver, service, reader, key: newKey(), until: Math.floor(Date.now() / 1_000) + lastsSeconds };
}

export function signedGrantOf(grant: RecordsGrant, signature: string): SignedRecordsGrant {
  const { driver, reader, key, until } = grant;
  return { driver, reader, key, until, signature };
}

/** All records of the driver, as a ZIP archive. @throws ServiceRefusal, ServiceUnreachableError */
export async function readRecords(grant: SignedRecordsGrant): Promise<Blob> {
  let response: Response;
  try {
    response = await fetch(recordsPath, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(grant),
      signal: AbortSignal.timeout(archiveTimeoutMs),
    });
    if (response.ok) return await response.blob();
  } catch (cause) {
    throw new ServiceUnreachableError(`${recordsPath} does not answer.`, { cause });
  }
  return refuse(recordsPath, response.status, await response.json().catch(() => null));
}

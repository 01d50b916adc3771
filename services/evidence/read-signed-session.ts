import type { Store, StoredSession } from "../store/store.ts";
import type { SignedSession } from "./formats/signed-session.ts";
import type { MeterDirectory } from "./meter-directory.ts";

/** What the service has of a session; `null` where the registry has no such meter. */
export async function readSignedSession(
  { store, meters }: { readonly store: Pick<Store, "listRecords">; readonly meters: Pick<MeterDirectory, "readMeter"> },
  { sessionId, terms, state }: Pick<StoredSession, "sessionId" | "terms" | "state">,
): Promise<SignedSession | null> {
  const meter = await meters.readMeter(terms.meter);
  if (meter === null) return null;
  const records = (await store.listRecords(sessionId)).map(({ record }) => ({ bytes: record }));
  const { curve, publicKey } = meter;
  return { records, meter: { curve, publicKey }, opening: state.opening };
}

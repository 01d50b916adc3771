import { createSessionCompleter, type SessionCompleter } from "./complete-session.ts";
import { createSupportedFormats } from "./formats/supported-formats.ts";
import { createRecordReceiver, type RecordReceiver, type RecordReceiverDeps } from "./receive-record.ts";
import { createRecordVerifier, type RecordVerifier } from "./verify-record.ts";

/** What the other rooms use of this one. */
export interface Evidence {
  readonly verifier: RecordVerifier;
  readonly completer: SessionCompleter;
  readonly receiver: RecordReceiver;
}

export function createEvidence(
  deps: Omit<RecordReceiverDeps, "verifier" | "completer"> & Parameters<typeof createSessionCompleter>[0],
): Evidence {
  const verifier = createRecordVerifier(createSupportedFormats());
  const completer = createSessionCompleter(deps);
  return { verifier, completer, receiver: createRecordReceiver({ ...deps, verifier, completer }) };
}

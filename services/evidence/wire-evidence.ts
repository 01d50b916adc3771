import { createSessionCompleter, type SessionCompleter } from "./complete-session.ts";
import { nodeCryptography } from "./formats/ocmf/node-cryptography.ts";
import type { OcmfVerifier } from "./formats/ocmf/types.ts";
import { createOcmfVerifier } from "./formats/ocmf/verifier.ts";
import { createRecordReceiver, type RecordReceiver, type RecordReceiverDeps } from "./receive-record.ts";
import { createRecordVerifier, type RecordVerifier } from "./verify-record.ts";

/** What the other rooms use of this one. */
export interface Evidence {
  readonly ocmf: OcmfVerifier;
  readonly verifier: RecordVerifier;
  readonly completer: SessionCompleter;
  readonly receiver: RecordReceiver;
}

export function createEvidence(
  deps: Omit<RecordReceiverDeps, "verifier" | "completer"> & Parameters<typeof createSessionCompleter>[0],
): Evidence {
  const ocmf = createOcmfVerifier({ cryptography: nodeCryptography });
  const verifier = createRecordVerifier({ ocmf });
  const completer = createSessionCompleter(deps);
  return { ocmf, verifier, completer, receiver: createRecordReceiver({ ...deps, verifier, completer }) };
}

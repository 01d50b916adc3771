import type { HttpDoor } from "../door.ts";
import { createDossierSignaturesHandler } from "./dossier-signatures.ts";
import { createSignaturesHandler } from "./quorum-signatures.ts";
import { createStatementSignaturesHandler } from "./statement-signatures.ts";

/** What the other oracles of the committee ask, each with the key that the two services share. */
export function peerDoors(
  deps: Parameters<typeof createSignaturesHandler>[0] &
    Parameters<typeof createDossierSignaturesHandler>[0] &
    Parameters<typeof createStatementSignaturesHandler>[0],
): readonly HttpDoor[] {
  return [
    { path: "/v1/quorum/signatures", method: "POST", handler: createSignaturesHandler(deps) },
    { path: "/v1/quorum/dossier-signatures", method: "POST", handler: createDossierSignaturesHandler(deps) },
    { path: "/v1/quorum/statement-signatures", method: "POST", handler: createStatementSignaturesHandler(deps) },
  ];
}

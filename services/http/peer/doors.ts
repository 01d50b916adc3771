import type { HttpDoor } from "../door.ts";
import { createDossierSignaturesHandler } from "./dossier-signatures.ts";
import { createQuorumDoors } from "./quorum-signatures.ts";
import { createStatementSignaturesHandler } from "./statement-signatures.ts";

/** What the other oracles of the committee ask, each with the key that the two services share. */
export function peerDoors(
  deps: Parameters<typeof createQuorumDoors>[0] &
    Parameters<typeof createDossierSignaturesHandler>[0] &
    Parameters<typeof createStatementSignaturesHandler>[0],
): readonly HttpDoor[] {
  const { signatures, lowerings } = createQuorumDoors(deps);
  return [
    { path: "/v1/quorum/signatures", method: "POST", handler: signatures },
    { path: "/v1/quorum/lowerings", method: "POST", handler: lowerings },
    { path: "/v1/quorum/dossier-signatures", method: "POST", handler: createDossierSignaturesHandler(deps) },
    { path: "/v1/quorum/statement-signatures", method: "POST", handler: createStatementSignaturesHandler(deps) },
  ];
}

import { idTagOf } from "../../domain/id-tag.ts";
import type { SessionTerms } from "../../domain/terms.ts";
import type { DossierSession } from "../format/dossier-schema.ts";

/** The terms that driver and operator agreed to. */
export function termsOf({ terms }: DossierSession): SessionTerms {
  return { ...terms, holdMicro: BigInt(terms.holdMicro) };
}

/** The idTag that the meter has to have signed, if its records are bound to the session. */
export function idTagOfSession({ sessionId, opening }: DossierSession): string {
  return idTagOf(sessionId, opening);
}

import { normalizeIdTag } from "../id-tag.ts";

/** What of 2.x can stand for a vehicle at a charger. `KeyCode` can not: whoever sees it typed has it. */
export const boundIdTokenTypes = ["ISO14443", "ISO15693", "eMAID", "MacAddress", "Local"] as const;

export type BoundIdTokenType = (typeof boundIdTokenTypes)[number];

/** Longest idToken of 2.x; idTags of 1.6 have 20 characters at most. */
const greatestLength = 36;
/** Printable ASCII without blanks and quotes: cards, MAC addresses and eMAIDs have no other. */
const grammar = /^[!#-&(-~]+$/;

/** An idToken that stands for somebody; `null` for none and for the empty one, with which 2.x says that nobody asked. */
export function standingIdToken(idToken: string | null): string | null {
  return idToken === null || idToken.trim() === "" ? null : idToken;
}

/** Whether this can be an idToken that is bound. */
export function isBindable(idToken: string): boolean {
  return idToken.length <= greatestLength && grammar.test(idToken);
}

/**
 * The spelling under which an idToken is stored and found: both versions compare without regard to case, and the
 * hyphens of an eMAID are optional (ISO 15118-2, annex H).
 */
export function normalizeIdToken(idToken: string, type: BoundIdTokenType): string {
  const upper = normalizeIdTag(idToken);
  return type === "eMAID" ? upper.replaceAll("-", "") : upper;
}

/** Whether two types of 2.x are the same; 2.1 compares them without regard to case. */
export function isSameIdTokenType(left: string, right: string): boolean {
  return normalizeIdTag(left) === normalizeIdTag(right);
}

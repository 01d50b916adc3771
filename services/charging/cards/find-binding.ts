import { isSameIdTokenType, normalizeIdToken } from "../../domain/charging/id-token.ts";
import { normalizeIdTag } from "../../domain/id-tag.ts";
import type { Store } from "../../store/store.ts";
import { typesOf, type IdTokenBinding } from "../../store/tokens.ts";

/**
 * The binding of an idToken as a station presents it.
 * @param type As 2.x says it, and then it has to be one of the binding's; `null` in 1.6, which has no types.
 */
export async function findBinding(
  store: Pick<Store, "findIdTokenBinding">,
  idToken: string,
  type: string | null,
): Promise<IdTokenBinding | null> {
  if (idToken === "") return null;
  const spelling = normalizeIdTag(idToken);
  const withoutHyphens = normalizeIdToken(idToken, "eMAID");
  const exact = await store.findIdTokenBinding(spelling);
  const contract = withoutHyphens === spelling ? null : await store.findIdTokenBinding(withoutHyphens);
  const found = exact ?? (contract?.type === "eMAID" ? contract : null);
  if (found === null || type === null) return found;
  return typesOf(found).some((bound) => isSameIdTokenType(bound, type)) ? found : null;
}

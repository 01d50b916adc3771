import { isSameIdTokenType, normalizeIdToken } from "../../domain/charging/id-token.ts";
import { normalizeIdTag } from "../../domain/id-tag.ts";
import type { Store } from "../../store/store.ts";
import type { IdTokenBinding } from "../../store/tokens.ts";

/**
 * The binding of an idToken as a station presents it.
 * @param type As 2.x says it, and then it has to be the binding's; `null` in 1.6, which has no types.
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
  return found !== null && (type === null || isSameIdTokenType(found.type, type)) ? found : null;
}

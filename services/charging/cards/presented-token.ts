import { isSameIdTag } from "../../domain/id-tag.ts";
import type { StoredFrame } from "../../store/ocpp.ts";
import { textAt } from "../../ocpp/payload.ts";

/**
 * The types of 2.x under which the idToken of a transaction was presented in its frames, in order; `null` stands for 1.6,
 * which has no types.
 * @param goesBy The idToken that the transaction goes by, in any spelling.
 */
export function presentedTypes(frames: readonly StoredFrame[], goesBy: string): readonly (string | null)[] {
  const types = frames.flatMap(({ protocol, text }) => {
    const frame: unknown = JSON.parse(text);
    const payload: unknown = Array.isArray(frame) ? frame[3] : undefined;
    const idToken = protocol === "ocpp1.6" ? textAt(payload, "idTag") : textAt(payload, "idToken", "idToken");
    if (idToken === null || !isSameIdTag(idToken, goesBy)) return [];
    return [protocol === "ocpp1.6" ? null : (textAt(payload, "idToken", "type") ?? "")];
  });
  return [...new Set(types)];
}

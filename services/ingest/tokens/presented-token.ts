import { isSameIdTag } from "../../domain/id-tag.ts";
import type { StoredFrame } from "../../store/ocpp.ts";
import { textAt } from "../ocpp/payload-fields.ts";

/** An idToken as the station of a transaction presented it; the type is of 2.x. */
export interface PresentedToken {
  readonly idToken: string;
  readonly type: string | null;
}

/**
 * How the idToken that a transaction goes by was presented in its frames; `null` if it was not.
 * @param goesBy In any spelling.
 */
export function presentedToken(frames: readonly StoredFrame[], goesBy: string | null): PresentedToken | null {
  for (const { protocol, text } of frames) {
    const frame: unknown = JSON.parse(text);
    const payload: unknown = Array.isArray(frame) ? frame[3] : undefined;
    const idToken = protocol === "ocpp1.6" ? textAt(payload, "idTag") : textAt(payload, "idToken", "idToken");
    if (idToken === null || goesBy === null || !isSameIdTag(idToken, goesBy)) continue;
    return { idToken, type: protocol === "ocpp1.6" ? null : (textAt(payload, "idToken", "type") ?? "") };
  }
  return null;
}

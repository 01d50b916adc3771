import type { StoredFrame } from "../../store/ocpp.ts";
import { textAt } from "../ocpp/payload-fields.ts";

/** An idToken as the station of a transaction presented it; the type is of 2.x. */
export interface PresentedToken {
  readonly idToken: string;
  readonly type: string | null;
}

/** The first idToken in the frames of a transaction; `null` if there is none. */
export function presentedToken(frames: readonly StoredFrame[]): PresentedToken | null {
  for (const { protocol, text } of frames) {
    const frame: unknown = JSON.parse(text);
    const payload: unknown = Array.isArray(frame) ? frame[3] : undefined;
    const idToken = protocol === "ocpp1.6" ? textAt(payload, "idTag") : textAt(payload, "idToken", "idToken");
    if (idToken === null) continue;
    return { idToken, type: protocol === "ocpp1.6" ? null : (textAt(payload, "idToken", "type") ?? "") };
  }
  return null;
}

import { encodeBase64, sha256, toUtf8Bytes } from "ethers";

/** What shows a session whole to whoever has it. The page makes it up; the service gets to know its digest first. */
const prefix = "wattproof.viewKey.";
const keyBytes = 32;

/** Of a session on this device; `null` where it has none. */
export function keptViewKey(sessionId: string): string | null {
  try {
    return localStorage.getItem(prefix + sessionId);
  } catch {
    // Where storage is forbidden the driver signs again.
    return null;
  }
}

/** A key by chance: 256 bits as text. */
export function newKey(): string {
  return encodeBase64(crypto.getRandomValues(new Uint8Array(keyBytes)))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");
}

/** The key of a session on this device, a new one where there is none. */
export function viewKeyFor(sessionId: string): string {
  const known = keptViewKey(sessionId);
  if (known !== null) return known;
  const key = newKey();
  try {
    localStorage.setItem(prefix + sessionId, key);
  } catch {
    // As above.
  }
  return key;
}

/** For a key that the service does not know. */
export function forgetViewKey(sessionId: string): void {
  try {
    localStorage.removeItem(prefix + sessionId);
  } catch {
    // As above.
  }
}

/** SHA-256 of the key's text, 64 hexadecimal digits. */
export function digestOfViewKey(key: string): string {
  return sha256(toUtf8Bytes(key)).slice(2);
}

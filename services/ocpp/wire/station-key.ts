import { createHash, timingSafeEqual } from "node:crypto";

import type { StationKey } from "../../store/ocpp.ts";

// AuthorizationKey of the security whitepaper is hexadecimal text for 16 to 20 bytes, and the station sends the bytes.
const hexadecimalKey = /^(?:[0-9a-fA-F]{2}){16,20}$/;

function digestOf(bytes: Uint8Array): Buffer {
  return createHash("sha256").update(bytes).digest();
}

/** The digest under which a key is stored; hexadecimal text stands for its bytes. */
export function stationKeySha256Of(key: string): string {
  return digestOf(hexadecimalKey.test(key) ? Buffer.from(key, "hex") : Buffer.from(key)).toString("hex");
}

/** The key that a password is, be it sent as bytes or as the text for them; every key is compared in constant time. */
export function findStationKey(keys: readonly StationKey[], password: Uint8Array): StationKey | null {
  const text = Buffer.from(password).toString("latin1");
  const asBytes = digestOf(password);
  const asText = hexadecimalKey.test(text) ? digestOf(Buffer.from(text, "hex")) : asBytes;
  let found: StationKey | null = null;
  for (const key of keys) {
    const expected = Buffer.from(key.keySha256, "hex");
    if (expected.length !== asBytes.length) continue;
    const isBytes = timingSafeEqual(expected, asBytes);
    const isText = timingSafeEqual(expected, asText);
    if (isBytes || isText) found = key;
  }
  return found;
}

import { z } from "zod";

import type { KnownPasskey } from "./webauthn.ts";

/** The passkey that this device pays with, and who could recover its account when the account began. */
export interface KeptPasskey extends KnownPasskey {
  readonly recovery: string;
}

const name = "wattproof.passkey";
const word = z.string().regex(/^0x[0-9a-f]{64}$/u);
const schema = z.object({
  credentialId: z.string().min(1),
  point: z.object({ x: word, y: word }),
  recovery: z.string().regex(/^0x[0-9a-fA-F]{40}$/u),
});

/** `null` where this device has none, or keeps nothing. */
export function readKeptPasskey(): KeptPasskey | null {
  try {
    return schema.parse(JSON.parse(localStorage.getItem(name) ?? ""));
  } catch {
    // Without it the driver signs in again with the passkey, which stays where it is.
    return null;
  }
}

export function keepPasskey(passkey: KeptPasskey): void {
  try {
    localStorage.setItem(name, JSON.stringify(passkey));
  } catch {
    // As above.
  }
}

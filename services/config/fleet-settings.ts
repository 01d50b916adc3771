import { z } from "zod";

import { WattproofError } from "../errors.ts";
import { integer } from "./setting-types.ts";

/** The settings of cards and contracts that open sessions. */
export const fleetSettings = {
  FLEET_PRIVATE_KEYS: z.string().optional().meta({
    description:
      "Keys of fleets whose cards open sessions here, separated by commas; each 0x and 64 hexadecimal digits.",
  }),
  FLEET_KEYSTORES: z.string().optional().meta({
    description: "Paths of encrypted JSON keystores with keys of fleets, separated by commas.",
  }),
  FLEET_KEYSTORE_PASSWORD: z.string().optional().meta({ description: "Password of the fleets' keystores." }),
  TOKEN_START_LIMIT_MS: integer(10_000, 86_400_000).prefault("900000").meta({
    description: "How long ago a charge with a card may have begun for a session to be opened, in milliseconds.",
  }),
  TOKEN_OPENING_WAIT_MS: integer(0, 8_000).prefault("5000").meta({
    description: "Longest that a charger waits for its answer while a card's session is opened, in milliseconds.",
  }),
  TOKEN_SESSION_SECONDS: integer(3_600, 172_800)
    .prefault("86400")
    .meta({ description: "After how long the hold of a card's session returns by itself, in seconds." }),
};

/** How a fleet's key is given. */
export type FleetKey =
  | { readonly kind: "private-key"; readonly privateKey: string }
  | { readonly kind: "keystore"; readonly path: string; readonly password: string };

/** What opens sessions for cards and contracts. */
export interface FleetConfig {
  /** Without any, no card opens anything. */
  readonly keys: readonly FleetKey[];
  readonly startLimitMs: number;
  readonly openingWaitMs: number;
  readonly sessionSeconds: number;
}

const fleetLimit = 64;

/** The settings as the service uses them. @throws CONFIGURATION_INVALID, never with a key in it */
export function fleetsOf(
  settings: z.output<z.ZodObject<typeof fleetSettings>>,
  relayerKey: string | undefined,
): FleetConfig {
  const { FLEET_KEYSTORE_PASSWORD: password } = settings;
  const paths = listOf(settings.FLEET_KEYSTORES);
  const keys: FleetKey[] = listOf(settings.FLEET_PRIVATE_KEYS).map((privateKey) => {
    if (!/^0x[0-9a-fA-F]{64}$/.test(privateKey)) {
      throw invalid("WATTPROOF_FLEET_PRIVATE_KEYS: each is 0x and 64 hexadecimal digits.");
    }
    return { kind: "private-key", privateKey };
  });
  if (paths.length > 0 && password === undefined) {
    throw invalid("WATTPROOF_FLEET_KEYSTORES needs WATTPROOF_FLEET_KEYSTORE_PASSWORD.");
  }
  for (const path of paths) keys.push({ kind: "keystore", path, password: password ?? "" });
  if (keys.length > fleetLimit) throw invalid(`WATTPROOF_FLEET_…: at most ${fleetLimit} keys.`);
  if (keys.length > 0 && relayerKey === undefined) {
    throw invalid("Keys of fleets need WATTPROOF_RELAYER_PRIVATE_KEY, which pays for what they open.");
  }
  return {
    keys,
    startLimitMs: settings.TOKEN_START_LIMIT_MS,
    openingWaitMs: settings.TOKEN_OPENING_WAIT_MS,
    sessionSeconds: settings.TOKEN_SESSION_SECONDS,
  };
}

function listOf(text: string | undefined): readonly string[] {
  return (text ?? "")
    .split(",")
    .map((entry) => entry.trim())
    .filter((entry) => entry !== "");
}

function invalid(detail: string): WattproofError {
  return new WattproofError("CONFIGURATION_INVALID", detail);
}

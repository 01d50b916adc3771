import type { z } from "zod";

import type { AccountKey } from "./chain-settings.ts";
import { section } from "./section.ts";
import { integer, listOf, optional, parsed, privateKey, secret, setting, text, type Kind } from "./setting.ts";

const fleetLimit = 64;

const keyList: Kind<readonly string[]> = parsed(
  (given) => {
    const keys = listOf(given);
    return keys.every((key) => privateKey.schema.safeParse(key).success) ? keys : null;
  },
  "list of keys",
  "a list of keys, each 0x and 64 hexadecimal digits, separated by commas",
);
const privateKeys: Kind<readonly string[]> = { ...keyList, isSecret: true };
const paths: Kind<readonly string[]> = { ...text("list of paths", 0), schema: text("", 0).schema.transform(listOf) };

/** What opens sessions for cards and contracts. */
export const fleetSection = section(
  "Cards and fleets",
  {
    privateKeys: setting(
      "FLEET_PRIVATE_KEYS",
      privateKeys,
      "",
      "Keys of fleets whose cards open sessions here, separated by commas. They need `WATTPROOF_RELAYER_PRIVATE_KEY`.",
    ),
    keystores: setting(
      "FLEET_KEYSTORES",
      paths,
      "",
      "Encrypted JSON keystores with keys of fleets, separated by commas.",
    ),
    password: optional("FLEET_KEYSTORE_PASSWORD", secret, "Password of the fleets' keystores."),
    startLimitMs: setting(
      "TOKEN_START_LIMIT_MS",
      integer(10_000, 86_400_000, "ms"),
      900_000,
      "Open no session for a charge with a card that began longer ago than this (ms).",
    ),
    openingWaitMs: setting(
      "TOKEN_OPENING_WAIT_MS",
      integer(0, 8_000, "ms"),
      5_000,
      "Longest wait of a charger for its answer while a card's session is opened (ms).",
    ),
    sessionSeconds: setting(
      "TOKEN_SESSION_SECONDS",
      integer(3_600, 172_800, "s"),
      86_400,
      "The hold of a card's session returns after this time (s).",
    ),
  },
  ({ privateKeys: given, keystores, password, ...values }, complain) => {
    if (keystores.length > 0 && password === null) {
      return complain("FLEET_KEYSTORES", "needs WATTPROOF_FLEET_KEYSTORE_PASSWORD");
    }
    if (given.length + keystores.length > fleetLimit) {
      return complain("FLEET_PRIVATE_KEYS", `at most ${fleetLimit} keys, those of keystores included`);
    }
    const keys: readonly AccountKey[] = [
      ...given.map((key) => ({ kind: "private-key" as const, privateKey: key })),
      ...keystores.map((path) => ({ kind: "keystore" as const, path, password: password ?? "" })),
    ];
    return { ...values, keys };
  },
);

/** What opens sessions for cards and contracts. Without keys no card opens anything. */
export type FleetConfig = Readonly<z.output<typeof fleetSection.schema>>;

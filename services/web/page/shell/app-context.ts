import { createContext } from "preact";
import { useContext } from "preact/hooks";

import type { ChainAccess } from "../chain/chain-access.ts";
import type { ChainReader, LogReader } from "../chain/chain-reader.ts";
import type { PageConfiguration } from "../configuration.ts";
import type { Sites } from "../service/sites.ts";
import type { Coin } from "../text/coin.ts";
import type { Language, TextKey } from "../text/translation.ts";
import type { WalletConnection } from "../wallet/wallet-connection.ts";
import type { DiscoveredWallet } from "../wallet/wallet-discovery.ts";

export const appearances = ["system", "light", "dark"] as const;
export type Appearance = (typeof appearances)[number];

/** What every screen works with. */
export interface App {
  readonly configuration: PageConfiguration;
  readonly language: Language;
  /** The language with the device's region: how numbers, money and dates are written. */
  readonly locale: string;
  /** A text of the chosen language, filled in. */
  readonly text: (key: TextKey, values?: Readonly<Record<string, string | number>>) => string;
  readonly coin: Coin;
  /** An amount for people, with two decimals. */
  readonly money: (micro: bigint) => string;
  /** An amount with every digit that it has: for what is signed and for what somebody asks to see. */
  readonly exactMoney: (micro: bigint) => string;
  /** Where the operator says its chargers stand; empty until the service has told. */
  readonly sites: Sites;
  readonly chain: ChainAccess;
  readonly reader: ChainReader;
  readonly readLogs: LogReader;
  readonly wallets: readonly DiscoveredWallet[];
  /** `null` while none is connected. */
  readonly connection: WalletConnection | null;
  readonly setConnection: (connection: WalletConnection | null) => void;
  readonly appearance: Appearance;
  readonly setAppearance: (appearance: Appearance) => void;
  readonly setLanguage: (language: Language) => void;
}

export const AppContext = createContext<App | null>(null);

export function useApp(): App {
  const app = useContext(AppContext);
  if (app === null) throw new Error("A screen is shown outside of the page.");
  return app;
}

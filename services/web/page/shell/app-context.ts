import { createContext } from "preact";
import { useContext } from "preact/hooks";

import type { ChainAccess } from "../chain/chain-access.ts";
import type { ChainReader, LogReader } from "../chain/chain-reader.ts";
import type { PageConfiguration } from "../configuration.ts";
import type { Language, TextKey } from "../text/translation.ts";
import type { WalletConnection } from "../wallet/wallet-connection.ts";
import type { DiscoveredWallet } from "../wallet/wallet-discovery.ts";

/** What every screen works with. */
export interface App {
  readonly configuration: PageConfiguration;
  readonly language: Language;
  /** A text of the chosen language, filled in. */
  readonly text: (key: TextKey, values?: Readonly<Record<string, string | number>>) => string;
  /** An amount with the token's symbol. */
  readonly money: (micro: bigint) => string;
  readonly symbol: string;
  readonly chain: ChainAccess;
  readonly reader: ChainReader;
  readonly readLogs: LogReader;
  readonly wallets: readonly DiscoveredWallet[];
  /** `null` while none is connected. */
  readonly connection: WalletConnection | null;
  readonly setConnection: (connection: WalletConnection | null) => void;
}

export const AppContext = createContext<App | null>(null);

export function useApp(): App {
  const app = useContext(AppContext);
  if (app === null) throw new Error("A screen is shown outside of the page.");
  return app;
}

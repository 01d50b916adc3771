import { useEffect, useState } from "preact/hooks";

import type { PageConfiguration } from "../configuration.ts";
import { keepSetting, readSetting } from "../shell/kept-settings.ts";
import { connectWallet, type WalletConnection } from "./wallet-connection.ts";
import { canUsePasskeys } from "./passkey/passkey-page.ts";
import { discoverWallets, type DiscoveredWallet } from "./wallet-discovery.ts";

const developmentWalletId = "wattproof.development";
const passkeyWalletId = "wattproof.passkey";
const watchedEvents = ["accountsChanged", "chainChanged", "disconnect"] as const;

/** The wallets of this browser, and the one that is connected; it is connected again after a reload. */
export function useWallets(configuration: PageConfiguration): {
  readonly wallets: readonly DiscoveredWallet[];
  readonly connection: WalletConnection | null;
  readonly setConnection: (connection: WalletConnection | null) => void;
} {
  const [announced, setAnnounced] = useState<readonly DiscoveredWallet[]>([]);
  const [development, setDevelopment] = useState<DiscoveredWallet | null>(null);
  const [connection, setConnection] = useState<WalletConnection | null>(null);
  const [passkey, setPasskey] = useState<DiscoveredWallet | null>(null);
  const others = development === null ? announced : [...announced, development];
  const wallets = passkey === null ? others : [passkey, ...others];

  useEffect(() => discoverWallets(setAnnounced), []);
  useEffect(() => {
    if (configuration.developmentWallet !== null) void loadDevelopmentWallet(configuration).then(setDevelopment);
  }, [configuration]);

  useEffect(() => {
    // Chosen before on this device; whoever chooses it now loads it then.
    if (readSetting("wallet") !== passkeyWalletId || !canUsePasskeys(configuration)) return;
    void import("./passkey/passkey-wallet.ts").then(({ createPasskeyWallet }) => {
      setPasskey(createPasskeyWallet(configuration, passkeyWalletId).wallet);
    });
  }, [configuration]);

  useEffect(() => {
    const kept = wallets.find(({ id }) => id === readSetting("wallet"));
    if (connection !== null || kept === undefined) return;
    // A wallet that no longer answers is chosen anew by hand.
    connectWallet(kept, false).then(setConnection, () => undefined);
  }, [announced, development, passkey]);

  useEffect(() => {
    const wallet = connection?.wallet;
    if (wallet === undefined) return undefined;
    const { provider } = wallet;
    const follow = (): void => {
      connectWallet(wallet, false).then(setConnection, () => {
        setConnection(null);
      });
    };
    for (const event of watchedEvents) provider.on?.(event, follow);
    return () => {
      for (const event of watchedEvents) provider.removeListener?.(event, follow);
    };
  }, [connection?.wallet]);

  return {
    wallets,
    connection,
    setConnection(next) {
      keepSetting("wallet", next?.wallet.id ?? null);
      setConnection(next);
    },
  };
}

/** Signing needs more code than the rest of the page, so it is loaded only where a demo has such a wallet. */
async function loadDevelopmentWallet(configuration: PageConfiguration): Promise<DiscoveredWallet | null> {
  const { developmentWallet, chainId } = configuration;
  if (developmentWallet === null) return null;
  const { createDevelopmentWallet } = await import("./development-wallet.ts");
  return {
    id: developmentWalletId,
    name: "",
    icon: null,
    provider: createDevelopmentWallet({ ...developmentWallet, chainId }),
    isDevelopment: true,
  };
}

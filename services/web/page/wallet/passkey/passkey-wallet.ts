import { createOwnOriginChain } from "../../chain/chain-access.ts";
import type { PageConfiguration } from "../../configuration.ts";
import type { DiscoveredWallet } from "../wallet-discovery.ts";
import { createPasskeyChain } from "./passkey-chain.ts";
import { createPasskeyProvider } from "./passkey-provider.ts";
import { signInWithPasskey } from "./sign-in.ts";

/** The passkey of this device as a wallet, and the way to one that was made on another device. */
export interface PasskeyWallet {
  readonly wallet: DiscoveredWallet;
  /** @returns whether one of the driver's passkeys has an account; it is kept then. */
  readonly signIn: () => Promise<boolean>;
}

/**
 * @param passkeyName What the device calls a passkey that is made.
 * @throws Error where the service brings nothing for passkeys
 */
export function createPasskeyWallet(configuration: PageConfiguration, passkeyName: string): PasskeyWallet {
  const { chainId, blockNumber } = configuration;
  const accounts = configuration.passkeys?.accounts;
  if (accounts === undefined) throw new Error("The service brings nothing for passkeys.");
  const chain = createOwnOriginChain();
  const passkeys = createPasskeyChain(chain, accounts, blockNumber);
  const provider = createPasskeyProvider({ chainId, accounts, passkeyName, chain, passkeys });
  const wallet = {
    id: "wattproof.passkey",
    name: "Passkey",
    icon: null,
    provider,
    isDevelopment: false,
    isPasskey: true,
  };
  return { wallet, signIn: async () => (await signInWithPasskey(passkeys)) !== null };
}

import { z } from "zod";

import type { Eip1193Provider } from "./eip1193.ts";

/** A wallet that announced itself. Its name is anybody's text. */
export interface DiscoveredWallet {
  /** The same after a reload: reverse domain name of the wallet, or what stands in for it. */
  readonly id: string;
  readonly name: string;
  /** A picture as `data:` address; `null` if it is none that may be shown. */
  readonly icon: string | null;
  readonly provider: Eip1193Provider;
  /** The wallet that a demo brings along. */
  readonly isDevelopment: boolean;
  /** The passkey of this device, for which the service brings everything to the chain. */
  readonly isPasskey?: boolean;
}

const nameLimit = 40;
const iconLimit = 200_000;
const walletLimit = 20;
const announcementSchema = z.object({
  info: z.object({ uuid: z.string(), name: z.string(), icon: z.string(), rdns: z.string().max(200) }),
  provider: z.custom<Eip1193Provider>(isProvider),
});

/**
 * Collects wallets by EIP-6963, as they announce themselves; one that only sets `window.ethereum` is taken where nobody
 * announces.
 * @returns what ends it.
 */
export function discoverWallets(onChange: (wallets: readonly DiscoveredWallet[]) => void): () => void {
  const found = new Map<string, DiscoveredWallet>();

  function onAnnouncement(event: Event): void {
    const announcement = announcementSchema.safeParse(event instanceof CustomEvent ? event.detail : null);
    if (!announcement.success || found.size >= walletLimit) return;
    const { info, provider } = announcement.data;
    const isPicture = /^data:image\/(?:png|svg\+xml|webp|jpeg|gif)[;,]/u.test(info.icon);
    found.delete("window.ethereum");
    found.set(info.rdns, {
      id: info.rdns,
      name: info.name.slice(0, nameLimit),
      icon: isPicture && info.icon.length <= iconLimit ? info.icon : null,
      provider,
      isDevelopment: false,
    });
    onChange([...found.values()]);
  }

  window.addEventListener("eip6963:announceProvider", onAnnouncement);
  window.dispatchEvent(new Event("eip6963:requestProvider"));
  const injected = "ethereum" in window ? window.ethereum : undefined;
  if (found.size === 0 && isProvider(injected)) {
    const id = "window.ethereum";
    found.set(id, { id, name: "Ethereum", icon: null, provider: injected, isDevelopment: false });
  }
  onChange([...found.values()]);

  return () => {
    window.removeEventListener("eip6963:announceProvider", onAnnouncement);
  };
}

function isProvider(value: unknown): value is Eip1193Provider {
  return typeof value === "object" && value !== null && "request" in value && typeof value.request === "function";
}

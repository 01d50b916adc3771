import type { JSX } from "preact";
import { useState } from "preact/hooks";

import { Icon } from "../../components/icon.tsx";
import { Notice } from "../../components/note.tsx";
import { useApp } from "../../shell/app-context.ts";
import type { DiscoveredWallet } from "../wallet-discovery.ts";
import { readKeptPasskey } from "./kept-passkey.ts";
import { canUsePasskeys, passkeyOriginOf } from "./passkey-page.ts";

/** Paying with a passkey: a new one, that of this device, or one from another device; or where it can be done. */
export function PasskeyWays(properties: {
  readonly isBusy: boolean;
  readonly choose: (wallet: DiscoveredWallet) => Promise<void>;
}): JSX.Element | null {
  const { isBusy, choose } = properties;
  const { text, configuration } = useApp();
  const [problem, setProblem] = useState<string | null>(null);
  const origin = passkeyOriginOf(configuration);
  if (origin === null) return null;
  if (!canUsePasskeys(configuration)) {
    return (
      <Notice
        kind="info"
        action={
          <a class="button" href={`${origin}/${location.hash}`}>
            {text("passkeyElsewhereLink")}
          </a>
        }
      >
        {text("passkeyElsewhere", { address: origin })}
      </Notice>
    );
  }
  const isKnown = readKeptPasskey() !== null;

  async function pay(isSignIn: boolean): Promise<void> {
    setProblem(null);
    // Making and reading assertions takes code that few visitors of the page need.
    const { createPasskeyWallet } = await import("./passkey-wallet.ts");
    const { wallet, signIn } = createPasskeyWallet(configuration, text("passkeyName"));
    if (isSignIn) {
      const isFound = await signIn().catch(() => null);
      if (isFound === false) setProblem(text("passkeyUnknown"));
      if (isFound !== true) return;
    }
    await choose(wallet);
  }

  return (
    <>
      <button class="main wide" disabled={isBusy} onClick={() => void pay(false)}>
        <Icon name="lock" />
        {text(isKnown ? "passkeyUse" : "passkeyCreate")}
      </button>
      <p class="soft">{text("passkeyText")}</p>
      {!isKnown && (
        <button class="wide" disabled={isBusy} onClick={() => void pay(true)}>
          {text("passkeySignIn")}
        </button>
      )}
      {problem !== null && <Notice kind="bad">{problem}</Notice>}
    </>
  );
}

import type { JSX } from "preact";
import { useState } from "preact/hooks";

import { Icon } from "../components/icon.tsx";
import { Notice } from "../components/note.tsx";
import { useApp } from "../shell/app-context.ts";
import { failureText, Waiting } from "../shell/parts.tsx";
import { refusalOf } from "./eip1193.ts";
import { PasskeyWays } from "./passkey/passkey-ways.tsx";
import { connectWallet } from "./wallet-connection.ts";
import type { DiscoveredWallet } from "./wallet-discovery.ts";

/** Every way to pay, one touch each. What is chosen becomes the app's connection. */
export function WaysToPay(): JSX.Element {
  const app = useApp();
  const { text, wallets, configuration, setConnection } = app;
  const [problem, setProblem] = useState<string | null>(null);
  const [isAsking, setAsking] = useState(false);

  async function choose(wallet: DiscoveredWallet): Promise<void> {
    setAsking(true);
    setProblem(null);
    try {
      setConnection(await connectWallet(wallet, true));
    } catch (error) {
      const refusal = refusalOf(error);
      setProblem(
        refusal === "declined"
          ? text("walletRefused")
          : refusal === "busy"
            ? text("walletBusy")
            : failureText(app, error),
      );
    } finally {
      setAsking(false);
    }
  }

  return (
    <div class="close">
      <PasskeyWays isBusy={isAsking} choose={choose} />
      {wallets.length === 0 && configuration.passkeys === null && <Notice kind="info">{text("walletNone")}</Notice>}
      {wallets
        .filter(({ isPasskey }) => isPasskey !== true)
        .map((wallet) => (
          <button
            key={wallet.id}
            class="wide"
            disabled={isAsking}
            onClick={() => {
              void choose(wallet);
            }}
          >
            {wallet.icon === null ? <Icon name="wallet" /> : <img src={wallet.icon} alt="" width={24} height={24} />}
            {text("walletConnect", { name: nameOfWallet(wallet, text("demoWallet")) })}
          </button>
        ))}
      {wallets.some(({ isDevelopment }) => isDevelopment) && <p class="soft">{text("demoWalletWarning")}</p>}
      {isAsking && <Waiting>{text("transactionSign")}</Waiting>}
      {problem !== null && <Notice kind="bad">{problem}</Notice>}
    </div>
  );
}

/** A wallet's name; the demo's has one in the driver's language. */
export function nameOfWallet(wallet: DiscoveredWallet, developmentName: string): string {
  return wallet.isDevelopment ? developmentName : wallet.name;
}

import type { ComponentChildren, JSX } from "preact";
import { useState } from "preact/hooks";

import { useApp } from "../shell/app-context.ts";
import { failureText, Hash, Notice, Waiting } from "../shell/parts.tsx";
import { refusalOf } from "./eip1193.ts";
import { connectWallet, switchChain, type WalletConnection } from "./wallet-connection.ts";
import type { DiscoveredWallet } from "./wallet-discovery.ts";

/** Shows what needs a wallet, once one is connected and on the right chain; until then it leads there. */
export function WithWallet({
  children,
}: {
  readonly children: (connection: WalletConnection) => ComponentChildren;
}): JSX.Element {
  const { connection, configuration } = useApp();
  return (
    <section class="card" aria-labelledby="wallet-title">
      <WalletPanel />
      {connection?.chainId === configuration.chainId && children(connection)}
    </section>
  );
}

function WalletPanel(): JSX.Element {
  const { text, wallets, connection, setConnection, configuration } = useApp();
  const [problem, setProblem] = useState<string | null>(null);
  const [isAsking, setAsking] = useState(false);
  const app = useApp();

  async function ask(action: () => Promise<void>, declined: string): Promise<void> {
    setAsking(true);
    setProblem(null);
    try {
      await action();
    } catch (error) {
      const refusal = refusalOf(error);
      setProblem(refusal === "declined" ? declined : refusal === "busy" ? text("walletBusy") : failureText(app, error));
    } finally {
      setAsking(false);
    }
  }

  return (
    <div class="wallet">
      <h2 id="wallet-title">{text("walletTitle")}</h2>
      {connection === null && wallets.length === 0 && <Notice kind="info">{text("walletNone")}</Notice>}
      {connection === null && (
        <ul class="wallets">
          {wallets.map((wallet) => (
            <li key={wallet.id}>
              <button
                disabled={isAsking}
                onClick={() => {
                  void ask(async () => {
                    setConnection(await connectWallet(wallet, true));
                  }, text("walletRefused"));
                }}
              >
                {wallet.icon !== null && <img src={wallet.icon} alt="" width={24} height={24} />}
                {text("walletConnect", { name: nameOf(wallet, text("demoWallet")) })}
              </button>
            </li>
          ))}
        </ul>
      )}
      {connection !== null && (
        <div class="wallet-connected">
          <p>
            {text("walletConnected", { name: nameOf(connection.wallet, text("demoWallet")) })}
            <br />
            <Hash value={connection.account} />
          </p>
          <button
            class="quiet"
            onClick={() => {
              setConnection(null);
            }}
          >
            {text("walletDisconnect")}
          </button>
        </div>
      )}
      {connection !== null && connection.chainId !== configuration.chainId && (
        <Notice
          kind="warning"
          title={text("walletWrongChain")}
          action={
            <button
              disabled={isAsking}
              onClick={() => {
                void ask(async () => {
                  await switchChain(connection.wallet, configuration);
                  setConnection(await connectWallet(connection.wallet, false));
                }, text("walletSwitchRefused"));
              }}
            >
              {text("walletSwitch", { chain: configuration.chainName })}
            </button>
          }
        >
          {text("walletWrongChainText", { chain: configuration.chainName, id: configuration.chainId })}
        </Notice>
      )}
      {isAsking && <Waiting>{text("transactionSign")}</Waiting>}
      {problem !== null && <Notice kind="bad">{problem}</Notice>}
    </div>
  );
}

function nameOf(wallet: DiscoveredWallet, developmentName: string): string {
  return wallet.isDevelopment ? developmentName : wallet.name;
}

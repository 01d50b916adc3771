import type { ComponentChildren, JSX } from "preact";
import { useState } from "preact/hooks";

import { Notice } from "../components/note.tsx";
import { useApp } from "../shell/app-context.ts";
import { failureText } from "../shell/parts.tsx";
import { refusalOf } from "./eip1193.ts";
import { connectWallet, switchChain, type WalletConnection } from "./wallet-connection.ts";
import { WaysToPay } from "./ways-to-pay.tsx";

/** Shows what needs a way to pay, once one is chosen and ready; until then it leads there. */
export function WithWallet(properties: {
  readonly children: (connection: WalletConnection) => ComponentChildren;
}): JSX.Element {
  const { text, connection, configuration } = useApp();
  if (connection === null) {
    return (
      <section class="stack">
        <h2>{text("walletTitle")}</h2>
        <WaysToPay />
      </section>
    );
  }
  if (connection.chainId !== configuration.chainId) return <WrongChain connection={connection} />;
  return <>{properties.children(connection)}</>;
}

/** The wallet is on another chain: nothing is signed there. */
export function WrongChain({ connection }: { readonly connection: WalletConnection }): JSX.Element {
  const app = useApp();
  const { text, configuration, setConnection } = app;
  const [problem, setProblem] = useState<string | null>(null);
  const [isAsking, setAsking] = useState(false);

  async function change(): Promise<void> {
    setAsking(true);
    setProblem(null);
    try {
      await switchChain(connection.wallet, configuration);
      setConnection(await connectWallet(connection.wallet, false));
    } catch (error) {
      setProblem(refusalOf(error) === "declined" ? text("walletSwitchRefused") : failureText(app, error));
    } finally {
      setAsking(false);
    }
  }

  return (
    <>
      <Notice
        kind="warning"
        title={text("walletWrongChain")}
        action={
          <button disabled={isAsking} onClick={() => void change()}>
            {text("walletSwitch", { chain: configuration.chainName })}
          </button>
        }
      >
        {text("walletWrongChainText", { chain: configuration.chainName, id: configuration.chainId })}
      </Notice>
      {problem !== null && <Notice kind="bad">{problem}</Notice>}
    </>
  );
}

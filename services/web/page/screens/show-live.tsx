import type { JSX } from "preact";
import { useState } from "preact/hooks";

import { typedViewGrantOf } from "../../../domain/session-view-key.ts";
import type { ChainSession } from "../chain/session-history.ts";
import { grantView } from "../service/service-client.ts";
import { digestOfViewKey, forgetViewKey, viewKeyFor } from "../service/view-keys.ts";
import { useApp } from "../shell/app-context.ts";
import { Notice } from "../components/note.tsx";
import { failureText, Waiting } from "../shell/parts.tsx";
import { refusalOf } from "../wallet/eip1193.ts";
import { signTypedData } from "../wallet/wallet-connection.ts";

/** How a charge goes on is its driver's to see: where this device has no key for it, the driver signs for one. */
export function ShowLive(properties: { readonly onChain: ChainSession; readonly onGranted: () => void }): JSX.Element {
  const { onChain, onGranted } = properties;
  const app = useApp();
  const { text, connection, configuration } = app;
  const [isSigning, setSigning] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const { sessionId } = onChain;

  async function grant(): Promise<void> {
    if (connection === null) return;
    setSigning(true);
    setProblem(null);
    try {
      const keySha256 = digestOfViewKey(viewKeyFor(sessionId));
      const request = typedViewGrantOf({ sessionId, keySha256 }, configuration.chainId);
      await grantView({ sessionId, keySha256 }, await signTypedData(connection, request));
      onGranted();
    } catch (error) {
      forgetViewKey(sessionId);
      setProblem(refusalOf(error) === "declined" ? text("showLiveRefused") : failureText(app, error));
    } finally {
      setSigning(false);
    }
  }

  const isOwn = connection?.account === onChain.terms.driver;
  return (
    <>
      <h1>{text("showLiveTitle")}</h1>
      <p>{isOwn ? text("showLiveText") : text("showLiveOthers")}</p>
      {isSigning && <Waiting>{text("transactionSign")}</Waiting>}
      {problem !== null && <Notice kind="bad">{problem}</Notice>}
      {isOwn && (
        <button class="main wide" disabled={isSigning} onClick={() => void grant()}>
          {text("showLiveButton")}
        </button>
      )}
    </>
  );
}

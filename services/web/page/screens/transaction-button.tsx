import type { ComponentChildren, JSX } from "preact";
import { useState } from "preact/hooks";

import { awaitTransaction, type ContractCall } from "../chain/transactions.ts";
import { useApp } from "../shell/app-context.ts";
import { Notice } from "../components/note.tsx";
import { failureText, Waiting } from "../shell/parts.tsx";
import { refusalOf } from "../wallet/eip1193.ts";
import { canSendCalls, sendCalls } from "../wallet/send-calls.ts";
import { sendTransaction, type WalletConnection } from "../wallet/wallet-connection.ts";

type Progress =
  | { readonly kind: "ready" }
  | { readonly kind: "signing" | "mining"; readonly step: number }
  | { readonly kind: "done" | "reverted" | "pending" | "declined" }
  | { readonly kind: "failed"; readonly error: unknown };

/**
 * Sends calls from the driver's wallet: together by one confirmation where it can (a wallet that is a contract tells no hash
 * of a transaction), else one after the other, each after the one before is mined.
 */
export function TransactionButton(properties: {
  readonly connection: WalletConnection;
  /** None: there is nothing to send yet. */
  readonly calls: readonly ContractCall[];
  readonly onDone: () => void;
  /** The contract or the wallet said no, other than by the driver's will. */
  readonly onFailed?: () => void;
  readonly children: ComponentChildren;
}): JSX.Element {
  const { connection, calls, onDone, onFailed, children } = properties;
  const app = useApp();
  const { text, chain } = app;
  const [progress, setProgress] = useState<Progress>({ kind: "ready" });
  const isBusy = progress.kind === "signing" || progress.kind === "mining";

  function end(outcome: "done" | "reverted" | "pending"): void {
    setProgress({ kind: outcome });
    if (outcome === "done") onDone();
    if (outcome === "reverted") onFailed?.();
  }

  async function sendAll(): Promise<void> {
    try {
      if (await canSendCalls(connection, calls.length === 1 ? "one" : "several")) {
        setProgress({ kind: "signing", step: 1 });
        end(await sendCalls(connection, calls));
        return;
      }
      for (const [index, call] of calls.entries()) {
        setProgress({ kind: "signing", step: index + 1 });
        const txHash = await sendTransaction(connection, call);
        setProgress({ kind: "mining", step: index + 1 });
        const outcome = await awaitTransaction(chain, txHash, new AbortController().signal);
        if (outcome !== "done") {
          end(outcome);
          return;
        }
      }
      end("done");
    } catch (error) {
      if (refusalOf(error) === "declined") {
        setProgress({ kind: "declined" });
      } else {
        setProgress({ kind: "failed", error });
        onFailed?.();
      }
    }
  }

  return (
    <>
      <button
        class="main wide"
        disabled={isBusy || calls.length === 0}
        onClick={() => {
          void sendAll();
        }}
      >
        {children}
      </button>
      {progress.kind === "signing" && (
        <Waiting>
          {calls.length > 1
            ? text("transactionStep", { step: progress.step, steps: calls.length })
            : text("transactionSign")}
        </Waiting>
      )}
      {progress.kind === "mining" && <Waiting>{text("transactionWaiting")}</Waiting>}
      {progress.kind === "done" && <Notice kind="good">{text("transactionDone")}</Notice>}
      {progress.kind === "reverted" && <Notice kind="bad">{text("transactionReverted")}</Notice>}
      {progress.kind === "pending" && <Notice kind="info">{text("transactionPending")}</Notice>}
      {progress.kind === "declined" && <Notice kind="info">{text("transactionRefused")}</Notice>}
      {progress.kind === "failed" && <Notice kind="bad">{failureText(app, progress.error)}</Notice>}
    </>
  );
}

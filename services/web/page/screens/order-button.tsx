import type { ComponentChildren, JSX } from "preact";
import { useState } from "preact/hooks";

import type { ContractCall } from "../chain/transactions.ts";
import { relayOrder, ServiceRefusal, ServiceUnreachableError, type SignedOrder } from "../service/service-client.ts";
import { useApp } from "../shell/app-context.ts";
import { Notice } from "../components/note.tsx";
import { failureText, Waiting } from "../shell/parts.tsx";
import { refusalOf } from "../wallet/eip1193.ts";
import { signTypedData, type WalletConnection } from "../wallet/wallet-connection.ts";
import { TransactionButton } from "./transaction-button.tsx";

/** What is signed, how it is sent with its signature, and what the wallet sends instead where the service cannot. */
export interface PreparedOrder {
  readonly typedData: unknown;
  readonly orderOf: (signature: string) => SignedOrder;
  readonly ownCall: ContractCall;
}

type Step =
  | { readonly kind: "ready" | "signing" | "sending" | "done" | "sent" | "declined" }
  | { readonly kind: "refused"; readonly reason: string }
  | { readonly kind: "relay-away"; readonly ownCall: ContractCall }
  | { readonly kind: "failed"; readonly error: unknown };

const relayFailures: readonly string[] = [
  "RELAY_NOT_CONFIGURED",
  "RELAY_UNAVAILABLE",
  "RELAY_AMOUNT_TOO_SMALL",
  "RELAY_BUDGET_EXCEEDED",
  "CLIENT_RATE_EXCEEDED",
];

/** Has the driver sign an order, and the service send it; where it cannot, the driver's wallet can. */
export function OrderButton(properties: {
  readonly connection: WalletConnection;
  /** `null`: there is nothing to order yet. */
  readonly prepare: (() => Promise<PreparedOrder>) | null;
  readonly onDone: () => void;
  readonly children: ComponentChildren;
}): JSX.Element {
  const { connection, prepare, onDone, children } = properties;
  const app = useApp();
  const { text } = app;
  const [step, setStep] = useState<Step>({ kind: "ready" });

  async function order(prepared: PreparedOrder): Promise<void> {
    try {
      if (!app.configuration.hasRelay) throw new ServiceRefusal("RELAY_NOT_CONFIGURED", "");
      const signature = await signTypedData(connection, prepared.typedData);
      setStep({ kind: "sending" });
      const { status } = await relayOrder(prepared.orderOf(signature));
      setStep({ kind: status });
      onDone();
    } catch (error) {
      const isAway =
        error instanceof ServiceUnreachableError ||
        (error instanceof ServiceRefusal && relayFailures.includes(error.code));
      if (isAway) setStep({ kind: "relay-away", ownCall: prepared.ownCall });
      else if (error instanceof ServiceRefusal && error.code === "ORDER_REFUSED") {
        setStep({ kind: "refused", reason: error.detail.slice(0, 60) });
      } else setStep(refusalOf(error) === "declined" ? { kind: "declined" } : { kind: "failed", error });
    }
  }

  async function start(): Promise<void> {
    if (prepare === null) return;
    setStep({ kind: "signing" });
    try {
      await order(await prepare());
    } catch (error) {
      setStep({ kind: "failed", error });
    }
  }

  return (
    <>
      <button
        class="main wide"
        disabled={prepare === null || step.kind === "signing" || step.kind === "sending"}
        onClick={() => {
          void start();
        }}
      >
        {children}
      </button>
      {step.kind === "signing" && <Waiting>{text("signWaiting")}</Waiting>}
      {step.kind === "sending" && <Waiting>{text("signSending")}</Waiting>}
      {step.kind === "done" && <Notice kind="good">{text("transactionDone")}</Notice>}
      {step.kind === "sent" && <Notice kind="info">{text("transactionPending")}</Notice>}
      {step.kind === "declined" && <Notice kind="info">{text("transactionRefused")}</Notice>}
      {step.kind === "refused" && <Notice kind="bad">{text("orderRefused", { reason: step.reason })}</Notice>}
      {step.kind === "failed" && <Notice kind="bad">{failureText(app, step.error)}</Notice>}
      {step.kind === "relay-away" && (
        <>
          <Notice kind="warning">{text("signOwnTransaction")}</Notice>
          <TransactionButton connection={connection} calls={[step.ownCall]} onDone={onDone}>
            {text("signOwnButton")}
          </TransactionButton>
        </>
      )}
    </>
  );
}

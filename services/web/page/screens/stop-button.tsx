import type { JSX } from "preact";
import { useState } from "preact/hooks";

import { typedStopRequestOf } from "../../../domain/stop-request.ts";
import type { ChainSession } from "../chain/session-history.ts";
import { requestStop, ServiceRefusal } from "../service/service-client.ts";
import { useApp } from "../shell/app-context.ts";
import { failureText, Notice, Waiting } from "../shell/parts.tsx";
import { refusalOf } from "../wallet/eip1193.ts";
import { signTypedData } from "../wallet/wallet-connection.ts";

type Step =
  | { readonly kind: "ready" | "signing" | "requested" | "declined" | "unsupported" }
  | { readonly kind: "failed"; readonly error: unknown };

/** Has the charger stop, by a signature of the driver; anybody else's session cannot be stopped. */
export function StopButton({ onChain }: { readonly onChain: ChainSession }): JSX.Element {
  const app = useApp();
  const { text, connection, configuration } = app;
  const [step, setStep] = useState<Step>({ kind: "ready" });
  const isOwn = connection?.account === onChain.terms.driver;

  async function stop(): Promise<void> {
    if (connection === null) return;
    setStep({ kind: "signing" });
    try {
      const request = typedStopRequestOf(onChain.sessionId, configuration.chainId);
      await requestStop(onChain.sessionId, await signTypedData(connection, request));
      setStep({ kind: "requested" });
    } catch (error) {
      if (error instanceof ServiceRefusal && error.code === "STOP_UNSUPPORTED") setStep({ kind: "unsupported" });
      else if (refusalOf(error) === "declined") setStep({ kind: "declined" });
      else setStep({ kind: "failed", error });
    }
  }

  if (!isOwn) return <p class="hint">{text("stopUnsupported")}</p>;
  return (
    <>
      <button
        class="main stop"
        disabled={step.kind === "signing" || step.kind === "requested"}
        onClick={() => {
          void stop();
        }}
      >
        {text("stopButton")}
      </button>
      {step.kind === "signing" && <Waiting>{text("stopWaiting")}</Waiting>}
      {step.kind === "requested" && <Notice kind="good">{text("stopRequested")}</Notice>}
      {step.kind === "declined" && <Notice kind="info">{text("stopRefused")}</Notice>}
      {step.kind === "unsupported" && <Notice kind="info">{text("stopUnsupported")}</Notice>}
      {step.kind === "failed" && <Notice kind="bad">{failureText(app, step.error)}</Notice>}
    </>
  );
}

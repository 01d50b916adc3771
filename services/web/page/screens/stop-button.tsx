import type { JSX } from "preact";
import { useState } from "preact/hooks";

import { typedStopRequestOf } from "../../../domain/stop-request.ts";
import type { ChainSession } from "../chain/session-history.ts";
import { requestStop, ServiceRefusal } from "../service/service-client.ts";
import { useApp } from "../shell/app-context.ts";
import { failureText, Notice, Waiting } from "../shell/parts.tsx";
import { formatTime } from "../text/amounts.ts";
import { refusalOf } from "../wallet/eip1193.ts";
import { signTypedData } from "../wallet/wallet-connection.ts";

type Step =
  | { readonly kind: "ready" | "signing" | "requested" | "declined" | "unsupported" }
  | { readonly kind: "failed"; readonly error: unknown };

/**
 * Has the charger stop, by a signature of the driver; anybody else's session cannot be stopped. A session that has not
 * begun is given up by the same signature, and its hold comes back.
 */
export function StopButton(properties: { readonly onChain: ChainSession; readonly hasBegun: boolean }): JSX.Element {
  const { onChain, hasBegun } = properties;
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

  const words = hasBegun
    ? ({
        button: "stopButton",
        requested: "stopRequested",
        declined: "stopRefused",
        unsupported: "stopUnsupported",
      } as const)
    : ({
        button: "cancelButton",
        requested: "cancelRequested",
        declined: "cancelDeclined",
        unsupported: "cancelUnsupported",
      } as const);
  const time = formatTime(onChain.terms.expiresAt, app.language);
  if (!isOwn) return <p class="hint">{text(words.unsupported, { time })}</p>;
  return (
    <>
      <button
        class={hasBegun ? "main stop" : "quiet"}
        disabled={step.kind === "signing" || step.kind === "requested"}
        onClick={() => {
          void stop();
        }}
      >
        {text(words.button)}
      </button>
      {step.kind === "signing" && <Waiting>{text("stopWaiting")}</Waiting>}
      {step.kind === "requested" && <Notice kind="good">{text(words.requested)}</Notice>}
      {step.kind === "declined" && <Notice kind="info">{text(words.declined)}</Notice>}
      {step.kind === "unsupported" && <Notice kind="info">{text(words.unsupported, { time })}</Notice>}
      {step.kind === "failed" && <Notice kind="bad">{failureText(app, step.error)}</Notice>}
    </>
  );
}

import type { JSX } from "preact";
import { useState } from "preact/hooks";

import { typedStopRequestOf } from "../../../domain/stop-request.ts";
import type { ChainSession } from "../chain/session-history.ts";
import { Notice } from "../components/note.tsx";
import { Sums } from "../components/rows.tsx";
import { requestStop, ServiceRefusal } from "../service/service-client.ts";
import { useApp } from "../shell/app-context.ts";
import { failureText, Waiting } from "../shell/parts.tsx";
import { formatSum } from "../text/money.ts";
import { formatMoment } from "../text/times.ts";
import type { TextKey } from "../text/translation.ts";
import { refusalOf } from "../wallet/eip1193.ts";
import { signTypedData } from "../wallet/wallet-connection.ts";
import type { ShownCharge } from "./charging-figures.tsx";

type Step =
  | { readonly kind: "ready" | "signing" | "requested" | "declined" | "unsupported" }
  | { readonly kind: "failed"; readonly error: unknown };

/** Has the charger stop, by a signature of the driver; nobody else can. */
function useStop(onChain: ChainSession): readonly [Step, () => void] {
  const { connection, configuration } = useApp();
  const [step, setStep] = useState<Step>({ kind: "ready" });

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
  return [step, () => void stop()];
}

/** The question before a stop: what is paid, what comes back. Going on has the focus, so that no touch stops by accident. */
export function StopQuestion(properties: {
  readonly onChain: ChainSession;
  readonly charge: ShownCharge;
  readonly onKeep: () => void;
}): JSX.Element {
  const { onChain, charge, onKeep } = properties;
  const { text, coin, locale } = useApp();
  const [step, stop] = useStop(onChain);
  const { costMicro, holdMicro, source } = charge;
  const { parts, total } = formatSum([costMicro, holdMicro - costMicro], coin, locale);
  const about = source === "signed" && costMicro === charge.signedMicro ? "" : "≈ ";
  return (
    <>
      {source !== "none" && (
        <Sums
          sums={[
            { name: text("stopPay"), value: `${about}${parts[0] ?? ""}` },
            { name: text("stopBack"), value: `${about}${parts[1] ?? ""}` },
            { name: text("liveHold"), value: total, kind: "total" },
          ]}
        />
      )}
      <p class="soft">{text("stopText")}</p>
      <StepNotice step={step} words={stopWords} time="" />
      <div class="two">
        <button autofocus onClick={onKeep}>
          {text("stopKeep")}
        </button>
        <button class="end" disabled={step.kind === "signing" || step.kind === "requested"} onClick={stop}>
          {text("stopButton")}
        </button>
      </div>
    </>
  );
}

/** Gives up a charge that has not begun, by the same signature: its hold comes back. */
export function CancelButton({ onChain }: { readonly onChain: ChainSession }): JSX.Element {
  const { text, locale } = useApp();
  const [step, cancel] = useStop(onChain);
  return (
    <>
      <StepNotice step={step} words={cancelWords} time={formatMoment(onChain.terms.expiresAt, locale)} />
      <button class="wide" disabled={step.kind === "signing" || step.kind === "requested"} onClick={cancel}>
        {text("cancelButton")}
      </button>
    </>
  );
}

type Words = Readonly<Record<"requested" | "declined" | "unsupported", TextKey>>;
const stopWords: Words = { requested: "stopRequested", declined: "stopRefused", unsupported: "stopUnsupported" };
const cancelWords: Words = {
  requested: "cancelRequested",
  declined: "cancelDeclined",
  unsupported: "cancelUnsupported",
};

function StepNotice(properties: {
  readonly step: Step;
  readonly words: Words;
  readonly time: string;
}): JSX.Element | null {
  const { step, words, time } = properties;
  const app = useApp();
  const { text } = app;
  switch (step.kind) {
    case "ready":
      return null;
    case "signing":
      return <Waiting>{text("stopWaiting")}</Waiting>;
    case "requested":
      return <Notice kind="good">{text(words.requested)}</Notice>;
    case "declined":
    case "unsupported":
      return <Notice kind="info">{text(words[step.kind], { time })}</Notice>;
    case "failed":
      return <Notice kind="bad">{failureText(app, step.error)}</Notice>;
  }
}

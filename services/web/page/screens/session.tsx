import type { JSX } from "preact";
import { useCallback, useEffect, useState } from "preact/hooks";

import { sessionCancelled, tariffNotAssigned } from "../../../domain/session.ts";
import { priceOf, type Tariff } from "../../../domain/tariff.ts";
import { readSession, type ChainSession } from "../chain/session-history.ts";
import { expireCall } from "../chain/transactions.ts";
import { idTagOf } from "../../../domain/id-tag.ts";
import { watchSession } from "../service/session-stream.ts";
import { liveFiguresOf } from "../service/live-figures.ts";
import { emptyView, powerOf, type SessionView } from "../service/session-view.ts";
import { useApp } from "../shell/app-context.ts";
import { Answered, Facts, Hash, Notice, Waiting } from "../shell/parts.tsx";
import { useAnswer } from "../shell/use-answer.ts";
import { formatKw, formatKwh, formatMicroParts, formatSeconds, formatTime } from "../text/amounts.ts";
import { WithWallet } from "../wallet/wallet-panel.tsx";
import { ChallengeNotice } from "./challenge-notice.tsx";
import { LiveCurve } from "./live-curve.tsx";
import { SessionReceipt } from "./session-receipt.tsx";
import { ShowLive } from "./show-live.tsx";
import { StopButton } from "./stop-button.tsx";
import { TopUp } from "./top-up.tsx";
import { TransactionButton } from "./transaction-button.tsx";

interface Known {
  readonly onChain: ChainSession;
  readonly tariff: Tariff;
}

/** A session from its opening to its receipt: what the chain says, and what the service tells live. */
export function SessionScreen({ sessionId }: { readonly sessionId: string }): JSX.Element {
  const { text, reader, readLogs, configuration } = useApp();
  const [view, watchAgain] = useSessionView(sessionId);
  const serviceState = view.session?.state ?? null;
  const [answer, askAgain] = useAnswer(async (): Promise<Known | null> => {
    const onChain = await readSession(readLogs, configuration.contracts.chargingSettlement, sessionId);
    return onChain === null ? null : { onChain, tariff: await reader.readTariff(onChain.terms.tariffId) };
  }, [reader, readLogs, sessionId, serviceState]);
  useAskAgainUntil(answer.kind === "answered" && answer.value !== null && view.session !== null, askAgain);

  return (
    <>
      <h1>{text("sessionTitle")}</h1>
      <Answered answer={answer} askAgain={askAgain}>
        {(known) =>
          known === null ? (
            <Notice kind="warning" title={text("sessionUnknown")}>
              {text("sessionUnknownText")}
            </Notice>
          ) : (
            <KnownSession known={known} view={view} onChange={askAgain} onGranted={watchAgain} />
          )
        }
      </Answered>
    </>
  );
}

function KnownSession(properties: {
  readonly known: Known;
  readonly view: SessionView;
  readonly onChange: () => void;
  readonly onGranted: () => void;
}): JSX.Element {
  const { known, view, onChange, onGranted } = properties;
  const { onChain } = known;
  const { text } = useApp();
  const { sessionId, ending } = onChain;
  // That a session is not served is told to everybody, and there is nothing else to see.
  const isServed = view.session?.state !== "unservable";
  const isHidden = view.session !== null && !view.isWhole && isServed && ending.kind === "live";
  const isCharging = ending.kind === "live" && ["opened", "charging"].includes(view.session?.state ?? "opened");
  return (
    <>
      {isHidden && !view.isReorganised ? (
        <ShowLive onChain={onChain} onGranted={onGranted} />
      ) : (
        <State onChain={onChain} view={view} />
      )}
      {view.connection === "lost" && ending.kind === "live" && <Notice kind="warning">{text("sessionLost")}</Notice>}
      {((ending.kind === "live" && !isHidden) || view.readings.length + view.unsigned.length > 0) && (
        <Live known={known} view={view} />
      )}
      {isCharging && view.session !== null && (
        <StopButton key={view.session.state} onChain={onChain} hasBegun={view.session.state === "charging"} />
      )}
      {isCharging && <TopUp onChain={onChain} onDone={onChange} />}
      {ending.kind === "settled" && <ChallengeNotice sessionId={sessionId} />}
      {ending.kind === "settled" && <SessionReceipt sessionId={sessionId} />}
      {ending.kind === "live" && <Reclaim onChain={onChain} onDone={onChange} />}
      <section class="card">
        <Facts
          facts={[
            [text("sessionId"), <Hash key="session" value={sessionId} />],
            [text("sessionTag"), <code key="tag">{idTagOf(sessionId, onChain.opening)}</code>],
          ]}
        />
      </section>
    </>
  );
}

function unservedText(reason: string, time: string, text: ReturnType<typeof useApp>["text"]): string {
  if (reason === sessionCancelled) return text("stateCancelledText", { time });
  return reason === tariffNotAssigned
    ? text("stateOtherPriceText", { time })
    : text("stateUnservableText", { reason, time });
}

/** Where the session is, in words. What the chain says about its end stands above what the service says. */
function State(properties: { readonly onChain: ChainSession; readonly view: SessionView }): JSX.Element {
  const { onChain, view } = properties;
  const { text, money, language } = useApp();
  const { ending, terms } = onChain;
  const time = formatTime(terms.expiresAt, language);
  if (ending.kind === "settled") {
    const isZero = ending.energyMicroWh === 0n && ending.chargedMicro === 0n;
    return (
      <Notice kind="good" title={text("stateSettled")}>
        {isZero
          ? text("stateZero")
          : `${text("receiptCharged")}: ${money(ending.chargedMicro)}. ${text("receiptReturned")}: ${money(ending.returnedMicro)}.`}
      </Notice>
    );
  }
  if (ending.kind === "agreed") {
    return (
      <Notice kind="good" title={text("stateAgreed")}>
        {`${text("receiptCharged")}: ${money(ending.chargedMicro)}. ${text("receiptReturned")}: ${money(ending.returnedMicro)}.`}
      </Notice>
    );
  }
  if (ending.kind === "released") {
    return (
      <Notice kind="info" title={text("stateReleased")}>
        {text("stateReleasedText")}
      </Notice>
    );
  }
  if (ending.kind === "expired") {
    return (
      <Notice kind="info" title={text("stateExpired")}>
        {text("stateExpiredText")}
      </Notice>
    );
  }
  if (view.isReorganised) return <Notice kind="warning">{text("stateReorganised")}</Notice>;
  const { session } = view;
  if (session === null) {
    return <Waiting>{view.connection === "lost" ? text("sessionConnecting") : text("sessionWaitingService")}</Waiting>;
  }
  const reason = session.dispute?.reason ?? session.assessment?.hold ?? session.reason ?? "";
  switch (session.state) {
    case "opened":
      return (
        <Notice kind="info" title={text("stateOpened")}>
          {text("stateOpenedText")}
        </Notice>
      );
    case "charging":
      return <Notice kind="good" title={text("stateCharging")} />;
    case "completed":
      return (
        <Notice kind="info" title={text("stateCompleted")}>
          {text("stateCompletedText")}
        </Notice>
      );
    case "batched":
    case "settled":
    case "expired":
      return (
        <Notice kind="info" title={text("stateBatched")}>
          {text("stateBatchedText")}
        </Notice>
      );
    case "disputed":
      return (
        <Notice kind="warning" title={text("stateDisputed")}>
          {text("stateDisputedText", { reason, time })}
        </Notice>
      );
    case "held":
      return (
        <Notice kind="warning" title={text("stateHeld")}>
          {text("stateHeldText", { reason, time })}
        </Notice>
      );
    case "unservable":
      return (
        <Notice kind="bad" title={text("stateUnservable")}>
          {unservedText(reason, time, text)}
        </Notice>
      );
    case "skipped":
      return (
        <Notice kind="bad" title={text("stateSkipped")}>
          {text("stateSkippedText", { reason, time })}
        </Notice>
      );
    case "unconfirmed":
      return (
        <Notice kind="warning" title={text("stateUnconfirmed")}>
          {text("stateUnconfirmedText")}
        </Notice>
      );
  }
}

/** From nine tenths of the hold on the driver is told. */
const lowNumerator = 9n;
const lowDenominator = 10n;

function Live(properties: { readonly known: Known; readonly view: SessionView }): JSX.Element {
  const { known, view } = properties;
  const { text, symbol, language } = useApp();
  const { onChain, tariff } = known;
  const holdMicro = onChain.terms.holdMicro + onChain.toppedUpMicro;
  const isCharging = onChain.ending.kind === "live" && view.session?.state === "charging";
  const nowMs = useNow(isCharging);
  const { source, energyMicroWh, seconds, powerW } = liveFiguresOf(view, onChain.ending, isCharging, nowMs);
  const { grossMicro } = priceOf(tariff, energyMicroWh, seconds, seconds);
  const cappedMicro = grossMicro < holdMicro ? grossMicro : holdMicro;
  const costMicro = onChain.ending.kind === "settled" ? onChain.ending.chargedMicro : cappedMicro;
  const amounts = formatMicroParts([costMicro, holdMicro - costMicro], language);
  const money = (amount: string | undefined): string => text("amountToken", { amount: amount ?? "–", symbol }).trim();
  const isEstimate = source === "unsigned";
  const isKnown = source !== "none";
  const isLow = costMicro * lowDenominator >= holdMicro * lowNumerator;
  const energy = isKnown ? formatKwh(energyMicroWh, language) : "–";
  const time = isKnown ? formatSeconds(seconds) : "–";

  return (
    <section class="card live" aria-label={text("stateCharging")}>
      <Facts
        facts={[
          [text(isEstimate ? "liveUnsignedEnergy" : "liveEnergy"), <strong key="energy">{energy}</strong>],
          [text(isEstimate ? "liveUnsignedPower" : "livePower"), powerW === null ? "–" : formatKw(powerW, language)],
          [
            text(isEstimate ? "liveCostEstimate" : "liveCost"),
            <strong key="cost">{isKnown ? money(amounts.parts[0]) : "–"}</strong>,
          ],
          [
            text("liveTime"),
            <span key="time" role="timer">
              {time}
            </span>,
          ],
          [text("liveRemaining"), money(isKnown ? amounts.parts[1] : amounts.total)],
          [text("liveHold"), money(amounts.total)],
        ]}
      />
      <progress
        max={1000}
        value={holdMicro === 0n ? 0 : Number((costMicro * 1000n) / holdMicro)}
        aria-label={text("liveUsed")}
        class={isLow ? "low" : ""}
      />
      {isCharging && costMicro === holdMicro && <Notice kind="bad">{text("liveHoldUsed")}</Notice>}
      {isCharging && costMicro < holdMicro && isLow && <Notice kind="warning">{text("liveHoldLow")}</Notice>}
      {view.readings.length > 1 && <LiveCurve readings={view.readings} />}
      {source === "signed" && <p class="hint">{text("liveSigned")}</p>}
      {source !== "final" && view.readings.length === 0 && <p class="hint">{text("liveNothingSigned")}</p>}
      {isEstimate && (
        <p class="hint">
          <span>{text("liveUnsigned")}</span> <span>{text("liveEstimated")}</span>
        </p>
      )}
      {isCharging && source === "signed" && <Unsigned view={view} />}
    </section>
  );
}

/** What the charger says meanwhile. It is kept apart from what is signed, and nothing is reckoned from it. */
function Unsigned({ view }: { readonly view: SessionView }): JSX.Element | null {
  const { text, language } = useApp();
  const last = view.unsigned.at(-1);
  if (last === undefined) return null;
  const powerW = powerOf(view.unsigned);
  return (
    <>
      <Facts
        facts={[
          [text("liveUnsignedEnergy"), formatKwh(last.energyMicroWh, language)],
          [text("liveUnsignedPower"), powerW === null ? "–" : formatKw(powerW, language)],
        ]}
      />
      <p class="hint">{text("liveUnsigned")}</p>
    </>
  );
}

function Reclaim(properties: { readonly onChain: ChainSession; readonly onDone: () => void }): JSX.Element {
  const { onChain, onDone } = properties;
  const { text, money, language, reader, configuration } = useApp();
  const { terms, toppedUpMicro } = onChain;
  const [answer] = useAnswer(() => reader.readHead(), [reader]);
  const time = formatTime(terms.expiresAt, language);
  if (answer.kind !== "answered" || answer.value.timestamp <= terms.expiresAt) {
    return <p class="hint">{text("reclaimLater", { time })}</p>;
  }
  return (
    <>
      <Notice kind="warning" title={text("reclaimTitle")}>
        {text("reclaimText", { time })}
      </Notice>
      <WithWallet>
        {(connection) => (
          <TransactionButton
            connection={connection}
            calls={[expireCall(configuration.contracts.chargingSettlement, onChain)]}
            onDone={onDone}
          >
            {text("reclaimButton", { amount: money(terms.holdMicro + toppedUpMicro) })}
          </TransactionButton>
        )}
      </WithWallet>
    </>
  );
}

/** The second of the pair begins anew, for a key that was not there before. */
function useSessionView(sessionId: string): readonly [SessionView, () => void] {
  const [view, setView] = useState(emptyView);
  const [attempt, setAttempt] = useState(0);
  useEffect(() => {
    setView(emptyView);
    return watchSession(sessionId, setView);
  }, [sessionId, attempt]);
  const watchAgain = useCallback(() => {
    setAttempt((before) => before + 1);
  }, []);
  return [view, watchAgain];
}

const askAgainMs = 2_000;

/** The chain is asked again while it does not know the session yet, or nobody tells that something changes. */
function useAskAgainUntil(isDone: boolean, askAgain: () => void): void {
  useEffect(() => {
    if (isDone) return undefined;
    const timer = setInterval(askAgain, askAgainMs);
    return () => {
      clearInterval(timer);
    };
  }, [isDone, askAgain]);
}

/** The time, again every second while it runs. */
function useNow(isRunning: boolean): number {
  const [nowMs, setNowMs] = useState(Date.now);
  useEffect(() => {
    if (!isRunning) return undefined;
    const timer = setInterval(() => {
      setNowMs(Date.now());
    }, 1_000);
    return () => {
      clearInterval(timer);
    };
  }, [isRunning]);
  return nowMs;
}

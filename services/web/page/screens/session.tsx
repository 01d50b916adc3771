import type { JSX } from "preact";
import { useCallback, useEffect, useState } from "preact/hooks";

import { idTagOf } from "../../../domain/id-tag.ts";
import type { Tariff } from "../../../domain/tariff.ts";
import type { Charger } from "../chain/chain-reader.ts";
import { readSession, type ChainSession } from "../chain/session-history.ts";
import { Icon } from "../components/icon.tsx";
import { Notice } from "../components/note.tsx";
import { Fold, Sums } from "../components/rows.tsx";
import { Sheet } from "../components/sheet.tsx";
import { watchSession } from "../service/session-stream.ts";
import { emptyView, type SessionView } from "../service/session-view.ts";
import { nameOfSite, placeOf } from "../service/sites.ts";
import { useApp } from "../shell/app-context.ts";
import { useNotifications } from "../shell/notifications.ts";
import { Answered, Hash, Waiting } from "../shell/parts.tsx";
import { Screen } from "../shell/screen.tsx";
import { useAnswer } from "../shell/use-answer.ts";
import { formatMoment } from "../text/times.ts";
import { ChallengeNotice } from "./challenge-notice.tsx";
import { ChargingFigures, useCharge } from "./charging-figures.tsx";
import { ReceiptMail } from "./receipt-mail.tsx";
import { Reclaim } from "./reclaim.tsx";
import { SessionReceipt } from "./session-receipt.tsx";
import { wordsOfSession } from "./session-words.ts";
import { ShowLive } from "./show-live.tsx";
import { CancelButton, StopQuestion } from "./stop-charge.tsx";
import { canTopUp, TopUp } from "./top-up.tsx";

export interface KnownSession {
  readonly onChain: ChainSession;
  readonly tariff: Tariff;
  readonly charger: Charger | null;
}

/** A charge from its opening to its receipt: what the chain says, and what the service tells live. */
export function SessionScreen({ sessionId }: { readonly sessionId: string }): JSX.Element {
  const { text, reader, readLogs, configuration } = useApp();
  const [view, watchAgain] = useSessionView(sessionId);
  const serviceState = view.session?.state ?? null;
  const [answer, askAgain] = useAnswer(async (): Promise<KnownSession | null> => {
    const onChain = await readSession(readLogs, configuration.contracts.chargingSettlement, sessionId);
    if (onChain === null) return null;
    const { tariffId, evse } = onChain.terms;
    return { onChain, tariff: await reader.readTariff(tariffId), charger: await reader.readCharger(evse) };
  }, [reader, readLogs, sessionId, serviceState]);
  useAskAgainUntil(answer.kind === "answered" && answer.value !== null && view.session !== null, askAgain);

  if (answer.kind === "answered" && answer.value !== null) {
    return <Known known={answer.value} view={view} onChange={askAgain} onGranted={watchAgain} />;
  }
  return (
    <Screen backTo={{ kind: "start" }} title={text("sessionTitle")}>
      <h1>{text("sessionTitle")}</h1>
      <Answered answer={answer} askAgain={askAgain}>
        {() => (
          <Notice kind="warning" title={text("sessionUnknown")}>
            {text("sessionUnknownText")}
          </Notice>
        )}
      </Answered>
    </Screen>
  );
}

function Known(properties: {
  readonly known: KnownSession;
  readonly view: SessionView;
  readonly onChange: () => void;
  readonly onGranted: () => void;
}): JSX.Element {
  const { known, view, onChange, onGranted } = properties;
  const { onChain } = known;
  const app = useApp();
  const { text } = app;
  const { sessionId, ending } = onChain;
  const [sheet, setSheet] = useState<"stop" | "top-up" | null>(null);
  const close = useCallback(() => {
    setSheet(null);
  }, []);
  const words = wordsOfSession(app, onChain, view);
  // That a session is not served is told to everybody, and there is nothing else to see.
  const isServed = view.session?.state !== "unservable";
  const isHidden = view.session !== null && !view.isWhole && isServed && ending.kind === "live" && !view.isReorganised;
  const state = view.session?.state ?? "opened";
  const isOpen = ending.kind === "live" && ["opened", "charging"].includes(state);
  const isOwn = app.connection?.account === onChain.terms.driver;
  const charge = useCharge(known, view);
  const bar = useBar(known);
  useNotifications({ title: bar.title, state, isLow: charge.isLow, stayingFrom: charge.stayingFrom });

  return (
    <Screen
      backTo={{ kind: ending.kind === "live" ? "start" : "history" }}
      {...bar}
      act={
        isOpen && isOwn && view.session !== null && state === "charging" ? (
          <div class="two">
            <button
              disabled={!canTopUp(onChain)}
              onClick={() => {
                setSheet("top-up");
              }}
            >
              <Icon name="plus" />
              {text("topUpOpen")}
            </button>
            <button
              class="end"
              onClick={() => {
                setSheet("stop");
              }}
            >
              <Icon name="stop" />
              {text("stopOpen")}
            </button>
          </div>
        ) : (
          isOpen && isOwn && view.session !== null && <CancelButton onChain={onChain} />
        )
      }
    >
      {ending.kind === "settled" ? (
        <SessionReceipt sessionId={sessionId} onChain={onChain} place={bar.title} />
      ) : isHidden ? (
        <ShowLive onChain={onChain} onGranted={onGranted} />
      ) : (
        <>
          <h1>{words.title}</h1>
          {view.session === null && ending.kind === "live" && <Waiting>{words.detail}</Waiting>}
          {view.session !== null && words.detail !== "" && <Notice kind={words.kind}>{words.detail}</Notice>}
          {view.session === null && ending.kind !== "live" && words.detail !== "" && (
            <Notice kind={words.kind}>{words.detail}</Notice>
          )}
        </>
      )}
      {ending.kind === "agreed" && <Agreed onChain={onChain} />}
      {view.connection === "lost" && ending.kind === "live" && <Notice kind="warning">{text("sessionLost")}</Notice>}
      {ending.kind === "live" && !isHidden && state !== "opened" && <ChargingFigures charge={charge} />}
      {ending.kind === "live" && !isHidden && <ReceiptMail sessionId={sessionId} />}
      {ending.kind === "settled" && <ChallengeNotice sessionId={sessionId} />}
      {ending.kind === "live" && <Reclaim onChain={onChain} onDone={onChange} />}
      {isOpen && !isOwn && !isHidden && <p class="soft">{text("stopUnsupported")}</p>}
      <div>
        <Fold title={text("technicalDetails")}>
          <Details known={known} />
        </Fold>
      </div>
      {isOpen && sheet === "stop" && (
        <Sheet title={text("stopTitle")} onClose={close}>
          <StopQuestion onChain={onChain} charge={charge} onKeep={close} />
        </Sheet>
      )}
      {isOpen && sheet === "top-up" && (
        <Sheet title={text("topUpTitle")} onClose={close}>
          <TopUp
            onChain={onChain}
            onDone={() => {
              close();
              onChange();
            }}
          />
        </Sheet>
      )}
    </Screen>
  );
}

function useBar({ onChain, charger }: KnownSession): { readonly title: string; readonly subtitle: string } {
  const { text, sites, locale } = useApp();
  const { evse } = onChain.terms;
  const place = placeOf(sites, evse);
  const since = text("sessionSince", { time: formatMoment(onChain.opening.openedAt, locale) });
  return {
    title: place === null ? text("evseTitle", { number: evse }) : nameOfSite(place.site),
    subtitle: charger === null ? since : `${charger.evseId}, ${since}`,
  };
}

function Agreed({ onChain: { ending } }: { readonly onChain: ChainSession }): JSX.Element | null {
  const { text, money } = useApp();
  if (ending.kind !== "agreed") return null;
  return (
    <Sums
      sums={[
        { name: text("receiptCharged"), value: money(ending.chargedMicro) },
        { name: text("receiptReturned"), value: money(ending.returnedMicro) },
      ]}
    />
  );
}

function Details({ known: { onChain, charger } }: { readonly known: KnownSession }): JSX.Element {
  const { text } = useApp();
  const { sessionId, terms, opening } = onChain;
  return (
    <Sums
      sums={[
        { name: text("evseNumber"), value: terms.evse },
        ...(charger === null ? [] : [{ name: text("evsePrinted"), value: charger.evseId }]),
        { name: text("sessionTag"), value: <code>{idTagOf(sessionId, opening)}</code>, kind: "detail" },
        { name: text("sessionId"), value: <Hash value={sessionId} />, kind: "detail" },
        { name: text("evseOperatorAccount"), value: <Hash value={terms.operator} />, kind: "detail" },
      ]}
    />
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

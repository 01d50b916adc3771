import { sessionCancelled, sessionNotBegun, tariffNotAssigned } from "../../../domain/session.ts";
import type { ChainSession } from "../chain/session-history.ts";
import type { NoticeKind } from "../components/notice-kind.ts";
import type { SessionView } from "../service/session-view.ts";
import { formatMoment } from "../text/times.ts";
import type { TextKey } from "../text/translation.ts";

/** A text of the chosen language, filled in. */
type Text = (key: TextKey, values?: Readonly<Record<string, string | number>>) => string;

/** Where a charge is: its heading, and what happened to the money and what to do next where that has to be said. */
export interface SessionWords {
  readonly title: string;
  readonly kind: NoticeKind;
  /** Empty where the heading says it all. */
  readonly detail: string;
}

/** What the chain says about the end stands above what the service says. */
export function wordsOfSession(
  app: { readonly text: Text; readonly locale: string },
  onChain: ChainSession,
  view: SessionView,
): SessionWords {
  const { text, locale } = app;
  const time = formatMoment(onChain.terms.expiresAt, locale);
  switch (onChain.ending.kind) {
    case "settled":
      return { title: text("stateSettled"), kind: "good", detail: "" };
    case "agreed":
      return { title: text("stateAgreed"), kind: "good", detail: "" };
    case "released":
      return { title: text("stateReleased"), kind: "info", detail: text("stateReleasedText") };
    case "expired":
      return { title: text("stateExpired"), kind: "info", detail: text("stateExpiredText") };
    case "live":
      break;
  }
  if (view.isReorganised) {
    return { title: text("stateBatched"), kind: "warning", detail: text("stateReorganised") };
  }
  const { session } = view;
  if (session === null) {
    const key = view.connection === "lost" ? "sessionConnecting" : "sessionWaitingService";
    return { title: text("sessionTitle"), kind: "info", detail: text(key) };
  }
  const reason = session.dispute?.reason ?? session.assessment?.hold ?? session.reason ?? "";
  switch (session.state) {
    case "opened":
      return { title: text("stateOpened"), kind: "info", detail: text("stateOpenedText") };
    case "charging":
      return { title: text("stateCharging"), kind: "good", detail: "" };
    case "completed":
      return { title: text("stateCompleted"), kind: "info", detail: text("stateCompletedText") };
    case "batched":
    case "settled":
    case "expired":
      return { title: text("stateBatched"), kind: "info", detail: text("stateBatchedText") };
    case "disputed":
      return { title: text("stateDisputed"), kind: "warning", detail: text("stateDisputedText", { reason, time }) };
    case "held":
      return { title: text("stateHeld"), kind: "warning", detail: text("stateHeldText", { reason, time }) };
    case "unservable":
      return { title: text("stateUnservable"), kind: "bad", detail: unservedText(reason, time, text) };
    case "skipped":
      return { title: text("stateSkipped"), kind: "bad", detail: text("stateSkippedText", { reason, time }) };
    case "unconfirmed":
      return { title: text("stateUnconfirmed"), kind: "warning", detail: text("stateUnconfirmedText") };
  }
}

function unservedText(reason: string, time: string, text: Text): string {
  if (reason === sessionCancelled) return text("stateCancelledText", { time });
  if (reason === sessionNotBegun) return text("stateNotBegunText", { time });
  return reason === tariffNotAssigned
    ? text("stateOtherPriceText", { time })
    : text("stateUnservableText", { reason, time });
}

import type { Mailer } from "../delivery/mailer.ts";
import type { SignedPoster } from "../delivery/signed-post.ts";
import { alertCatalogue } from "./alerts.ts";
import type { AlertNotice, NoticeSender } from "./alert-notices.ts";

/** Posts each notice as JSON to the operator's own program. */
export function createNoticeWebhook(poster: SignedPoster, replicaId: string): NoticeSender {
  return {
    send(parcelId, { alert, firstAtMs, lastAtMs, ...rest }) {
      const { meaning, action, page } = alertCatalogue[alert];
      const times = { firstAt: timeOf(firstAtMs), lastAt: timeOf(lastAtMs) };
      const body = { event: "alert", parcelId, alert, meaning, action, page, replicaId, ...times, ...rest };
      return poster.post(parcelId, JSON.stringify(body));
    },
  };
}

/** Writes each notice to one address. */
export function createNoticeMail(mailer: Mailer, to: string, replicaId: string): NoticeSender {
  return {
    send: (parcelId, notice) =>
      mailer.send({ to, parcelId, subject: subjectOf(notice), text: textOf(notice, replicaId) }),
  };
}

function subjectOf({ alert, count }: AlertNotice): string {
  return `Wattproof: ${alert}${count === 1 ? "" : `, ${count} times`}`;
}

function textOf({ alert, count, firstAtMs, lastAtMs, sessionId, stationId }: AlertNotice, replicaId: string): string {
  const { meaning, action } = alertCatalogue[alert];
  const lines = [
    meaning,
    `What to do: ${action}`,
    "",
    count === 1 ? `At ${timeOf(lastAtMs)}.` : `${count} times, from ${timeOf(firstAtMs)} to ${timeOf(lastAtMs)}.`,
    ...(sessionId === null ? [] : [`Session ${sessionId}`]),
    ...(stationId === null ? [] : [`Station ${stationId}`]),
    `Replica ${replicaId}`,
    "",
    `More in docs/runbook.md, section ${alert}.`,
  ];
  return `${lines.join("\n")}\n`;
}

function timeOf(epochMs: number): string {
  return new Date(epochMs).toISOString();
}

import { setTimeout as sleep } from "node:timers/promises";

import type { ServiceConfig } from "../config/config.ts";
import { createMailer } from "../delivery/mailer.ts";
import { createSignedPoster } from "../delivery/signed-post.ts";
import { createAlertNotices, type AlertNotices } from "../observability/alert-notices.ts";
import { createNoticeMail, createNoticeWebhook } from "../observability/notice-senders.ts";
import type { OperatorDesk } from "../observability/operator-desk.ts";
import { replicaNameOf } from "../replicas/replica-id.ts";

/** Tells people and programs of alerts, where the settings name any. */
export function wireAlertNotices(
  config: ServiceConfig,
  deps: { readonly desk: OperatorDesk; readonly now: () => number; readonly signal: AbortSignal },
): AlertNotices {
  const { webhook, mailTo, level, repeatMs } = config.alerts;
  const { mail } = config.receipts;
  const name = replicaNameOf(config);
  return createAlertNotices({
    ...{ desk: deps.desk, now: deps.now, level, repeatMs },
    senders: {
      ...(webhook === null ? {} : { webhook: createNoticeWebhook(createSignedPoster({ ...webhook, ...deps }), name) }),
      ...(mailTo === null || mail === null ? {} : { mail: createNoticeMail(createMailer(mail), mailTo, name) }),
    },
  });
}

/** Again and again until the signal; what was not told by then is in the ledger. */
export async function runAlertNotices(notices: AlertNotices, pauseMs: number, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await notices.runOnce();
    await sleep(pauseMs, undefined, { signal }).catch(() => undefined);
  }
  await notices.keep();
}

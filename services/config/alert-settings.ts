import { noticeLevels } from "../observability/alert-notices.ts";
import { section } from "./section.ts";
import { choice, httpUrl, integer, optional, secret, setting, text } from "./setting.ts";

const leastSecretCharacters = 32;

/** Who is told of alerts beside those who read the figures. */
export const alertSection = section(
  "Alerts",
  {
    webhookUrl: optional(
      "ALERT_WEBHOOK_URL",
      httpUrl,
      "Where alerts are posted as JSON ([run-it.md](run-it.md#alerts)).",
    ),
    webhookSecret: optional(
      "ALERT_WEBHOOK_SECRET",
      secret,
      `Key of the HMAC in the header of these posts, at least ${leastSecretCharacters} characters.`,
    ),
    mailTo: optional(
      "ALERT_MAIL_TO",
      text("address", 3, 254),
      "Address that alerts are mailed to, by `WATTPROOF_SMTP_URL` from `WATTPROOF_MAIL_FROM`.",
    ),
    level: setting(
      "ALERT_LEVEL",
      choice(...noticeLevels),
      "lasting",
      "`at-once`: alerts that call a person at once. `lasting`: also those that happen again after five minutes or more. `all`: every alert of the [runbook](runbook.md).",
    ),
    repeatMs: setting(
      "ALERT_REPEAT_MS",
      integer(60_000, 86_400_000, "ms"),
      3_600_000,
      "Tell of the same alert again after this time (ms), with all that happened meanwhile.",
    ),
  },
  ({ webhookUrl, webhookSecret, mailTo, level, repeatMs }, complain) => {
    if ((webhookUrl === null) !== (webhookSecret === null)) {
      complain("ALERT_WEBHOOK_SECRET", "belongs to ALERT_WEBHOOK_URL, and ALERT_WEBHOOK_URL to it");
    }
    if (webhookSecret !== null && webhookSecret.length < leastSecretCharacters) {
      complain("ALERT_WEBHOOK_SECRET", `must be a text of at least ${leastSecretCharacters} characters`);
    }
    const webhook = webhookUrl === null || webhookSecret === null ? null : { url: webhookUrl, secret: webhookSecret };
    return { webhook, mailTo, level, repeatMs };
  },
);

import { section } from "./section.ts";
import { httpUrl, integer, optional, path, secret, setting } from "./setting.ts";

/** A page that the provider hosts is open for half an hour at least, from when the provider made it. */
const leastPageMs = 1_860_000;
const usualPageMs = 2_100_000;
const longestPageMs = 86_400_000;

/** How drivers pay by card. */
export const cardSection = section(
  "Payments by card",
  {
    apiUrl: setting(
      "CARD_API_URL",
      httpUrl,
      "https://api.stripe.com",
      "Payment provider: an HTTP interface as Stripe publishes it.",
    ),
    apiKey: optional(
      "CARD_API_KEY",
      secret,
      "Key for the provider. Without it, and the two below, no card pays here ([card-payments.md](card-payments.md)).",
    ),
    noticeSecret: optional(
      "CARD_WEBHOOK_SECRET",
      secret,
      "Secret with which the provider signs its notices to `/v1/card-payments/notices`.",
    ),
    consentsPath: optional(
      "CARD_CONSENTS",
      path,
      "File with the consents of the proxy account to a key of `WATTPROOF_FLEET_PRIVATE_KEYS`: one lane for each charge at a time.",
    ),
    pageMs: setting(
      "CARD_PAGE_MS",
      integer(leastPageMs, longestPageMs, "ms"),
      usualPageMs,
      "How long a driver has to enter a card (ms).",
    ),
  },
  ({ apiUrl, apiKey, noticeSecret, consentsPath, pageMs }, complain) => {
    if (apiKey === null && noticeSecret === null && consentsPath === null) return null;
    if (apiKey === null) return complain("CARD_API_KEY", "belongs to CARD_WEBHOOK_SECRET and CARD_CONSENTS");
    if (noticeSecret === null) return complain("CARD_WEBHOOK_SECRET", "belongs to CARD_API_KEY and CARD_CONSENTS");
    if (consentsPath === null) return complain("CARD_CONSENTS", "belongs to CARD_API_KEY and CARD_WEBHOOK_SECRET");
    const { protocol, hostname } = new URL(apiUrl);
    if (protocol !== "https:" && hostname !== "127.0.0.1" && hostname !== "localhost") {
      return complain("CARD_API_URL", "must begin with https://, except on this machine");
    }
    return { apiUrl: apiUrl.replace(/\/$/, ""), apiKey, noticeSecret, consentsPath, pageMs };
  },
);

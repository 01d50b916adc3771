import { section } from "./section.ts";
import { httpUrl, integer, optional, parsed, path, secret, setting, text } from "./setting.ts";

const hashKind = parsed(
  (value) => (/^0x[0-9a-f]{64}$/u.test(value) ? value : null),
  "0x and 64 hexadecimal digits",
  "0x and 64 hexadecimal digits",
);
const smtpKind = {
  ...parsed(readSmtpUrl, "URL", "smtp:// or smtps://, a host, and a port where it is not the usual one"),
  isSecret: true as const,
};
const leastSecretCharacters = 32;

/** Who sells, and how receipts get to drivers and to the operator's own programs. */
export const receiptSection = section(
  "Receipts",
  {
    sellerPath: optional(
      "RECEIPT_SELLER",
      path,
      "File with the seller's name, address and VAT number ([receipts.md](receipts.md)). Without it receipts name the operator's account alone.",
    ),
    sellerTransaction: optional(
      "RECEIPT_SELLER_TRANSACTION",
      hashKind,
      "Transaction in which the operator made the hash of that file public: `wattproof operator publish` says it.",
    ),
    smtpUrl: optional(
      "SMTP_URL",
      smtpKind,
      "Mail server for receipts, such as smtps://user:password@mail.example:465. Another machine has to offer TLS.",
    ),
    mailFrom: optional(
      "MAIL_FROM",
      text("address", 3, 254),
      "Address that receipts come from, such as charging@example.org.",
    ),
    webhookUrl: optional("RECEIPT_WEBHOOK_URL", httpUrl, "Where each receipt and credit note is posted as JSON."),
    webhookSecret: optional(
      "RECEIPT_WEBHOOK_SECRET",
      secret,
      `Key of the HMAC in the header of these posts, at least ${leastSecretCharacters} characters.`,
    ),
    recipientDays: setting(
      "RECEIPT_ADDRESS_DAYS",
      integer(1, 3_650),
      60,
      "For how long drivers' addresses are kept, for credit notes (days).",
    ),
  },
  (values, complain) => {
    const { smtpUrl, mailFrom, webhookUrl, webhookSecret, sellerTransaction, sellerPath } = values;
    if ((smtpUrl === null) !== (mailFrom === null)) complain("MAIL_FROM", "belongs to SMTP_URL, and SMTP_URL to it");
    if ((webhookUrl === null) !== (webhookSecret === null)) {
      complain("RECEIPT_WEBHOOK_SECRET", "belongs to RECEIPT_WEBHOOK_URL, and RECEIPT_WEBHOOK_URL to it");
    }
    if (webhookSecret !== null && webhookSecret.length < leastSecretCharacters) {
      complain("RECEIPT_WEBHOOK_SECRET", `must be a text of at least ${leastSecretCharacters} characters`);
    }
    if (sellerTransaction !== null && sellerPath === null)
      complain("RECEIPT_SELLER_TRANSACTION", "needs RECEIPT_SELLER");
    return {
      seller: sellerPath === null ? null : { path: sellerPath, transaction: sellerTransaction },
      mail: smtpUrl === null || mailFrom === null ? null : { url: smtpUrl, from: mailFrom },
      webhook: webhookUrl === null || webhookSecret === null ? null : { url: webhookUrl, secret: webhookSecret },
      recipientDays: values.recipientDays,
    };
  },
);

function readSmtpUrl(value: string): string | null {
  const url = URL.parse(value);
  const isSmtp = url?.protocol === "smtp:" || url?.protocol === "smtps:";
  return isSmtp && url.hostname !== "" && (url.pathname === "" || url.pathname === "/") ? value : null;
}

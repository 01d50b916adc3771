import type { RequestHandler } from "express";

import { WattproofError } from "../../errors.ts";
import { recipientSchema, type InvoiceRecipient } from "../../invoices/invoice.ts";
import type { Store } from "../../store/store.ts";
import { readBody } from "../body.ts";
import type { ClientLimit } from "../entrance/client-limit.ts";
import { bodyLimitBytes } from "../entrance/limits.ts";
import { readSessionId } from "../public/sessions.ts";
import type { SessionViewers } from "./session-viewers.ts";

export { recipientSchema };

/**
 * `PUT /v1/sessions/:sessionId/receipt-recipient`: where the session's receipts go, at its end or at once where it has
 * ended. Only who may see the whole session may say so.
 */
export function putReceiptRecipient(
  deps: {
    readonly store: Pick<Store, "findSession" | "putInvoiceRecipient">;
    readonly viewers: SessionViewers;
    readonly hasMail: boolean;
    readonly now: () => number;
  },
  limit: ClientLimit,
): RequestHandler {
  const { store, viewers, hasMail, now } = deps;
  return async (request, response) => {
    limit.admit(request);
    const sessionId = readSessionId(request);
    response.locals["sessionId"] = sessionId;
    if (!(await viewers.maySeeAll(request, sessionId))) {
      throw new WattproofError("SESSION_UNAUTHENTICATED", "Send the session's view key.");
    }
    if (!hasMail) throw new WattproofError("MAIL_NOT_CONFIGURED", "This service has no mail server.");
    const recipient = readRecipient(await readBody(request, bodyLimitBytes));
    if ((await store.findSession(sessionId)) === null) {
      throw new WattproofError("SESSION_UNKNOWN", "There is no session with this id.");
    }
    await store.putInvoiceRecipient({ sessionId, content: JSON.stringify(recipient), atMs: now() });
    response.json({ sessionId });
  };
}

function readRecipient(body: Uint8Array): InvoiceRecipient {
  try {
    return recipientSchema.parse(JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body)));
  } catch (error) {
    throw new WattproofError("ENVELOPE_INVALID", "email, language (en, de, fr, it), customer with name.", {
      cause: error,
    });
  }
}

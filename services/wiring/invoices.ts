import { setTimeout as sleep } from "node:timers/promises";

import { createHttpRpc } from "../chain/rpc.ts";
import { isHashPublished } from "../chain/seller-proof.ts";
import { createMailer } from "../delivery/mailer.ts";
import { createSignedPoster } from "../delivery/signed-post.ts";
import { createInvoiceDelivery } from "../invoices/deliver-invoices.ts";
import { createInvoiceIssuer } from "../invoices/issue-invoices.ts";
import { createMailSender } from "../invoices/mail.ts";
import { readSeller } from "../invoices/seller.ts";
import { createWebhookSender } from "../invoices/webhook.ts";
import { isOvertaken } from "../replicas/overtaken.ts";
import type { Evidence } from "./evidence.ts";
import type { Foundation } from "./foundation.ts";
import type { Settlement } from "./settlement.ts";

/** Writes receipts and credit notes and sends them. */
export interface Invoices {
  /** Drivers can have their receipts by mail. */
  readonly hasMail: boolean;
  /** What is due now. @throws what ledger and chain throw */
  runOnce(): Promise<void>;
  /** Again and again until the signal. A round that fails is an alert and is tried again. */
  run(): Promise<void>;
}

const dayMs = 86_400_000;
/** Addresses that are out of date are looked for this often. */
const dropPauseMs = 3_600_000;

/** @throws SELLER_INVALID */
export function wireInvoices(foundation: Foundation, evidence: Evidence, { receipts }: Settlement): Invoices {
  const { config, deployment, desk, now, signal } = foundation;
  const { seller: sellerConfig, mail, webhook, recipientDays } = config.receipts;
  const lease = foundation.replica.leases.upkeep;
  const { store } = lease;
  const rpc = createHttpRpc(config.rpcUrl, config.rpcTimeoutMs, signal);
  const { meters } = evidence;
  const shared = { store, receipts, meters, desk, now };
  const issuer = createInvoiceIssuer({
    ...shared,
    seller: sellerConfig === null ? null : readSeller(sellerConfig.path),
    sellerTransaction: sellerConfig?.transaction ?? null,
    proof: { isPublished: (transaction, operator, hash) => isHashPublished(rpc, { transaction, operator, hash }) },
    token: deployment.contracts.erc20,
    currency: config.currency,
    pageUrl: config.pageOrigin,
    channels: webhook === null ? [] : ["webhook"],
  });
  const delivery = createInvoiceDelivery({
    ...shared,
    senders: {
      ...(mail === null ? {} : { mail: createMailSender(createMailer(mail)) }),
      ...(webhook === null ? {} : { webhook: createWebhookSender(createSignedPoster({ ...webhook, now, signal })) }),
    },
  });

  let nextDropAtMs = 0;

  async function runOnce(): Promise<void> {
    await lease.whileHeld(async () => {
      await issuer.issueDue();
      await delivery.deliverDue();
      if (now() < nextDropAtMs) return;
      await store.dropInvoiceRecipients(now() - recipientDays * dayMs);
      nextDropAtMs = now() + dropPauseMs;
    });
  }

  return {
    hasMail: mail !== null,
    runOnce,
    async run() {
      while (!signal.aborted) {
        await runOnce().catch((error: unknown) => {
          if (!signal.aborted && !isOvertaken(error)) desk.alert("loop-failed", { err: error });
        });
        await sleep(config.pollIntervalMs, undefined, { signal }).catch(() => undefined);
      }
    },
  };
}

import { z } from "zod";

import { forEachRole } from "../../contracts.ts";
import {
  loweringSchema,
  requestSchema as signaturesRequest,
  answerSchema as signaturesAnswer,
} from "../../settlement/quorum/wire-format.ts";
import { dossierRequestSchema } from "../../dossier/make/dossier-wire-format.ts";
import { dossierSchema, signatureSchema } from "../../dossier/format/dossier-schema.ts";
import { peerStatementSchema } from "../../dossier/market/statement.ts";
import { paymentRequiredSchema } from "../../dossier/market/x402.ts";
import { receiptSchema } from "../../receipts/receipt-schema.ts";
import { consentSchema } from "../driver/consents.ts";
import { driverOrderSchema } from "../driver/driver-orders.ts";
import { recordsGrantSchema } from "../driver/driver-records.ts";
import { openingOrderSchema } from "../driver/openings.ts";
import { evseTariffsQuery } from "../driver/evse-tariffs.ts";
import { payAtEvseQuery } from "../driver/pay-at-evse.ts";
import { passkeyBatchSchema } from "../driver/passkey-batches.ts";
import { recipientSchema } from "../driver/receipt-recipients.ts";
import { stopSchema } from "../driver/stop-charging.ts";
import { grantSchema } from "../driver/view-grants.ts";
import { questionSchema } from "../public/chain-proxy.ts";
import { invoicesQuery } from "../public/invoices.ts";
import { listQuery } from "../public/sessions.ts";
import { sitesAnswer } from "../public/sites.ts";
import { envelopeSchema } from "../station/envelope.ts";
import { meteredRequiredSchema } from "./metered-offer.ts";
import { answering, type ApiOperation } from "./operation.ts";
import {
  driverOrderAnswer,
  meterValueAnswer,
  openingAnswer,
  passkeyBatchAnswer,
  relayedCallAnswer,
  sessionAnswer,
  sessionEvent,
  sessionsAnswer,
  stopAnswer,
} from "./session-answers.ts";
import { address, count, evseNumber, hash, hexBytes, micro, tariff, timeMs } from "./values.ts";

const session = "/v1/sessions/:sessionId";

/** What chargers post. */
export const stationOperations: readonly ApiOperation[] = [
  {
    id: "postMeterValue",
    path: "/v1/meter-values",
    method: "POST",
    summary: "Takes one signed record of a station, and answers when it is on disk with its verdict.",
    access: "station",
    body: { schema: envelopeSchema, isTextToo: true },
    answers: answering(meterValueAnswer, "The record counts, now or from an earlier time that it came."),
  },
];

/** What other oracles ask. */
export const peerOperations: readonly ApiOperation[] = [
  {
    id: "signClaims",
    path: "/v1/quorum/signatures",
    method: "POST",
    summary: "Verifies the claims of a batch with their records, and signs all of them or says which it refuses.",
    access: "peer",
    body: { schema: signaturesRequest },
    answers: answering(signaturesAnswer, "The signature, or the claims that are refused."),
  },
  {
    id: "signLowering",
    path: "/v1/quorum/lowerings",
    method: "POST",
    summary: "Signs a lower price of a session that a self-declared meter settled, or says why not.",
    access: "peer",
    body: { schema: loweringSchema },
    answers: answering(signaturesAnswer, "The signature, or why the price is refused."),
  },
  {
    id: "signDossier",
    path: "/v1/quorum/dossier-signatures",
    method: "POST",
    summary: "Makes the dossier from its own records, and signs it if it comes out equal.",
    access: "peer",
    body: { schema: dossierRequestSchema },
    answers: answering(signatureSchema, "The signature."),
  },
  {
    id: "signPeerStatement",
    path: "/v1/quorum/statement-signatures",
    method: "POST",
    summary: "Works a claim, an offer or a round out by its own records, and signs it if it comes out equal.",
    access: "peer",
    body: { schema: peerStatementSchema },
    answers: answering(signatureSchema, "The signature."),
  },
];

/** What anybody asks. */
export const publicOperations: readonly ApiOperation[] = [
  {
    id: "buyDossier",
    path: "/v1/dossiers/:offerId",
    method: "GET",
    summary: "Answers 402 with the price of a dossier, and with a payment (x402) the dossier.",
    access: "anybody",
    parameters: { offerId: hash },
    answers: [
      ...answering(dossierSchema, "The dossier, once it is paid."),
      ...answering(
        paymentRequiredSchema,
        "What it costs, and how to pay; the same is in the header PAYMENT-REQUIRED.",
        402,
      ),
    ],
  },
  {
    id: "listSites",
    path: "/v1/sites",
    method: "GET",
    summary: "Tells where the operator's chargers stand, and which are free.",
    access: "anybody",
    answers: answering(sitesAnswer, "All sites of the operator's file; none without one."),
  },
  {
    id: "listSessions",
    path: "/v1/sessions",
    method: "GET",
    summary:
      "Lists sessions in the order in which they became known, or the newest first; all, or an operator's, a driver's or a charging point's.",
    access: "reader",
    query: listQuery,
    answers: answering(sessionsAnswer, "A page of sessions; `next` is the `after` of the next page."),
  },
  {
    id: "readSession",
    path: session,
    method: "GET",
    summary: "Shows a session: what the chain tells, and with a key for it all that the service knows.",
    access: "reader",
    answers: answering(sessionAnswer, "The session."),
  },
  {
    id: "watchSession",
    path: `${session}/events`,
    method: "GET",
    summary: "Streams the session as server-sent events, each with the whole present state.",
    access: "reader",
    answers: [
      { status: 200, meaning: "Events named `session`.", schema: sessionEvent, mediaType: "text/event-stream" },
    ],
  },
  {
    id: "readReceipt",
    path: "/v1/receipts/:sessionId",
    method: "GET",
    summary: "Writes the receipt of a session whose settlement is confirmed.",
    access: "anybody",
    answers: answering(receiptSchema, "The receipt; verify it, the service is not to be trusted."),
  },
  {
    id: "listInvoices",
    path: "/v1/receipts/:sessionId/invoices",
    method: "GET",
    summary:
      "Lists the receipt of a session and its credit notes, as papers for people; empty until the first is written.",
    access: "anybody",
    query: invoicesQuery,
    answers: answering(
      z.object({ invoices: z.array(z.looseObject({ number: z.string(), text: z.string() })) }),
      "The papers, each with its text in the language that was asked for.",
    ),
  },
  {
    id: "readTransparencyFile",
    path: "/v1/receipts/:sessionId/transparency.xml",
    method: "GET",
    summary: "Gives what the meter signed in the container that the S.A.F.E. transparency software reads.",
    access: "anybody",
    answers: [{ status: 200, meaning: "The signed values.", schema: z.string(), mediaType: "application/xml" }],
  },
  {
    id: "readHealth",
    path: "/v1/health",
    method: "GET",
    summary: "Says that the process lives.",
    access: "anybody",
    answers: answering(z.object({ status: z.literal("alive") }), "It lives."),
  },
  {
    id: "readReadiness",
    path: "/v1/ready",
    method: "GET",
    summary: "Says whether store, chain and keys are in order.",
    access: "anybody",
    answers: answering(
      z.object({
        status: z.literal("ready"),
        checks: z.array(z.string()),
        warnings: z.array(z.string()).optional(),
      }),
      "Everything is in order.",
    ),
  },
  {
    id: "readMetrics",
    path: "/metrics",
    method: "GET",
    summary: "Gives the figures for Prometheus.",
    access: "anybody",
    answers: [{ status: 200, meaning: "The text format of Prometheus.", schema: z.string(), mediaType: "text/plain" }],
  },
  {
    id: "readConfiguration",
    path: "/configuration.json",
    method: "GET",
    summary: "Says what the driver's page has to know: chain, contracts, what the service does for it.",
    access: "anybody",
    answers: answering(
      z.object({
        chainId: count,
        chainName: z.string(),
        walletRpcUrl: z.string().nullable(),
        blockNumber: count,
        contracts: z.object(forEachRole(address)),
        hasChainProxy: z.boolean(),
        hasRelay: z.boolean(),
        hasReceiptMail: z.boolean(),
        passkeys: z.object({ accounts: address, origin: z.string().nullable() }).nullable(),
        service: address,
        evidence: z.object({ dataConsents: address, evidenceSales: address }).nullable(),
        partnerAgreement: count.nullable(),
        developmentWallet: z.object({ privateKey: hexBytes, rpcUrl: z.string() }).nullable(),
      }),
      "What the page has to know.",
    ),
  },
  {
    id: "readChain",
    path: "/rpc",
    method: "POST",
    summary: "Reads the chain for the page, where WATTPROOF_PAGE_RPC is on.",
    access: "anybody",
    body: { schema: questionSchema },
    answers: answering(
      z.object({
        jsonrpc: z.literal("2.0"),
        id: z.union([z.int(), z.string()]),
        result: z.unknown().optional(),
        error: z.object({ code: z.int(), message: z.string(), data: z.unknown().optional() }).optional(),
      }),
      "The answer of JSON-RPC.",
    ),
  },
  {
    id: "readApi",
    path: "/v1/openapi.json",
    method: "GET",
    summary: "Describes this service in OpenAPI 3.1.",
    access: "anybody",
    answers: answering(z.looseObject({ openapi: z.literal("3.1.0") }), "The description."),
  },
];

/** What drivers send; their signatures say what is wanted. */
export const driverOperations: readonly ApiOperation[] = [
  {
    id: "listEvseTariffs",
    path: "/v1/evses/:evse/tariffs",
    method: "GET",
    summary: "Lists the tariffs with which a session can be opened at an EVSE.",
    access: "anybody",
    parameters: { evse: evseNumber },
    query: evseTariffsQuery,
    answers: answering(
      z.object({
        evse: evseNumber,
        tariffs: z.array(
          z.object({
            tariffId: hash,
            tariff,
            assignedAtMs: timeMs,
            connectors: z.array(count).nullable(),
            untilSeconds: count.nullable(),
            offer: z.object({ validUntil: count, signer: address, r: hash, vs: hash }),
          }),
        ),
      }),
      "What the EVSE offers.",
    ),
  },
  {
    id: "payAtEvse",
    path: "/v1/evses/:evse",
    method: "GET",
    summary: "Asks a machine for a payment of x402 (scheme `metered`), or with one opens a session.",
    access: "anybody",
    parameters: { evse: evseNumber },
    query: payAtEvseQuery,
    answers: [
      { status: 402, meaning: "What is asked for.", schema: meteredRequiredSchema },
      { status: 200, meaning: "The session is open.", schema: openingAnswer },
      { status: 202, meaning: "The transaction is on its way.", schema: openingAnswer },
    ],
  },
  {
    id: "openSession",
    path: "/v1/openings",
    method: "POST",
    summary: "Brings what a driver has signed to the chain, to open a session.",
    access: "anybody",
    body: { schema: openingOrderSchema },
    answers: [
      { status: 201, meaning: "The session is open.", schema: openingAnswer },
      { status: 202, meaning: "The transaction is on its way.", schema: openingAnswer },
    ],
  },
  {
    id: "readRelayedCall",
    path: "/v1/relayed-calls/:callId",
    method: "GET",
    summary: "Says what became of a call that the service took.",
    access: "anybody",
    answers: answering(relayedCallAnswer, "The call."),
  },
  {
    id: "bringPasskeyBatch",
    path: "/v1/passkey-batches",
    method: "POST",
    summary: "Brings what a passkey has signed to the chain, and creates its account where it is missing.",
    access: "anybody",
    body: { schema: passkeyBatchSchema },
    answers: [
      { status: 200, meaning: "It is done.", schema: passkeyBatchAnswer },
      { status: 202, meaning: "The transaction is on its way.", schema: passkeyBatchAnswer },
    ],
  },
  {
    id: "sendDriverOrder",
    path: "/v1/driver-orders",
    method: "POST",
    summary: "Brings a top-up or a withdrawal that a driver has signed to the chain.",
    access: "anybody",
    body: { schema: driverOrderSchema },
    answers: [
      { status: 200, meaning: "It is done.", schema: driverOrderAnswer },
      { status: 202, meaning: "The transaction is on its way.", schema: driverOrderAnswer },
    ],
  },
  {
    id: "consentToUnsignedEnergy",
    path: `${session}/unsigned-energy-consent`,
    method: "PUT",
    summary: "Takes the driver's consent to pay for energy that no meter signed, up to a cap.",
    access: "anybody",
    body: { schema: consentSchema },
    answers: answering(z.object({ sessionId: hash, capMicro: micro }), "The cap that stands."),
  },
  {
    id: "grantView",
    path: `${session}/view-keys`,
    method: "POST",
    summary: "Lets whoever has a key see the whole session, by the driver's signature.",
    access: "anybody",
    body: { schema: grantSchema },
    answers: answering(z.object({ sessionId: hash }), "The key counts.", 201),
  },
  {
    id: "putReceiptRecipient",
    path: `${session}/receipt-recipient`,
    method: "PUT",
    summary: "Says where the receipts of a session go by mail: at its end, or at once where it has ended.",
    access: "reader",
    body: { schema: recipientSchema },
    answers: answering(z.object({ sessionId: hash }), "They go there."),
  },
  {
    id: "readDriverRecords",
    path: "/v1/driver-records",
    method: "POST",
    summary: "Gives the reader whom the driver named all of that driver's sessions, receipts and signed records.",
    access: "anybody",
    body: { schema: recordsGrantSchema },
    answers: [{ status: 200, meaning: "A ZIP archive.", schema: z.string(), mediaType: "application/zip" }],
  },
  {
    id: "stopCharging",
    path: `${session}/stop`,
    method: "POST",
    summary: "Has the charger stop, or gives up a session that has not begun, by the driver's signature.",
    access: "anybody",
    body: { schema: stopSchema },
    answers: [
      { status: 200, meaning: "The session was given up, and the hold is free.", schema: stopAnswer },
      { status: 202, meaning: "The charger was told, or the hold is on its way.", schema: stopAnswer },
    ],
  },
];

import { z } from "zod";

import { dossierOrderSchema } from "../../dossier/make/dossier-wire-format.ts";
import { dossierSchema } from "../../dossier/format/dossier-schema.ts";
import { signedStatementSchema, statementRequestSchema } from "../../dossier/market/statement.ts";
import { actionsQuery } from "../operator/actions.ts";
import {
  evidenceQuery,
  moneyQuery,
  overviewQuery,
  sessionsQuery,
  stationsQuery,
  totalsQuery,
} from "../operator/board-queries.ts";
import { cardPaymentsQuery, cardResolutionSchema } from "../operator/card-payments.ts";
import { refundOrder } from "../operator/refunds.ts";
import { rescanOrder } from "../operator/chain-rescan.ts";
import { bindingSchema, unbindingSchema } from "../operator/id-tokens.ts";
import { expectedSchema } from "../operator/meter-possessions.ts";
import { additionSchema, revocationSchema } from "../operator/operator-keys.ts";
import { discardSchema, retrySchema } from "../operator/parked-frames.ts";
import { resolutionOrder } from "../operator/session-resolution.ts";
import { setUpOrder } from "../operator/station-set-up.ts";
import { screenCodeChoices } from "../operator/screen-codes.ts";
import { cardPaymentsAnswer, cardResolutionAnswer } from "./card-payment-answers.ts";
import { answering, type ApiOperation } from "./operation.ts";
import { evidenceAnswer } from "./evidence-answer.ts";
import * as answers from "./operator-answers.ts";
import * as keyAnswers from "./operator-key-answers.ts";
import { evseNumber, hash } from "./values.ts";

const reading = { access: "operator", role: "read" } as const;
const operating = { access: "operator", role: "operate" } as const;
const deciding = { access: "operator", role: "money" } as const;
const board = { ...reading, method: "GET" } as const;

/** What the operator sees and orders, with a key of the operator; and the state of an EVSE, which anybody may ask. */
export const operatorOperations: readonly ApiOperation[] = [
  {
    id: "readEvseState",
    path: "/v1/evses/:evse/state",
    method: "GET",
    summary: "Says whether an EVSE is free.",
    access: "anybody",
    parameters: { evse: evseNumber },
    answers: answering(answers.evseStateAnswer, "Its state."),
  },
  {
    ...reading,
    id: "listStations",
    path: "/v1/stations",
    method: "GET",
    summary: "Lists the chargers, and those that want to join.",
    answers: answering(answers.stationsAnswer, "All of them."),
  },
  {
    ...reading,
    id: "readStation",
    path: "/v1/stations/:stationId",
    method: "GET",
    summary: "Shows one charger with its latest messages in quarantine.",
    answers: answering(answers.stationAnswer, "The charger."),
  },
  {
    ...operating,
    id: "callStation",
    path: "/v1/stations/:stationId/commands/:action",
    method: "POST",
    summary: "Calls an action of OCPP at a connected charger.",
    body: { schema: z.record(z.string(), z.unknown()), isOptional: true },
    answers: answering(answers.commandAnswer, "What the charger answered."),
  },
  {
    ...reading,
    id: "readStationSetUp",
    path: "/v1/stations/:stationId/last-set-up",
    method: "GET",
    summary: "Says what the last set-up of a charger changed, and whether its first is still due.",
    answers: answering(answers.setUpStateAnswer, "Its last set-up."),
  },
  {
    ...operating,
    id: "setUpStation",
    path: "/v1/stations/:stationId/set-up",
    method: "POST",
    summary: "Brings a charger's configuration to what settlement needs, or says what would be changed.",
    body: { schema: setUpOrder },
    answers: answering(answers.setUpAnswer, "What was found and done."),
  },
  {
    ...operating,
    id: "enableScreenCode",
    path: "/v1/stations/:stationId/screen-code",
    method: "POST",
    summary: "Has a charger show a code that changes.",
    body: { schema: screenCodeChoices },
    answers: answering(answers.screenCodeAnswer, "Where its codes lead to."),
  },
  {
    ...reading,
    id: "listIdTokens",
    path: "/v1/id-tokens",
    method: "GET",
    summary: "Lists the cards and contracts that open sessions, and the latest charges with one.",
    answers: answering(answers.idTokensAnswer, "All of them."),
  },
  {
    ...operating,
    id: "bindIdToken",
    path: "/v1/id-tokens/bind",
    method: "POST",
    summary: "Has a card or contract open sessions under a vehicle's consent.",
    body: { schema: bindingSchema },
    answers: answering(answers.idTokenAnswer, "The binding."),
  },
  {
    ...operating,
    id: "unbindIdToken",
    path: "/v1/id-tokens/unbind",
    method: "POST",
    summary: "Has a card or contract open no more sessions.",
    body: { schema: unbindingSchema },
    answers: answering(answers.unboundAnswer, "What was unbound."),
  },
  {
    ...operating,
    id: "expectPossession",
    path: "/v1/meter-possessions",
    method: "POST",
    summary: "Has a charger take the possession tag of a meter that is to be registered, or begin a charge with it.",
    body: { schema: expectedSchema },
    answers: answering(answers.namedPossessionAnswer, "What is awaited, or has come."),
  },
  {
    ...reading,
    id: "readPossession",
    path: "/v1/meter-possessions/:tag",
    method: "GET",
    summary: "Says what came of it, with the record that the meter signed.",
    answers: answering(answers.possessionAnswer, "What is awaited, or has come."),
  },
  {
    ...operating,
    id: "makeDossier",
    path: "/v1/dossiers",
    method: "POST",
    summary: "Makes a dossier of proven energy and answers with it, piece by piece.",
    body: { schema: dossierOrderSchema },
    answers: answering(dossierSchema, "The dossier."),
  },
  {
    ...deciding,
    id: "signStatement",
    path: "/v1/evidence-statements",
    method: "POST",
    summary: "Has a quorum of oracles sign a claim, an offer or a round of proven energy.",
    body: { schema: statementRequestSchema },
    answers: answering(signedStatementSchema, "What the contract takes, and the signatures."),
  },
  {
    ...deciding,
    id: "publishDossier",
    path: "/v1/dossiers/:offerId/content",
    method: "PUT",
    summary: "Gives the service the dossier that it hands to the buyers of an offer.",
    parameters: { offerId: hash },
    body: { schema: dossierSchema },
    answers: answering(z.object({ offerId: hash }), "It is for sale.", 201),
  },
  {
    ...operating,
    id: "retrySettlement",
    path: "/v1/sessions/:sessionId/settlement-retry",
    method: "POST",
    summary: "Has a session that was given up settle again.",
    answers: answering(answers.retryAnswer, "It joins the next batch.", 202),
  },
  {
    ...deciding,
    id: "resolveSession",
    path: "/v1/operator/session-resolutions",
    method: "POST",
    summary: "Decides about a session that nothing else moves.",
    body: { schema: resolutionOrder },
    answers: answering(answers.resolutionAnswer, "What was decided, and where the session is then."),
  },
  {
    ...operating,
    id: "rescanChain",
    path: "/v1/operator/chain-rescan",
    method: "POST",
    summary: "Reads blocks again in which events may have been missed.",
    body: { schema: rescanOrder },
    answers: answering(answers.rescanAnswer, "What was missing, and what contradicts."),
  },
  {
    ...reading,
    id: "listCardPayments",
    path: "/v1/operator/card-payments",
    method: "GET",
    summary: "Lists payments by card.",
    query: cardPaymentsQuery,
    answers: answering(cardPaymentsAnswer, "At most 1,000, the newest first."),
  },
  {
    ...deciding,
    id: "resolveCardPayment",
    path: "/v1/operator/card-payments/resolve",
    method: "POST",
    summary: "Has a payment by card looked at now, or ends one that was not opened.",
    body: { schema: cardResolutionSchema },
    answers: answering(cardResolutionAnswer, "What stands then."),
  },
  {
    ...reading,
    id: "listParkedFrames",
    path: "/v1/operator/parked-frames",
    method: "GET",
    summary: "Lists messages of stations that could not be worked on.",
    answers: answering(answers.parkedFramesAnswer, "At most 100 of each station."),
  },
  {
    ...operating,
    id: "retryParkedFrames",
    path: "/v1/operator/parked-frames/retry",
    method: "POST",
    summary: "Works on those of a station again.",
    body: { schema: retrySchema },
    answers: answering(answers.parkedRetryAnswer, "How many there were, and which are left."),
  },
  {
    ...operating,
    id: "discardParkedFrame",
    path: "/v1/operator/parked-frames/discard",
    method: "POST",
    summary: "Gives one up, and holds the sessions that it may have belonged to.",
    body: { schema: discardSchema },
    answers: answering(answers.parkedDiscardAnswer, "The message, and the sessions that have it."),
  },
  {
    ...deciding,
    id: "prepareRefund",
    path: "/v1/operator/refunds",
    method: "POST",
    summary: "Prepares the call by which the operator's own account gives a driver money of a session back.",
    body: { schema: refundOrder },
    answers: answering(keyAnswers.refundAnswer, "What that account has to send."),
  },
  {
    ...reading,
    id: "listActions",
    path: "/v1/operator/actions",
    method: "GET",
    summary: "Lists what was done with keys of the operator, newest first.",
    query: actionsQuery,
    answers: answering(keyAnswers.actionsAnswer, "A page; `next` is the `before` of the next one."),
  },
  {
    ...reading,
    id: "readOwnKey",
    path: "/v1/operator/own-key",
    method: "GET",
    summary: "Says whose key it is that asks, and what it allows.",
    answers: answering(keyAnswers.ownKeyAnswer, "Name and role."),
  },
  {
    ...reading,
    id: "listOperatorKeys",
    path: "/v1/operator/keys",
    method: "GET",
    summary: "Lists every key of the operator that there ever was.",
    answers: answering(keyAnswers.operatorKeysAnswer, "All of them, without the keys themselves."),
  },
  {
    ...deciding,
    id: "addOperatorKey",
    path: "/v1/operator/key-additions",
    method: "POST",
    summary: "Adds a key of the operator by its SHA-256.",
    body: { schema: additionSchema },
    answers: answering(keyAnswers.operatorKeyAnswer, "The key that was added."),
  },
  {
    ...deciding,
    id: "revokeOperatorKey",
    path: "/v1/operator/key-revocations",
    method: "POST",
    summary: "Revokes a key of the operator.",
    body: { schema: revocationSchema },
    answers: answering(keyAnswers.operatorKeyAnswer, "The key that was revoked."),
  },
  {
    ...board,
    id: "readOverview",
    path: "/v1/operator/overview",
    summary: "Counts sessions, what hangs, stations and alerts.",
    query: overviewQuery,
    answers: answering(answers.overviewAnswer, "The counts."),
  },
  {
    ...board,
    id: "listReplicas",
    path: "/v1/operator/replicas",
    summary: "Lists the replicas on the ledger, what each does, and the standbys of its database.",
    answers: answering(answers.replicasAnswer, "All of them."),
  },
  {
    ...board,
    id: "listBoardStations",
    path: "/v1/operator/stations",
    summary: "Lists chargers by id with their last message.",
    query: stationsQuery,
    answers: answering(answers.boardStationsAnswer, "A page of chargers."),
  },
  {
    ...board,
    id: "listBoardSessions",
    path: "/v1/operator/sessions",
    summary: "Lists sessions, newest first, with energy and money.",
    query: sessionsQuery,
    answers: answering(answers.boardSessionsAnswer, "A page; `next` is the `before` of the next one."),
  },
  {
    ...board,
    id: "readTotals",
    path: "/v1/operator/totals",
    summary: "Sums energy and revenue by hour or day.",
    query: totalsQuery,
    answers: answering(answers.totalsAnswer, "The sums."),
  },
  {
    ...board,
    id: "readMoney",
    path: "/v1/operator/money",
    summary: "Reads the credit of operators and partners from the chain.",
    query: moneyQuery,
    answers: answering(answers.moneyAnswer, "A page of credits."),
  },
  {
    ...board,
    id: "readEvidence",
    path: "/v1/operator/evidence",
    summary: "Sums proven energy by purpose and month, and tells of claims, sales, shares and what is unusual.",
    query: evidenceQuery,
    answers: answering(evidenceAnswer, "As of when the records were last read; null where the ledger has no operator."),
  },
];

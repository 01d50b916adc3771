/** What an operator knows of an alert at once; `docs/runbook.md` has a section for each that says more. */
export interface AlertContent {
  readonly meaning: string;
  /** What to do first. */
  readonly action: string;
  /** Whether a person is called: at once, when the alert lasts or repeats, or not at all. */
  readonly page: "at once" | "if it lasts" | "no";
}

/**
 * Everything that an operator has to look at. This is the one list: the counters, the type, the operator's page and the
 * table of the runbook come from it.
 */
export const alertCatalogue = {
  "chain-unavailable": {
    meaning: "The chain's endpoint does not answer, or answers nonsense. Records are still taken; nothing settles.",
    action: "Check the endpoint, then the network.",
    page: "if it lasts",
  },
  "chain-events-missing": {
    meaning: "The endpoint leaves out events. Following waits until the events are complete.",
    action: "Use another endpoint if it recurs.",
    page: "if it lasts",
  },
  "batch-stuck": {
    meaning: "A batch has not been confirmed for too long, and the service is not ready.",
    action: "Look at the alerts beside it: gas, fees, quorum, refusals, missing events.",
    page: "at once",
  },
  "session-stuck": {
    meaning: "Nothing moves a session any more.",
    action: "Read its status and reason, then resolve it with `wattproof sessions resolve`.",
    page: "no",
  },
  "ocpp-frames-stuck": {
    meaning: "A charger's message has been set aside for too long, and later messages of that charger wait behind it.",
    action: "Find the cause in `ocpp-inbox-failed`; resolve the charger's sessions meanwhile.",
    page: "at once",
  },
  "station-not-set-up": {
    meaning: "A charger refuses a setting without which what it delivers cannot be billed.",
    action: "Look at `wattproof station set-up <station> --last`, and change the setting at the charger itself.",
    page: "no",
  },
  "station-cost-differs": {
    meaning: "A charger showed its driver another cost than the contract charges. The receipt says so.",
    action: "Compare the tariff on the charger with the one assigned to its EVSE, and its clock.",
    page: "no",
  },
  "card-payment-stuck": {
    meaning: "A payment by card does not move: the provider, the chain or the session keeps it waiting.",
    action: "Look at it with `wattproof card-payment list`, then at its session and at the provider's page.",
    page: "if it lasts",
  },
  "card-payment-uncollected": {
    meaning: "The proxy account paid for a charge on the chain, and the card did not pay all of it.",
    action: "Compare the payment with the provider's page, and write the difference off or bill the driver.",
    page: "no",
  },
  "card-payment-disputed": {
    meaning: "A driver's bank calls back what a card paid. The session on the chain stays as it is.",
    action: "Answer at the provider with the session's receipt.",
    page: "no",
  },
  "invoice-failed": {
    meaning: "The receipt of a session could not be written. The service tries again at the next poll.",
    action: "Look up the error in the log.",
    page: "no",
  },
  "invoice-delayed": {
    meaning: "A receipt could not be sent. The service tries again, up to three days.",
    action: "Check the mail server, or what takes the webhook.",
    page: "if it lasts",
  },
  "invoice-undelivered": {
    meaning: "A receipt has not arrived for three days and is not sent again.",
    action: "Send it by hand: `GET /v1/receipts/<session>/invoices`.",
    page: "no",
  },
  "signer-failed": {
    meaning:
      "The oracle's or the relayer's key signs elsewhere, and did not sign. Records are still taken; nothing settles.",
    action: "Check the signer; `SIGNER_WRONG` in the log: it has another key than the settings say.",
    page: "at once",
  },
  "alert-untold": {
    meaning: "An alert could not be sent by mail or webhook. The service tries again, up to two days.",
    action: "Check the mail server, or what takes the webhook; read the alerts in the log meanwhile.",
    page: "no",
  },
  "seller-unproven": {
    meaning:
      "The transaction of the settings does not make the seller's file public: it is another's, or of another file.",
    action: "Run `wattproof operator publish` again and set WATTPROOF_RECEIPT_SELLER_TRANSACTION.",
    page: "no",
  },
  "loop-failed": {
    meaning: "A round of following and settling failed. The service tries again at the next poll.",
    action: "Look up the error code in the log.",
    page: "at once",
  },
  "replica-lost": {
    meaning: "A replica has stopped answering. Another one has taken its chargers' messages and its work.",
    action: "Look at its machine and its log, and start it again.",
    page: "if it lasts",
  },
  "station-command-failed": {
    meaning: "A command that another replica had for a charger of this one failed by a fault of ours.",
    action: "Look up the error in the log, and give the command again.",
    page: "no",
  },
  reorganisation: {
    meaning: "Blocks that had counted are no longer part of the chain. The service sends again what they had settled.",
    action: "Raise `WATTPROOF_CONFIRMATIONS` if it recurs.",
    page: "no",
  },
  "settlement-mismatch": {
    meaning: "The chain charged another amount, or another energy, than the service computed.",
    action: "Look whether `settlement-contradicted` follows; if not, stop settling and find out why.",
    page: "at once",
  },
  "settlement-refused": {
    meaning: "The chain refuses a batch, or the endpoint refuses its transaction.",
    action: "Read the refusal in the log.",
    page: "if it lasts",
  },
  "settlement-reverted": {
    meaning: "A transaction was mined and failed. Its sessions return to the queue.",
    action: "Treat several in a row like `settlement-refused`.",
    page: "no",
  },
  "settlement-skipped": {
    meaning: "The contract skipped a session of ours and paid nothing for it.",
    action: "Look up the reason; the session's page shows how it ended.",
    page: "no",
  },
  "epoch-limit": {
    meaning:
      "Oracles have credited the operator with as much as they may in this epoch. The session waits for the next one.",
    action: "Have the committee's owner raise the operator's limit if it recurs.",
    page: "no",
  },
  "quorum-lacking": {
    meaning: "Too few oracles answer, or this account is not a member of the committee.",
    action: "Check the peers that the log names, the network and the threshold.",
    page: "if it lasts",
  },
  "quorum-window-closed": {
    meaning:
      "Oracles can no longer settle a session, because it opened too long ago. `goesOn` says whether its meter's signature settles it.",
    action: "Where it says `operator`, resolve the session: agree with the driver, or leave it to expiry.",
    page: "if it lasts",
  },
  "quorum-left-out": {
    meaning: "Too few oracles sign for some sessions. The rest of the batch goes on.",
    action: "Read in the log who refuses and why.",
    page: "no",
  },
  "quorum-peer-wrong": {
    meaning: "A peer answered with a signature that is not its own, or not of what it was asked to sign.",
    action: "Check its address in `WATTPROOF_QUORUM_PEERS` and its deployment.",
    page: "no",
  },
  "quorum-claim-wrong": {
    meaning: "A peer asked for a signature that its own records do not support. Nothing was signed.",
    action: "Talk to that oracle's operator if it names a session again.",
    page: "at once",
  },
  "claim-contradicted": {
    meaning: "This oracle was about to sign another claim of a session than before, and did not.",
    action: "Find out whether the store was restored or changed by hand.",
    page: "at once",
  },
  "settlement-contradicted": {
    meaning: "Oracles settled a session at more than its meter's records here give.",
    action: "Find out who signed; replace this oracle's key if it is among them.",
    page: "at once",
  },
  "settlement-challenged": {
    meaning: "Somebody showed the chain records that cost the driver less than what oracles settled.",
    action: "Find out why the meter signed twice, or whether this oracle signed wrongly.",
    page: "at once",
  },
  "evidence-demanded": {
    meaning: "Somebody demands the records behind a claim; the service answers by itself if it signed.",
    action: "See that the answer is on the chain before `answerableUntil`; the bond depends on it.",
    page: "at once",
  },
  "evidence-missing": {
    meaning: "The records behind a claim were not shown in time; bonds pay.",
    action: "Find out whether this oracle signed, and why its records were not shown.",
    page: "at once",
  },
  "dispute-given-up": {
    meaning: "A challenge, or the answer to a demand, could not be brought to the chain.",
    action: "Look up the reason.",
    page: "at once",
  },
  "settlement-abandoned": {
    meaning: "A session's transactions failed too often; the service stopped settling it.",
    action: "Remove the cause, then run `wattproof settlement retry`.",
    page: "at once",
  },
  "session-expired-unpaid": {
    meaning: "A session with complete evidence expired before it was settled. The operator is not paid.",
    action: "Find out what delayed settlement.",
    page: "at once",
  },
  "session-disputed": {
    meaning: "The records of a session contradict each other or have a gap. It waits for a person.",
    action: "Look up the reason; get the missing records, or resolve it.",
    page: "no",
  },
  "session-held": {
    meaning: "The energy of a session is known and does not settle without a decision.",
    action: "Read `hold` of the session and do what it needs.",
    page: "no",
  },
  "session-late-evidence": {
    meaning: "A charger said something else after its session was settled. Nothing settles twice.",
    action: "Compare, then refund the driver or challenge with a signed record.",
    page: "no",
  },
  "session-not-begun": {
    meaning: "No charger began a session, and its tariff does not let it close for nothing.",
    action: "Nothing: its hold returns at expiry. Appoint the service's relayer, and later ones are released at once.",
    page: "no",
  },
  "token-start-unpaid": {
    meaning: "A charge began with a card and no session could be opened for it. Nobody pays for what it delivered.",
    action: "Look up the reason; bill the fleet by hand where it began offline.",
    page: "no",
  },
  "fee-limit": {
    meaning: "A transaction would cost more than it may, and waits.",
    action: "Compare with another endpoint; raise the limit or wait.",
    page: "no",
  },
  "relayer-low": {
    meaning: "The account that pays for drivers and cards has little left.",
    action: "Fund it.",
    page: "if it lasts",
  },
  "relay-budget-spent": {
    meaning: "The relayer spent its limit of 24 hours. Drivers pay their own gas until then.",
    action: "Look who spends it, then raise the least hold or the limit.",
    page: "no",
  },
  "relay-refused": {
    meaning: "The endpoint did not take a transaction for others, and it was given up.",
    action: "Look at the endpoint.",
    page: "no",
  },
  "relay-reverted": {
    meaning: "A transaction for others was mined and failed.",
    action: "Nothing for a single one; look at the driver if there are many.",
    page: "no",
  },
  "chain-mismatch": {
    meaning:
      "The endpoint is on another chain than the deployment, the contracts are not there, or the chain lacks an instruction.",
    action:
      "Correct `WATTPROOF_RPC_URL`; `CHAIN_UNSUITABLE` in the log: the chain has to have had the Osaka hard fork.",
    page: "at once",
  },
  "store-damaged": {
    meaning: "SQLite found the ledger damaged. Nothing more is written and chargers keep their messages.",
    action: "Stop the service, keep a copy, look at the disk, restore the newest backup.",
    page: "at once",
  },
  "store-failed": {
    meaning: "The ledger could not be read or written. Nothing was acknowledged that is not on disk.",
    action: "Free space on the disk, or replace it.",
    page: "at once",
  },
  "clock-stepped": {
    meaning: "The clock of the machine was set.",
    action: "Find out why it was wrong, and use NTP.",
    page: "no",
  },
  "oracle-unfunded": {
    meaning: "The oracle's account cannot pay for gas.",
    action: "Fund it.",
    page: "at once",
  },
  "nonce-taken": {
    meaning: "A transaction that the service does not know used a nonce of its account.",
    action: "Find out who has the key; replace it if nobody on your side does.",
    page: "at once",
  },
  "tariff-missing": {
    meaning: "A session names a tariff that the registry does not have. Following stops at this block.",
    action: "Suspect the deployment file or the endpoint.",
    page: "at once",
  },
  "tariff-not-assigned": {
    meaning: "A driver opened a session at a tariff that its charging point does not offer. It is not started.",
    action: "Look at `wattproof tariff assignments` if there are many.",
    page: "no",
  },
  "evse-without-tariff": {
    meaning: "Charging points offer no tariff, so nobody can charge there.",
    action: "Run `wattproof tariff assign`.",
    page: "at once",
  },
  "resume-failed": {
    meaning: "Messages that were stored before a crash could not all be judged.",
    action: "Look up the cause in the log; they are judged again at the next start.",
    page: "no",
  },
  "ocpp-exchange-failed": {
    meaning: "A charger's message could not be kept or answered. The charger sends it again.",
    action: "Look up the cause in the log.",
    page: "if it lasts",
  },
  "ocpp-frame-quarantined": {
    meaning:
      "A charger sent a message that its version's schema does not allow. It was kept and nothing rests on it yet.",
    action: "Update the firmware if one charger sends many.",
    page: "no",
  },
  "ocpp-inbox-failed": {
    meaning:
      "A charger's message is kept, and what follows from it could not be done. It is tried again every half minute.",
    action: "Look up the cause in the log, then run `wattproof frames retry` or `frames discard`.",
    page: "if it lasts",
  },
  "ocpp-message-unmatched": {
    meaning: "A charger sent values or a stop for a transaction whose start is not known here. They are kept.",
    action: "Nothing if the charger was moved here in the middle of a transaction.",
    page: "no",
  },
  "ocpp-session-taken": {
    meaning: "A second transaction began with the idTag of a session that has one.",
    action: "Look at both transactions before the hold expires.",
    page: "no",
  },
  "ocpp-stop-failed": {
    meaning: "A charger does not stop although the hold of its session is used up or the session is closed.",
    action: "Stop the charger; what flows beyond the hold is not paid.",
    page: "if it lasts",
  },
  "ocpp-stop-missing": {
    meaning: "A transaction is over and its stop never came. Its last reading counts.",
    action: "Look at the charger's queue if it has many.",
    page: "no",
  },
  "ocpp-unknown-station": {
    meaning: "A charger that is not registered tried to connect.",
    action: "Register it if it is yours.",
    page: "no",
  },
  "client-limited": {
    meaning: "A client asked for more than it may, and was answered 429.",
    action: "Name your proxy, or raise the limit, if many clients share an address.",
    page: "no",
  },
  "connections-limited": {
    meaning: "An address held too many sockets, or a port was full. The oldest idle sockets were ended.",
    action: "Name your proxy, raise the limit, or block the address.",
    page: "no",
  },
  "peer-limited": {
    meaning: "Another oracle asked for more signatures than it may.",
    action: "Talk to that oracle's operator, or raise the limits.",
    page: "if it lasts",
  },
  "possession-charge-limited": {
    meaning: "A charge that proves possession of a meter delivered more than 500 Wh, and the charger was told to stop.",
    action: "Unplug if nobody of yours stands there, and name the meter again when you do.",
    page: "no",
  },
  "wrong-keys": {
    meaning: "Many wrong keys came from one address, and it has to wait.",
    action: "Give the charger its key again, or block the address.",
    page: "no",
  },
} as const satisfies Readonly<Record<string, AlertContent>>;

export type Alert = keyof typeof alertCatalogue;

/** The names of all alerts, in the order of the list. */
export const alerts = Object.keys(alertCatalogue) as readonly Alert[];

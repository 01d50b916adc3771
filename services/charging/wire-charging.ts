import type { SessionReleases } from "../chain/session-releases.ts";
import type { ChargingConfig } from "../config/charging-settings.ts";
import type { Ages } from "../observability/ages.ts";
import type { OperatorDesk } from "../observability/operator-desk.ts";
import type { Store } from "../store/store.ts";
import type { SessionCompleter } from "../evidence/complete-session.ts";
import type { MeterDirectory } from "../evidence/meter-directory.ts";
import type { RecordVerifier } from "../evidence/verify-record.ts";
import type { StationCommands } from "../ocpp/commands.ts";
import type { StationPresence } from "../ocpp/station-presence.ts";
import type { IdTokenPolicy } from "../ocpp/id-token-policy.ts";
import type { PriceJudge } from "../evidence/judge-price.ts";
import type { RecordReceiver } from "../evidence/receive-record.ts";
import type { StationHolds } from "../replicas/station-holds.ts";
import type { WorkLease } from "../replicas/work-lease.ts";
import type { TokenOpener } from "./cards/open-for-tokens.ts";
import { createSessionAssessor, type SessionAssessor } from "./assess-session.ts";
import { createSessionBeginner } from "./begin-sessions.ts";
import { createChargingRounds, type ChargingRounds } from "./charging-rounds.ts";
import { createChargingInbox, type ChargingInbox } from "./frame-inbox.ts";
import { createQuietTime, type QuietTime } from "./quiet-time.ts";
import { createSessionIdTokenPolicy } from "./session-token-policy.ts";
import { createUnservedReleaser } from "./release-unserved.ts";
import { createTransactionPursuer } from "./pursue-transactions.ts";
import { createSessionReconsiderer } from "./reconsider-sessions.ts";
import {
  createCircumstanceReader,
  createMessageReader,
  type CircumstanceReader,
  type MessageReader,
} from "./session-circumstances.ts";
import type { CostTeller } from "./tell-costs.ts";
import type { SetUpRounds } from "./set-up/set-up-rounds.ts";
import type { StationTraits } from "./station-traits.ts";
import { createOnceDesk, type OnceDesk } from "./tell-once.ts";
import { createTransactionBook, type TransactionBook } from "./transaction-book.ts";

/** The transactions of stations, and what they say. */
export interface TransactionReaders {
  readonly book: TransactionBook;
  readonly readMessages: MessageReader;
  readonly readCircumstances: CircumstanceReader;
}

export function createTransactionReaders(deps: {
  readonly store: Store;
  readonly meters: MeterDirectory;
  /** `undefined`: every station is this replica's. */
  readonly stations?: StationHolds;
}): TransactionReaders {
  const book = createTransactionBook(deps);
  const readMessages = createMessageReader({ ...deps, book });
  return { book, readMessages, readCircumstances: createCircumstanceReader({ ...deps, readMessages }) };
}

/** What reads the frames of stations, and says what their idTokens are worth. */
export interface ChargingReaders extends TransactionReaders {
  readonly once: OnceDesk;
  readonly assessor: SessionAssessor;
  readonly quiet: QuietTime;
  readonly inbox: ChargingInbox;
  readonly idTags: IdTokenPolicy;
}

export interface ChargingReadersDeps {
  readonly store: Store;
  readonly meters: MeterDirectory;
  readonly verifier: Pick<RecordVerifier, "verify">;
  readonly transactions: TransactionReaders;
  readonly completer: SessionCompleter;
  readonly receiver: Pick<RecordReceiver, "receiveRecord">;
  readonly prices: PriceJudge;
  readonly desk: OperatorDesk;
  readonly now: () => number;
  /** Milliseconds since whenever, by a clock that never steps. */
  readonly elapsedMs: () => number;
  /** For waits that are kept in the ledger. */
  readonly steadyNow: () => number;
  readonly config: ChargingConfig;
  /** Resolves when what the station has said by now was read. */
  readonly handedOn: (stationId: string) => Promise<void>;
}

/** Wires what needs no connection to a station. */
export function createChargingReaders(deps: ChargingReadersDeps): ChargingReaders {
  const { store, prices, desk, now, handedOn, config, transactions } = deps;
  const { registerModuliWh, late, stopAtBps, quietMs } = config;
  const quiet = createQuietTime({ ...deps, quietMs });
  const { book } = transactions;
  const once = createOnceDesk({ store, desk, now });
  const shared = { ...deps, ...transactions };
  const assessor = createSessionAssessor({ ...shared, registerModuliWh, quiet, lateMessageLimit: late.limit });
  const inbox = createChargingInbox({ ...shared, assessor, once, late, stopAtBps });
  const idTags = createSessionIdTokenPolicy({
    store,
    prices,
    handedOn,
    bind: (transaction) =>
      book.inTurn(transaction.stationId, async () => {
        const current = await book.reload(transaction);
        return current.sessionId === null ? inbox.attach(current) : current;
      }),
  });
  return { ...transactions, once, assessor, quiet, inbox, idTags };
}

/** Wires the rounds, which call stations. */
export function createChargingActors(
  deps: Pick<
    ChargingReadersDeps,
    "store" | "meters" | "prices" | "completer" | "desk" | "now" | "elapsedMs" | "steadyNow" | "config" | "handedOn"
  > & {
    readonly ages: Ages;
    readonly readers: ChargingReaders;
    readonly lease: Pick<WorkLease, "whileHeld">;
    readonly commands: StationCommands;
    readonly connections: StationPresence;
    /** `null`: no card opens anything. */
    readonly opener: Pick<TokenOpener, "openDue"> | null;
    /** `null`: the service sends nothing for others. */
    readonly releases: SessionReleases | null;
    readonly traits: StationTraits;
    readonly costs: CostTeller;
    /** `null`: chargers keep the configuration that they have. */
    readonly setUps: SetUpRounds | null;
    readonly pollIntervalMs: number;
    readonly signal: AbortSignal;
  },
): ChargingRounds {
  const { start, missingStop, stopRetryMs } = deps.config;
  const acting = { ...deps, ...deps.readers };
  const beginner = createSessionBeginner({ ...acting, limits: start });
  return createChargingRounds({
    ...deps,
    beginner,
    reconsiderer: createSessionReconsiderer({ ...acting, beginner }),
    releaser: createUnservedReleaser(acting),
    pursuer: createTransactionPursuer({ ...acting, missingStop, stopRetryMs }),
  });
}

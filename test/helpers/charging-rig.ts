import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { assignTariff } from "../../scripts/local-world/assign-tariff.ts";
import { createSessionAssessor } from "../../services/charging/assess-session.ts";
import { createChargingInbox } from "../../services/charging/frame-inbox.ts";
import { createTransactionPursuer } from "../../services/charging/pursue-transactions.ts";
import { createQuietTime } from "../../services/charging/quiet-time.ts";
import { createOnceDesk } from "../../services/charging/tell-once.ts";
import { createTransactionReaders } from "../../services/charging/wire-charging.ts";
import { defaultLateMessageLimits } from "../../services/domain/charging/awaited-messages.ts";
import { defaultMissingStopLimits } from "../../services/domain/charging/missing-stop.ts";
import { defaultQuietMs } from "../../services/domain/charging/quiet-time.ts";
import type { EvidencePolicy } from "../../services/domain/charging/settlement-policy.ts";
import { idTagOf } from "../../services/domain/id-tag.ts";
import { openSession } from "../../services/domain/session.ts";
import { tariffIdOf } from "../../services/domain/packed-tariff.ts";
import { createSessionCompleter } from "../../services/evidence/complete-session.ts";
import { createAges } from "../../services/observability/ages.ts";
import { createSupportedFormats } from "../../services/evidence/formats/supported-formats.ts";
import { createRecordVerifier } from "../../services/evidence/verify-record.ts";
import { createPriceJudge } from "../../services/evidence/judge-price.ts";
import { createMeterDirectory } from "../../services/evidence/meter-directory.ts";
import { createTariffDirectory } from "../../services/evidence/tariff-directory.ts";
import type { OcppProtocol } from "../../services/store/ocpp.ts";
import { openSqliteStore } from "../../services/store/sqlite/sqlite-store.ts";
import type { Store } from "../../services/store/store.ts";
import { testTariff } from "./service-chain.ts";
import { testOpening } from "./test-opening.ts";
import { localPresence } from "./local-presence.ts";

/** What became of a session, or would if no station began it. */
export interface RigOutcome {
  /** `closable`: nothing that is known keeps it from being closed as not begun. */
  readonly kind: "settled" | "held" | "disputed" | "waiting" | "closable";
  readonly energyWh: string | null;
  readonly reasons: readonly string[];
}

/** Everything between frames and sessions on a real store, without a chain, sockets and time of its own. */
export interface ChargingRig {
  readonly store: Store;
  nowMs: number;
  /** Opens a session at an EVSE of the registry. @returns its idTag */
  open(evse: number): Promise<string>;
  /** A frame of the station. @returns the id that a start of 1.6 was given */
  tell(action: string, payload: object, protocol?: OcppProtocol): Promise<number>;
  pursue(): Promise<void>;
  outcomeOf(idTag: string): Promise<RigOutcome>;
  close(): Promise<void>;
}

const nobody = `0x${"11".repeat(20)}`;
const stationId = "CS-1";
const unasked = () => Promise.reject(new Error("Nobody asks for this here"));
/** Settles whatever may be settled at all. */
const policy: EvidencePolicy = {
  grades: { "meter-signed-bound": "settle", "meter-signed": "settle", "plausible-unsigned": "settle" },
  settlesSuspicious: true,
  requiresEveryMessage: false,
};

/** A station with these EVSEs, whose outlets can deliver so much. */
export async function openChargingRig(evses: readonly number[], maximumPowerW: number): Promise<ChargingRig> {
  const folder = await mkdtemp(join(tmpdir(), "wattproof-rig-"));
  const store = openSqliteStore(folder);
  await store.putStation({ stationId, apiKeySha256: "00", evses });
  await assignTariff(store, evses, testTariff);
  const tariffId = tariffIdOf(testTariff);
  let nowMs = Date.UTC(2026, 2, 1, 10);
  const now = () => nowMs;
  const desk = { alert: () => undefined, note: () => undefined };
  const evse = { activeMeter: 3, maximumPowerW, operator: nobody, evseId: "DE*WAT*E7" };
  const meter = { number: 3, curve: "secp256r1", publicKey: `0x${"22".repeat(64)}` };
  const meters = {
    ...createMeterDirectory({
      chain: { readMeter: unasked, readEvse: () => Promise.resolve(evse), readAgreement: unasked },
    }),
    readMeter: () => Promise.resolve(meter as never),
  };
  const { readCircumstances, ...transactions } = createTransactionReaders({ store, meters });
  const completer = createSessionCompleter({ store, meters, policy, readCircumstances, desk });
  const shared = { store, ...transactions, desk, now, steadyNow: now };
  const quiet = createQuietTime({ quietMs: defaultQuietMs, now, elapsedMs: now, steadyNow: now });
  const verifier = createRecordVerifier(createSupportedFormats());
  const assessor = createSessionAssessor({ ...shared, meters, verifier, completer, quiet, lateMessageLimit: 100 });
  const once = createOnceDesk(shared);
  const chain = { readBlock: unasked, readHead: unasked, isOffered: unasked };
  const prices = createPriceJudge({
    ...shared,
    tariffs: createTariffDirectory({ ...{ store, chain, meters, now }, graceSeconds: 0, takesAnyTime: true }),
  });
  const inbox = createChargingInbox({
    ...{ ...shared, once, assessor, prices, stopAtBps: 9_500, receiver: { receiveRecord: unasked } },
    late: defaultLateMessageLimits,
  });
  const pursuer = createTransactionPursuer({
    ...{ ...shared, assessor, inbox, once, quiet, commands: { callStation: unasked } },
    ...{ connections: localPresence(), stopRetryMs: 1_000, missingStop: defaultMissingStopLimits },
    ages: createAges({ now, elapsedMs: now }),
    handedOn: () => Promise.resolve(),
  });
  const sessionIds = new Map<string, string>();
  let frames = 0;

  const rig: ChargingRig = {
    store,
    get nowMs() {
      return nowMs;
    },
    set nowMs(value) {
      nowMs = value;
    },
    async open(number) {
      const sessionId = `0x${(sessionIds.size + 1).toString(16).padStart(2, "0").repeat(32)}`;
      const idTag = idTagOf(sessionId, testOpening);
      sessionIds.set(idTag, sessionId);
      const opening = {
        ...{ txHash: sessionId, blockNumber: 1, blockHash: `0x${"33".repeat(32)}`, logIndex: sessionIds.size },
        ...testOpening,
      };
      const event = { kind: "opened", opening, unservableReason: null } as const;
      const terms = {
        ...{ driver: nobody, lane: 0, nonce: sessionIds.size, operator: nobody, agreement: 0, tariffId },
        ...{ holdMicro: 10n ** 9n, evse: number, meter: 3, maximumPowerW, expiresAt: 4_000_000_000 },
      };
      await store.commitChain({
        ...{ expectedCursor: null, cursor: null, forgetAboveBlock: null },
        tariffs: [{ tariffId, tariff: testTariff }],
        openings: [{ sessionId, idTag, terms, event, state: openSession(event), atMs: nowMs }],
        ...{ changes: [], reopenings: [], transactions: [], acts: [], finishedActs: [], reopenedActs: [] },
      });
      return idTag;
    },
    async tell(action, payload, protocol = "ocpp1.6") {
      frames += 1;
      const text = JSON.stringify([2, String(frames), action, payload]);
      const frame = { stationId, protocol, direction: "in", receivedAtMs: nowMs, text, action } as const;
      const id = 4_000 + frames;
      const isStart = action === "StartTransaction";
      const { connectorId, idTag } = payload as { readonly connectorId?: number; readonly idTag?: string };
      const { frame: stored } = await store.commitFrame(
        { ...frame, messageId: String(frames), answer: null, faults: null },
        isStart
          ? [
              {
                kind: "transaction-started",
                transaction: {
                  ...{ naturalKey: `k-${frames}`, retryKey: null, ocppTransactionIds: [String(id)] },
                  ...{ evse: connectorId ?? 1, connector: 1, idToken: idTag ?? "", startedAtText: "" },
                },
              },
            ]
          : [],
      );
      await inbox.take(stored);
      await inbox.settled();
      return id;
    },
    pursue: () => pursuer.pursueTransactions(new AbortController().signal),
    async outcomeOf(idTag) {
      const sessionId = sessionIds.get(idTag) ?? "";
      const session = await store.findSession(sessionId);
      if (session === null) throw new Error("There is no session");
      const cdr = await store.findCdr(sessionId);
      const { status, assessment } = session.state;
      if (cdr !== null) return { kind: "settled", energyWh: cdr.energyWh, reasons: assessment?.reasons ?? [] };
      if (status === "held" || status === "disputed") {
        return { kind: status, energyWh: null, reasons: assessment?.reasons ?? [] };
      }
      if (status !== "opened") return { kind: "waiting", energyWh: null, reasons: [] };
      const { findings, isOpen } = await readCircumstances(session, null);
      const kind = findings.length > 0 || isOpen ? "held" : "closable";
      return { kind, energyWh: null, reasons: findings };
    },
    async close() {
      await store.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
  return rig;
}

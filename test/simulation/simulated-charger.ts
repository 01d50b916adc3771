import { priceOf } from "../../services/domain/tariff.ts";
import type { SessionTerms } from "../../services/domain/terms.ts";
import type { StationFence } from "../../services/store/replicas.ts";
import type { Store } from "../../services/store/store.ts";
import type { Random } from "../helpers/random.ts";
import { testTariff } from "../helpers/test-tariff.ts";
import type { SimulatedChain } from "./simulated-chain.ts";
import type { SimulatedReplica } from "./simulated-replica.ts";

/** A charger of OCPP 1.6 that keeps every message until it is answered, at whichever replica, and the driver before it. */
export interface SimulatedCharger {
  readonly stationId: string;
  /** Nobody charges here. */
  readonly isIdle: boolean;
  /** Sessions that its drivers have opened. */
  readonly sessionIds: readonly string[];
  /** Messages that were answered. */
  readonly acknowledged: readonly { readonly stationId: string; readonly text: string }[];
  /** A driver opens a session. */
  open(network: SimulatedChain, random: Random): void;
  /** Goes on by one tick: begins, measures, ends, and says what it has not said, at this replica where it has no other. */
  act(store: Store, at: SimulatedReplica, random: Random): Promise<void>;
  /** The connection is lost. */
  cut(): void;
  /** What the session costs by what the meter delivered; `null` if it is none of this charger's, or not over. */
  priceOf(sessionId: string): bigint | null;
}

interface Message {
  readonly action: string;
  readonly messageId: string;
  /** Made when it is sent: the transaction's id is known then. */
  readonly payload: () => object;
}

interface Session {
  readonly sessionId: string;
  readonly energyWh: number;
  readonly ticks: number;
  idTag: string | null;
  tick: number;
  transactionId: number | null;
  beganAtMs: number;
  endedAtMs: number | null;
}

const messagesPerTick = 4;

export function createSimulatedCharger(deps: {
  readonly stationId: string;
  readonly terms: Omit<SessionTerms, "lane" | "nonce">;
  readonly now: () => number;
}): SimulatedCharger {
  const { stationId, terms, now } = deps;
  const sessions: Session[] = [];
  const acknowledged: { readonly stationId: string; readonly text: string }[] = [];
  const queue: Message[] = [];
  let registerWh = 1_000;
  let sent = 0;
  let line: { readonly at: SimulatedReplica; readonly fence: StationFence } | null = null;
  let current: Session | null = null;

  const isoNow = () => new Date(now()).toISOString();

  function say(action: string, payload: () => object): void {
    sent += 1;
    queue.push({ action, messageId: `${stationId}-${sent}`, payload });
  }

  function begin(session: Session, idTag: string): void {
    const started = { connectorId: 1, idTag, meterStart: registerWh, timestamp: isoNow() };
    session.idTag = idTag;
    session.beganAtMs = now();
    say("StartTransaction", () => started);
  }

  function goOn(session: Session): void {
    session.tick += 1;
    registerWh += Math.floor(session.energyWh / session.ticks);
    const [value, timestamp] = [registerWh, isoNow()];
    if (session.tick < session.ticks) {
      say("MeterValues", () => ({
        ...{ connectorId: 1, transactionId: session.transactionId },
        meterValue: [{ timestamp, sampledValue: [{ value: String(value) }] }],
      }));
      return;
    }
    session.endedAtMs = now();
    say("StopTransaction", () => ({ transactionId: session.transactionId, meterStop: value, timestamp }));
    current = null;
  }

  /** @returns whether it was answered */
  async function deliver(message: Message, to: NonNullable<typeof line>): Promise<boolean> {
    const { action, messageId } = message;
    const payload = message.payload();
    const text = JSON.stringify([2, messageId, action, payload]);
    const answers: string[] = [];
    const end = (): void => {
      line = null;
    };
    const { epoch } = to.fence;
    const station = { stationId, protocol: "ocpp1.6", bootStatus: "Accepted", epoch, fail: end, giveWay: end } as const;
    const sending = to.at.exchange.takeCall(
      { ...station, send: (answered) => answers.push(answered) },
      ...([text, messageId, action, payload] as const),
    );
    await Promise.race([sending, to.at.ledger.stuck()]);
    const [answer] = answers;
    if (answer === undefined) return false;
    acknowledged.push({ stationId, text });
    const [, , content] = JSON.parse(answer) as readonly [number, string, { readonly transactionId?: number }];
    const session = sessions.find(({ transactionId, idTag }) => transactionId === null && idTag !== null);
    if (action === "StartTransaction" && session !== undefined) session.transactionId = content.transactionId ?? 0;
    return true;
  }

  async function connect(at: SimulatedReplica): Promise<void> {
    const connection = { protocol: "ocpp1.6", securityProfile: 1, address: "192.0.2.1", connectedAtMs: now() } as const;
    const holding = at.replica.stations.hold(stationId, connection).then(
      (fence) => ({ at, fence }),
      () => null,
    );
    line = await Promise.race([holding, at.ledger.stuck().then(() => null)]);
  }

  async function tell(at: SimulatedReplica): Promise<void> {
    if (line?.at.ledger.isFrozen === true || line?.at.ledger.isDead === true) line = null;
    for (let count = 0; count < messagesPerTick; count += 1) {
      const [message] = queue;
      if (message === undefined) return;
      if (line === null) await connect(at);
      if (line === null) return;
      if (!(await deliver(message, line))) {
        line = null;
        return;
      }
      queue.shift();
    }
  }

  return {
    stationId,
    acknowledged,
    get isIdle() {
      return current === null;
    },
    get sessionIds() {
      return sessions.map(({ sessionId }) => sessionId);
    },
    open(network, random) {
      const sessionId = network.open({ ...terms, lane: sessions.length % 4, nonce: sessions.length });
      const ticks = 4 + random.below(30);
      // Below what the connector can deliver.
      const energyWh = ticks * (10 + random.below(200));
      current = {
        sessionId,
        energyWh,
        ticks,
        idTag: null,
        tick: 0,
        transactionId: null,
        beganAtMs: 0,
        endedAtMs: null,
      };
      sessions.push(current);
    },
    async act(store, at) {
      if (current?.idTag === null) {
        // As its driver sees it: the charger takes the idTag that the session has by now.
        const known = await store.findSession(current.sessionId);
        if (known?.state.status === "opened") begin(current, known.idTag);
      } else if (current !== null) goOn(current);
      await tell(at);
    },
    cut() {
      line = null;
    },
    priceOf(sessionId) {
      const session = sessions.find((one) => one.sessionId === sessionId);
      if (session === undefined || session.endedAtMs === null) return null;
      const seconds = Math.floor((session.endedAtMs - session.beganAtMs) / 1_000);
      const energyWh = Math.floor(session.energyWh / session.ticks) * session.ticks;
      const { grossMicro } = priceOf(testTariff, BigInt(energyWh) * 1_000_000n, seconds, seconds);
      return grossMicro < terms.holdMicro ? grossMicro : terms.holdMicro;
    },
  };
}

import { randomBytes } from "node:crypto";

import { parseConfiguration } from "../../services/config/config.ts";
import { idTagOf } from "../../services/domain/id-tag.ts";
import type { Opening } from "../../services/domain/opening.ts";
import type { DossierVerdict } from "../../services/dossier/verify/verify-dossier.ts";
import { startService, type Service } from "../../services/index.ts";
import type { Closers } from "../command-line/closing.ts";
import { demoAccount } from "../local-world/accounts.ts";
import { readBooks, type Books } from "../local-world/books.ts";
import type { DataFolder } from "../local-world/data-folder.ts";
import { expectedChargeMicro } from "../local-world/expected-price.ts";
import { toRegister } from "../local-world/meters.ts";
import { agree, openBatch, type AgreedTerms } from "../local-world/opening.ts";
import {
  createRegistrar,
  demoMaximumPowerW,
  type RegisteredMeter,
  type Registrar,
} from "../local-world/registration.ts";
import { connectStations } from "../local-world/stations.ts";
import { demoTariff } from "../local-world/tariff.ts";
import { createWorld, type World } from "../local-world/world.ts";
import { createSteeredClock } from "../local-world/clock.ts";
import { judgeDossier } from "../verify/judge-dossier.ts";
import { demoMeterKey } from "../simulator/demo-key.ts";
import { createSimulatedMeter, type SimulatedMeter } from "../simulator/meter.ts";
import type { SimulatedStation } from "../simulator/station.ts";
import { writeReplayCdrs } from "./write-replay-cdrs.ts";
import { writeReplayDossier } from "./write-replay-dossier.ts";
import { plugOf, type ScheduledSession, type Step } from "./schedule.ts";

/** Each session may cost at most this much; the dearest of the file reaches it. */
export const replayHoldMicro = 40_000_000n;

/** Where the replay writes what it was asked for, `null` for what it was not. */
export interface ReplayFiles {
  readonly dossier: string | null;
  readonly cdrs: string | null;
}

/** How the replay went, apart from the comparison. */
export interface ReplayOutcome {
  readonly books: Books;
  /** By the file's session id. */
  readonly sessionIds: ReadonlyMap<string, string>;
  /** What a stranger finds the dossier to be, with the chain at hand; `null` if none was asked for. */
  readonly dossier: DossierVerdict | null;
}

interface Plug {
  readonly meter: SimulatedMeter;
  readonly registered: RegisteredMeter;
  readonly station: SimulatedStation;
}

const operatorKeyBytes = 32;
/** One oracle settles all: how several agree is no business of the comparison. */
const replayOracle = "oracle";
/** What happens once every so many seconds of wall time; everything else is asked for explicitly. */
const idlePollMs = "600000";

/**
 * Plays the steps: openings as relayed batches, records through the HTTP door, each plug's one after the other and
 * different plugs at once; and lets the service settle after each delivery.
 *
 * @param onSettled Called with the number of sessions that were delivered.
 * @param files The dossier is verified as well.
 */
export async function runReplay(
  steps: readonly Step[],
  folder: DataFolder,
  closers: Closers,
  onSettled: (count: number) => void,
  files: ReplayFiles = { dossier: null, cdrs: null },
): Promise<ReplayOutcome> {
  const firstSeconds = steps[0]?.atSeconds ?? 0;
  const clock = createSteeredClock(firstSeconds - 86_400);
  const world = await createWorld({
    clock,
    genesisSeconds: clock.nowSeconds(),
    deploymentPath: folder.deploymentPath,
    oracleNames: [replayOracle],
  });
  closers.push(() => world.close());
  const operatorKey = randomBytes(operatorKeyBytes).toString("hex");
  const service = await startService(
    parseConfiguration({
      WATTPROOF_RPC_URL: world.rpcUrl,
      WATTPROOF_DEPLOYMENT: folder.deploymentPath,
      WATTPROOF_DATA: folder.servicePath,
      WATTPROOF_INIT: "1",
      WATTPROOF_PORT: "0",
      WATTPROOF_OPERATOR_KEY: operatorKey,
      WATTPROOF_ORACLE_PRIVATE_KEY: demoAccount(replayOracle).privateKey,
      // Batches close when the replay asks for it, with whatever is there.
      WATTPROOF_BATCH_MAX_AGE_MS: "0",
      WATTPROOF_POLL_INTERVAL_MS: idlePollMs,
      // A year passes in a minute, so a station sends in a second what it sent in a week.
      WATTPROOF_STATION_MESSAGES_PER_SECOND: "100000",
      WATTPROOF_LOG_LEVEL: process.env["WATTPROOF_LOG_LEVEL"] ?? "silent",
    }),
    { now: () => clock.nowSeconds() * 1000 },
  );
  closers.push(() => service.close());

  const sessions = steps.flatMap((step) => (step.kind === "open" ? step.sessions : []));
  const registrar = await createRegistrar(world.contracts, world.operator, world.quorum);
  const tariffId = await registrar.publishTariff(demoTariff);
  const plugs = await connectPlugs(sessions, registrar, service, clock.nowSeconds());
  const nonces = await fundAccounts(sessions, world);

  const sessionIds = new Map<string, string>();
  const idTags = new Map<string, string>();
  for (const step of steps) {
    clock.set(step.atSeconds);
    if (step.kind === "open") {
      const agreed = step.sessions.map((session) => agreeTo(session, world, plugs, nonces, tariffId));
      const opening = await open(world, agreed);
      agreed.forEach(({ sessionId }, index) => {
        const name = step.sessions[index]?.sessionId ?? "";
        sessionIds.set(name, sessionId);
        if (opening !== null) idTags.set(name, idTagOf(sessionId, opening));
      });
    } else {
      // What a transaction will need is asked at the newest block, whose time has to be the clock's.
      await world.chain.mine();
      await service.synchronise();
      await deliver(step.sessions, plugs, idTags);
      await service.synchronise();
      onSettled(step.sessions.length);
    }
  }
  const { contracts, provider, operator, deployment } = world;

  const books = await readBooks(contracts, provider, operator.address, deployment.blockNumber);
  if (files.cdrs !== null) {
    const evseIds = [...new Set(sessions.map((session) => evseIdOf(plugOf(session))))];
    const own = { rpcUrl: world.rpcUrl, deploymentPath: folder.deploymentPath, serviceUrl: service.url };
    await writeReplayCdrs(own, operator.address, evseIds, { folder: folder.path, path: files.cdrs });
  }
  if (files.dossier === null) return { books, sessionIds, dossier: null };
  await writeReplayDossier({ url: service.url, operatorKey }, operator.address, files.dossier);
  const dossier = await judgeDossier(files.dossier, {
    request: (method, parameters) => provider.send(method, [...parameters]),
  });

  return { books, sessionIds, dossier };
}

/** One simulated meter per station and plug, proven on chain, behind a station of its own. */
async function connectPlugs(
  sessions: readonly ScheduledSession[],
  registrar: Registrar,
  service: Service,
  atSeconds: number,
): Promise<Map<string, Plug>> {
  const parts = new Map<string, Omit<Plug, "station">>();
  for (const name of new Set(sessions.map(plugOf))) {
    const key = demoMeterKey("secp256r1", `replay ${name}`);
    const evseId = evseIdOf(name);
    const meter = createSimulatedMeter({ key, serial: `AIL${name}`, evseId });
    const planned = {
      meterId: name,
      evseId,
      stationId: stationIdOf(name),
      curve: key.curve,
      publicKeyPoint: key.publicKeyPoint,
      possession: { kind: "record", key },
    } as const;
    parts.set(name, { meter, registered: await registrar.registerMeter(toRegister(planned, atSeconds)) });
  }
  const evsesOf = new Map([...parts].map(([name, { registered }]) => [stationIdOf(name), [registered.evse]] as const));
  const stations = await connectStations(service.url, service.store, evsesOf, demoTariff);
  const plugs = new Map<string, Plug>();
  for (const [name, part] of parts) {
    plugs.set(name, { ...part, station: found(stations.get(stationIdOf(name)), name) });
  }

  return plugs;
}

function evseIdOf(plug: string): string {
  return `CH*AIL*E${plug.replaceAll("-", "*")}`.slice(0, 48);
}

function stationIdOf(plug: string): string {
  return `AIL-${plug.replace(/[^A-Za-z0-9-]/gu, "_")}`;
}

/**
 * Fills every driver's every lane with what its sessions will cost and one hold; one account pays for all, as anybody
 * may. Returns where each account's nonce begins.
 */
async function fundAccounts(sessions: readonly ScheduledSession[], world: World): Promise<Map<string, number>> {
  const { chargingSettlement, erc20 } = world.contracts;
  const { relayer } = world;
  const needs = new Map<string, { readonly driver: string; readonly lane: number; needMicro: bigint }>();
  for (const session of sessions) {
    const key = accountKeyOf(session);
    const need = needs.get(key) ?? { driver: session.account, lane: session.lane, needMicro: replayHoldMicro };
    need.needMicro += expectedReplayChargeMicro(session);
    needs.set(key, need);
  }
  const totalMicro = [...needs.values()].reduce((total, { needMicro }) => total + needMicro, 0n);
  const erc20Address = await erc20.getAddress();
  const settlementAddress = await chargingSettlement.getAddress();
  await relayer.send(erc20Address, erc20.interface.encodeFunctionData("mint", [relayer.address, totalMicro]));
  await relayer.send(erc20Address, erc20.interface.encodeFunctionData("approve", [settlementAddress, totalMicro]));
  for (const { driver, lane, needMicro } of needs.values()) {
    const values = [accountOf(driver).address, lane, needMicro] as const;
    await relayer.send(settlementAddress, chargingSettlement.interface.encodeFunctionData("deposit", [...values]));
  }

  return new Map([...needs.keys()].map((key) => [key, 0]));
}

/** What the chain has to charge for a session of the file, worked out from the file alone. */
export function expectedReplayChargeMicro(session: { energyWh: number; durationSeconds: number }): bigint {
  const metered = { energyMicroWh: BigInt(session.energyWh) * 1_000_000n, chargingSeconds: session.durationSeconds };

  return expectedChargeMicro(demoTariff, metered, replayHoldMicro);
}

function agreeTo(
  session: ScheduledSession,
  world: World,
  plugs: ReadonlyMap<string, Plug>,
  nonces: Map<string, number>,
  tariffId: string,
): AgreedTerms {
  const key = accountKeyOf(session);
  const nonce = found(nonces.get(key), key);
  nonces.set(key, nonce + 1);
  const driver = accountOf(session.account);
  const { registered } = found(plugs.get(plugOf(session)), plugOf(session));
  const terms = {
    driver: driver.address,
    lane: session.lane,
    nonce,
    operator: world.operator.address,
    agreement: 0,
    evse: registered.evse,
    meter: registered.meter,
    maximumPowerW: demoMaximumPowerW,
    tariffId,
    holdMicro: replayHoldMicro,
    expiresAt: session.expiresAt,
  };
  const { chainId, contracts } = world.deployment;

  return agree(terms, { chainId, verifyingContract: contracts.chargingSettlement }, driver);
}

async function open(world: World, agreed: readonly AgreedTerms[]): Promise<Opening | null> {
  const [first, ...others] = agreed;
  if (first === undefined) {
    return null;
  }
  const { skipped, opening } = await openBatch(world.contracts, world.relayer, [first, ...others]);
  if (skipped[0] !== undefined) {
    throw new Error(`Session ${skipped[0].sessionId} was not opened, reason ${skipped[0].reason}`);
  }

  return opening;
}

async function deliver(
  sessions: readonly ScheduledSession[],
  plugs: ReadonlyMap<string, Plug>,
  idTags: ReadonlyMap<string, string>,
): Promise<void> {
  const byPlug = Map.groupBy(sessions, plugOf);
  await Promise.all(
    [...byPlug].map(async ([name, own]) => {
      const { meter, station } = found(plugs.get(name), name);
      for (const session of own) {
        const record = meter.record({
          idTag: found(idTags.get(session.sessionId), session.sessionId),
          energyMicroWh: BigInt(session.energyWh) * 1_000_000n,
          beginSeconds: session.playedBeginSeconds,
          endSeconds: session.playedEndSeconds,
        });
        const answer = await station.post(record);
        if (answer.outcome !== "accepted" || answer.duplicate) {
          throw new Error(`The record of session ${session.sessionId}: ${JSON.stringify(answer)}`);
        }
      }
    }),
  );
}

const accounts = new Map<string, ReturnType<typeof demoAccount>>();

/** Deriving an account takes a millisecond, and there are a thousand of them that come again and again. */
function accountOf(name: string): ReturnType<typeof demoAccount> {
  const account = accounts.get(name) ?? demoAccount(name);
  accounts.set(name, account);

  return account;
}

function accountKeyOf({ account, lane }: ScheduledSession): string {
  return `${account}, lane ${lane}`;
}

function found<Value>(value: Value | undefined, name: string): Value {
  if (value === undefined) {
    throw new RangeError(`${name} was not prepared`);
  }

  return value;
}

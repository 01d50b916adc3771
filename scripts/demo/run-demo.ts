import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { verifyReceipt } from "../../services/receipts/verify-receipt.ts";
import { nodeCryptography } from "../../services/evidence/formats/ocmf/node-cryptography.ts";
import { createOcmfVerifier } from "../../services/evidence/formats/ocmf/verifier.ts";
import type { Closers } from "../command-line/closing.ts";
import type { ExitCode } from "../command-line/exit-codes.ts";
import { toJson, type Output } from "../command-line/output.ts";
import { createRunningClock, type RunningClock } from "../local-world/clock.ts";
import { demoOracles, startCommittee } from "./committee.ts";
import type { DataFolder } from "../local-world/data-folder.ts";
import { gasPerSession } from "../local-world/figures.ts";
import { toRegister } from "../local-world/meters.ts";
import { playLastAct, playShared, sharedPauseSeconds } from "./last-act.ts";
import { openStands } from "./market/stands.ts";
import { openPage } from "./page.ts";
import type { Plan, PlannedSession } from "./plan.ts";
import {
  awaitSettlements,
  chargingPauseSeconds,
  awaitChallenges,
  deliver,
  expireAbandoned,
  fundDrivers,
  openSessions,
  readEndings,
  type DeliveryOutcome,
  type Stage,
} from "./play.ts";
import { readRecordsManifest } from "./records-manifest.ts";
import { createRegistrar, type RegisteredMeter } from "../local-world/registration.ts";
import { exitCodeOf, printSession, printTable, reportSession, type SessionReport } from "./report.ts";
import { createServiceClient } from "./service-client.ts";
import { openSessionsJournal } from "./sessions-journal.ts";
import { planSimulation } from "./simulated-plan.ts";
import { connectStations } from "../local-world/stations.ts";
import { demoTariff } from "../local-world/tariff.ts";
import { planThirdParty } from "./third-party-plan.ts";
import { createWorld, type World } from "../local-world/world.ts";

/** A demo that has been played and is still up. */
export interface Demo {
  readonly exitCode: ExitCode;
  readonly serviceUrl: string;
  readonly rpcUrl: string;
  /** Puts up a charger for a person at the page. @returns its address */
  openPage(): Promise<string>;
}

/**
 * How long ago the chain of a fresh demo begins: as long as its clock is put forward while it plays, and ten minutes that
 * the playing itself may take. So whatever is played lies in the past, and nothing in the future.
 */
const headStartSeconds = sharedPauseSeconds + chargingPauseSeconds + 600;

/**
 * Plays the whole demo: chain, contracts, registrations, service, sessions, reconciliation.
 *
 * @param closers Filled as things are opened; the caller closes them whatever happens.
 */
export async function runDemo(
  options: {
    readonly folder: DataFolder;
    readonly manifestPath: string | undefined;
    /** No meters of its own, and no sessions. */
    readonly isEmpty: boolean;
    readonly port: number;
    readonly rpcPort: number;
    /** The address of this machine at which service and chain listen. */
    readonly host: string;
  },
  closers: Closers,
  output: Output,
): Promise<Demo> {
  const { folder, manifestPath, isEmpty } = options;
  const manifest = manifestPath === undefined ? undefined : readRecordsManifest(manifestPath);
  const journal = openSessionsJournal(folder.sessionsJournalPath);
  closers.push(() => {
    journal.close();
  });
  const simulation = planSimulation(journal.meterStates);
  const spareMeter = simulation.meters.find(({ curve }) => curve === "secp256r1");
  const thirdParty: Plan =
    manifest === undefined || spareMeter === undefined
      ? { meters: [], sessions: [] }
      : planThirdParty(manifest, spareMeter);
  const meters = isEmpty ? [] : [...simulation.meters, ...thirdParty.meters];
  const sessions = isEmpty ? [] : [...simulation.sessions, ...thirdParty.sessions];

  const { world, clock } = await openWorld(folder, options.rpcPort, options.host);
  closers.push(() => world.close());
  output.line(
    `chain        ${world.rpcUrl}, id ${world.chain.chainId}, ${world.chain.restoredEntries} entries restored`,
  );
  for (const { contract, action, address } of world.deploymentSteps) {
    output.line(`  ${action.padEnd(9)}${contract.padEnd(20)}${address ?? ""}`);
  }
  const registrar = await createRegistrar(world.contracts, world.operator, world.quorum);
  const tariffId = await registrar.publishTariff(demoTariff);
  const registered = new Map<string, RegisteredMeter>();
  const evsesOf = new Map<string, readonly number[]>();
  for (const meter of meters) {
    const numbers = await registrar.registerMeter(toRegister(meter, clock.nowSeconds()));
    registered.set(meter.meterId, numbers);
    evsesOf.set(meter.stationId, [...(evsesOf.get(meter.stationId) ?? []), numbers.evse]);
  }
  output.line(`operator     ${world.operator.address}, ${meters.length} meters, tariff ${tariffId}`);
  if (manifest !== undefined) {
    warnOfUnboundRecords(output, thirdParty.meters.length);
  }

  const acceptsUnbound = manifest !== undefined;
  const service = await startCommittee(
    { folder, world, clock, port: options.port, host: options.host, acceptsUnbound },
    closers,
  );
  output.line(`service      ${service.url}, and those of ${world.oracles.length - 1} other oracles`);
  const stage: Stage = {
    world,
    clock,
    journal,
    tariffId,
    meters: registered,
    stations: await connectStations(service.url, service.store, evsesOf, demoTariff),
    serviceUrl: service.url,
    service: { ...createServiceClient(service.url), synchronise: async () => service.synchronise() },
    output,
    meterStates: () => simulation.meterStates(),
  };
  const stands = await openStands(world);
  if (!isEmpty) await playShared(stage, stands, sessions);
  const { reports, books: before } = await playSessions(stage, sessions, folder);
  await catchUpWithTheTimeOfDay(world, clock);
  if (!isEmpty) printTable(output, reports, before);
  const lastAct = isEmpty ? null : await playLastAct(stage, stands, sessions, folder);
  const books = lastAct?.books ?? before;
  const exitCode = exitCodeOf(reports, [...books.checks, ...(lastAct?.checks ?? [])], lastAct?.outcome.isAccepted);
  output.json({
    isAsPlanned: exitCode === 0,
    serviceUrl: service.url,
    rpcUrl: world.rpcUrl,
    chainId: world.chain.chainId,
    contracts: world.deployment.contracts,
    dataFolder: folder.path,
    sessions: reports,
    totals: {
      sessions: reports.length,
      energyMicroWh: books.energyMicroWh,
      chargedMicro: books.chargedMicro,
      returnedMicro: books.returnedMicro,
      operatorCreditMicro: books.creditMicro,
      bondsMicro: books.bondsMicro,
      depositedMicro: books.depositedMicro,
      gasPerSession: gasPerSession(books),
    },
    books: books.checks,
    evidence:
      lastAct === null
        ? null
        : { root: lastAct.outcome.root, provenMicroWh: lastAct.outcome.provenMicroWh, books: lastAct.checks },
  });

  return {
    exitCode,
    serviceUrl: service.url,
    rpcUrl: world.rpcUrl,
    async openPage() {
      const { address, charger } = await openPage({ world, clock, registrar, service, folder });
      closers.push(() => charger.close());

      return address;
    },
  };
}

async function openWorld(
  folder: DataFolder,
  rpcPort: number,
  rpcHost: string,
): Promise<{ world: World; clock: RunningClock }> {
  const clock = createRunningClock(-headStartSeconds);
  const world = await createWorld({
    clock,
    genesisSeconds: clock.nowSeconds(),
    deploymentPath: folder.deploymentPath,
    chainJournalPath: folder.chainJournalPath,
    oracleNames: demoOracles,
    rpcPort,
    rpcHost,
  });
  if (world.chain.restoredEntries > 0) {
    // What is still to be played goes on at the time at which it was left.
    clock.setTo((await world.provider.getBlock("latest"))?.timestamp ?? clock.nowSeconds());
  }

  return { world, clock };
}

/** From here on chain, service and everybody's clocks tell the same time. */
async function catchUpWithTheTimeOfDay(world: World, clock: RunningClock): Promise<void> {
  clock.followTheTimeOfDay();
  await world.chain.mine();
}

function warnOfUnboundRecords(output: Output, meterCount: number): void {
  output.line();
  output.line("  WARNING. Records of real meters carry identifications of their own, so nothing in them says which");
  output.line("  session they belong to, and nobody here can prove possession of those meters. For this demo alone");
  output.line("  the service runs with UNBOUND_RECORDS=accept, which is off by default, and the oracle attests");
  output.line(`  ${meterCount} keys without a proof. A real operator must do neither.`);
  output.line();
}

async function playSessions(
  stage: Stage,
  sessions: readonly PlannedSession[],
  folder: DataFolder,
): Promise<{ reports: SessionReport[]; books: Awaited<ReturnType<typeof readEndings>>["books"] }> {
  const { output } = stage;
  await fundDrivers(stage, sessions);
  await openSessions(stage, sessions);
  const delivered = new Map<string, readonly DeliveryOutcome[]>();
  for (const planned of sessions) {
    const outcomes = await deliver(stage, planned);
    delivered.set(planned.name, outcomes);
    if (outcomes.length > 0) {
      output.line(`  ${planned.name}: ${outcomes.map(({ outcome, code }) => code ?? outcome).join(", ")}`);
    }
  }
  await awaitSettlements(stage, sessions);
  await awaitChallenges(stage, sessions);
  await expireAbandoned(stage, sessions);

  const endings = await readEndings(stage);
  output.line();
  const reports: SessionReport[] = [];
  for (const planned of sessions) {
    const booked = endings.endingOf(planned.name);
    const failures = booked?.closing.kind === "settled" ? await checkReceipt(stage, booked.sessionId, folder) : null;
    const report = reportSession(planned, booked, delivered.get(planned.name) ?? [], failures);
    printSession(output, report);
    reports.push(report);
  }

  return { reports, books: endings.books };
}

/** Keeps the receipt as a file and checks it as anybody can with `npm run verify:receipt`. */
async function checkReceipt(stage: Stage, sessionId: string, folder: DataFolder): Promise<readonly string[] | null> {
  const receipt = await stage.service.readReceipt(sessionId);
  if (receipt === null) {
    return null;
  }
  mkdirSync(folder.receiptsPath, { recursive: true });
  writeFileSync(join(folder.receiptsPath, `${sessionId}.json`), `${toJson(receipt)}\n`);
  const { checks } = await verifyReceipt(receipt, {
    chain: { request: (method, parameters) => stage.world.chain.request(method, parameters) },
    verifier: createOcmfVerifier({ cryptography: nodeCryptography }),
  });

  return checks.filter(({ outcome }) => outcome === "fails").map(({ name, detail }) => `receipt: ${name}: ${detail}`);
}

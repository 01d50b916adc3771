import { demoAccount } from "../local-world/accounts.ts";
import { readBooks, type BookCheck, type Books } from "../local-world/books.ts";
import type { DataFolder } from "../local-world/data-folder.ts";
import type { RegisteredMeter } from "../local-world/registration.ts";
import { playMarket, type MarketOutcome } from "./market/market-act.ts";
import { checkMarket } from "./market/market-checks.ts";
import { prepareMarket } from "./market/prepare-market.ts";
import type { Stands } from "./market/stands.ts";
import type { PlannedSession } from "./plan.ts";
import { awaitSettlements, deliver, fundDrivers, openSessions, type Stage } from "./play.ts";
import { printChecks } from "./report.ts";

/** After so long a new purpose takes claims, and what was earned is final. */
export const sharedPauseSeconds = 3 * 86_400;

/** What the last act came to, and the books after it. */
export interface LastAct {
  readonly outcome: MarketOutcome;
  readonly checks: readonly BookCheck[];
  readonly books: Books;
}

/**
 * Plays what has to be days old at the end: purpose, agreements and shares, and the sessions whose revenue is shared. Then
 * the clock is put forward.
 */
export async function playShared(stage: Stage, stands: Stands, sessions: readonly PlannedSession[]): Promise<void> {
  const { clock, world, journal, output } = stage;
  const shared = sessions.filter(({ agreement }) => agreement > 0);
  const simulated = sessions.filter(({ origin }) => origin === "simulator");
  const activeFrom = await prepareMarket(stands, metersOf(stage, simulated));
  await fundDrivers(stage, shared);
  await openSessions(stage, shared);
  for (const planned of shared) await deliver(stage, planned);
  await awaitSettlements(stage, shared);
  const opened = shared.map(({ name }) => journal.agreed.get(name)?.openedSeconds ?? 0);
  const pauseSeconds = Math.max(activeFrom, ...opened.map((at) => at + sharedPauseSeconds)) - clock.nowSeconds();
  if (pauseSeconds <= 0) return;
  output.line(`settled ${shared.length} sessions whose revenue is shared; three days pass`);
  clock.advance(pauseSeconds);
  await world.chain.mine();
  await stage.service.synchronise();
}

/** Dossier, claim, sale, and who is paid of it; then everything is added up once more. */
export async function playLastAct(
  stage: Stage,
  stands: Stands,
  sessions: readonly PlannedSession[],
  folder: DataFolder,
): Promise<LastAct> {
  const { world, output, serviceUrl } = stage;
  output.line();
  const outcome = await playMarket({
    ...{ stands, output, serviceUrl, folderPath: folder.path },
    meters: provenMeters(stage, sessions),
    drivers: new Map(sessions.map(({ driver }) => [demoAccount(driver).address, demoAccount(driver)])),
  });
  const books = await readBooks(world.contracts, world.provider, world.operator.address, world.deployment.blockNumber);
  const checks = await checkMarket(stands, outcome);
  const failed = books.checks.filter(({ holds }) => !holds);
  output.line();
  printChecks(output, [...checks, ...failed]);
  if (failed.length === 0) output.line(`  holds  all ${books.checks.length} equations above, after it`);

  return { outcome, checks, books };
}

/**
 * The simulated meters whose records all oracles have, so that a quorum signs the dossier: what a dishonest quorum settled, the
 * others never saw a record of. Real meters signed long before they were here.
 */
function provenMeters(stage: Stage, sessions: readonly PlannedSession[]): readonly RegisteredMeter[] {
  const isDisputed = (meterId: string): boolean =>
    sessions.some((one) => one.meterId === meterId && one.settledBy === "dishonest quorum");
  return metersOf(
    stage,
    sessions.filter(({ origin, meterId }) => origin === "simulator" && !isDisputed(meterId)),
  );
}

function metersOf({ meters }: Stage, sessions: readonly PlannedSession[]): readonly RegisteredMeter[] {
  const wanted = new Set(sessions.map(({ meterId }) => meterId));
  return [...meters].filter(([meterId]) => wanted.has(meterId)).map(([, registered]) => registered);
}

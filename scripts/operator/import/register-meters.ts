import { dirname, resolve } from "node:path";

import { toBeHex } from "ethers";
import { z } from "zod";

import { possessionTagOf, type PossessionClaim } from "../../../services/domain/possession.ts";
import type { PublicKey, VerifiedRecord } from "../../../services/evidence/formats/ocmf/types.ts";
import { WattproofError } from "../../../services/errors.ts";
import { curveNumbers } from "../../verify/contract-answers.ts";
import { readRecord } from "../../command-line/files.ts";
import { readLogs } from "../../command-line/logs.ts";
import { registryOf } from "../../command-line/registry.ts";
import type { ServiceClient } from "../../command-line/service-client.ts";
import type { Transaction, Writer } from "../../command-line/transact.ts";
import type { Run } from "../../command-line/verb.ts";
import { readMeterKey, registryKeyOf } from "../meter/meter-key.ts";
import { nameMeter, type PossessionAnswer } from "../meter/possession-client.ts";
import { curvesOfContract, readPossessionClaim, requirePossession } from "../meter/possession.ts";
import { callTogether } from "./call-together.ts";
import type { ImportedPoint } from "./progress-of-line.ts";

/** The registry's uint40: no end. */
const endOfTime = 2 ** 40 - 1;

/** A charging point whose meter is not active yet. */
interface OpenMeter {
  readonly point: ImportedPoint;
  readonly key: PublicKey;
  readonly claim: PossessionClaim;
  readonly calibratedUntil: number;
}

export interface MeterImport {
  readonly points: readonly ImportedPoint[];
  /** The file with the lines; records lie where it says, seen from its folder. */
  readonly file: string;
  /** Knows the records that meters signed at their chargers; `null` if no service is named. */
  readonly service: ServiceClient | null;
  /** Whether chargers without a record are asked to begin a charge for one. */
  readonly isStarting: boolean;
}

/**
 * Registers the meters that are not there, and activates those whose record proves possession: from the file that the line
 * names, or from the service.
 */
export async function registerMeters(
  { points, file, service, isStarting }: MeterImport,
  writer: Writer,
  run: Run,
): Promise<readonly Transaction[]> {
  const open = await openMetersOf(points, writer, run);
  const now = (await writer.chain.provider.getBlock("latest"))?.timestamp ?? 0;
  const known = await pendingMetersOf(open, writer, run);
  const unregistered = open.filter(({ point }) => !known.has(point));
  const registrations = unregistered.map(({ point, key, calibratedUntil }) => ({
    point,
    parameters: [point.evse, curveNumbers[key.curve], registryKeyOf(key), now, endOfTime, calibratedUntil],
  }));
  const registered = await callTogether(writer, "registerMeter", registrations, run);
  for (const point of registered.made) point.meterStep = "planned";
  const pending = registered.transactions.length === 0 ? known : await pendingMetersOf(open, writer, run);
  const activations = [];
  for (const meter of open) {
    const { point, key } = meter;
    point.meter = pending.get(point) ?? null;
    if (point.meter !== null) point.meterStep = "pending";
    if (point.problems.length > 0) continue;
    const record = await recordOf(meter, { file, service, isStarting: isStarting && !run.isDryRun }, run);
    if (record === null || point.meter === null) continue;
    if (!curvesOfContract.has(key.curve)) {
      point.problems.push(`meter ${point.meter} is of ${key.curve}: a quorum of oracles has to attest it (meter add)`);
      continue;
    }
    const { payload, signature } = record;
    const parameters = [point.meter, payload, toBeHex(signature.r, 32), toBeHex(signature.s, 32)];
    activations.push({ point, parameters });
  }
  const activated = await callTogether(writer, "activateMeter", activations, run);
  for (const point of activated.made) {
    point.meterStep = run.isDryRun ? "planned" : "active";
    if (!run.isDryRun) point.possessionTag = null;
  }
  return [...registered.transactions, ...activated.transactions];
}

/** Those that ask for a meter which is not active; what is active is said of the others. */
async function openMetersOf(
  points: readonly ImportedPoint[],
  { chain, address }: Writer,
  run: Run,
): Promise<readonly OpenMeter[]> {
  const reader = registryOf(chain);
  const open: OpenMeter[] = [];
  const progress = run.startProgress("meters", points.length);
  try {
    for (const point of points) {
      progress.advance();
      const { meterKey, meterCurve: curve, calibratedUntil } = point.line;
      if (meterKey === undefined || calibratedUntil === undefined) continue;
      const key = keyOf(point, { key: meterKey, curve });
      if (key === null || point.evse === null) continue;
      const active = (await reader.readEvse(point.evse))?.activeMeter ?? 0;
      const meter = active === 0 ? null : await reader.readMeter(active);
      if (meter?.publicKey === registryKeyOf(key)) {
        point.meter = active;
        point.meterStep = "active";
        continue;
      }
      if (meter !== null) {
        point.problems.push(`EVSE ${point.evse} has meter ${active} with another key; meter rotate replaces it`);
        continue;
      }
      const claim = await readPossessionClaim(chain, address, point.evse, key);
      point.possessionTag = possessionTagOf(claim);
      point.meterStep = "awaited";
      open.push({ point, key, claim, calibratedUntil });
    }
  } finally {
    progress.stop();
  }
  return open;
}

function keyOf(point: ImportedPoint, text: Parameters<typeof readMeterKey>[0]): PublicKey | null {
  try {
    return readMeterKey(text);
  } catch (error) {
    if (!(error instanceof WattproofError)) throw error;
    point.problems.push(`meter_key: ${error.detail}`);
    return null;
  }
}

/** The pending meters that these keys have at these charging points, from an earlier run or from this one. */
async function pendingMetersOf(
  open: readonly OpenMeter[],
  { chain }: Writer,
  run: Run,
): Promise<ReadonlyMap<ImportedPoint, number>> {
  const pending = new Map<ImportedPoint, number>();
  if (open.length === 0) return pending;
  const { meterRegistry } = chain.interfaces;
  const logs = await readLogs(run, chain, {
    address: chain.deployment.contracts.meterRegistry,
    topics: meterRegistry.encodeFilterTopics("MeterRegistered", []),
  });
  const registered = logs.map(({ topics }) => z.tuple([z.string(), z.string(), z.string(), z.string()]).parse(topics));
  const reader = registryOf(chain);
  for (const { point, key } of open) {
    const keyId = await chain.contracts.meterRegistry.keyIdOf(curveNumbers[key.curve], registryKeyOf(key));
    const latest = registered.findLast(([, , evse, id]) => Number(evse) === point.evse && id === keyId);
    const number = latest === undefined ? null : Number(latest[1]);
    const meter = number === null ? null : await reader.readMeter(number);
    if (number !== null && meter?.status === "pending") pending.set(point, number);
  }
  return pending;
}

/** The record that proves possession; `null` while there is none, or if it proves nothing, which is said. */
async function recordOf(
  { point, key, claim }: OpenMeter,
  how: Omit<MeterImport, "points">,
  { output }: Pick<Run, "output">,
): Promise<VerifiedRecord | null> {
  const tag = possessionTagOf(claim);
  try {
    const path = point.line.possessionRecord;
    if (path !== undefined) {
      const found = resolve(dirname(how.file), path);
      return requirePossession(readRecord(found), found, key, tag);
    }
    if (how.service === null || !point.hasStation) return null;
    const answer = await nameMeter(how.service, claim, key.curve, { again: false, start: how.isStarting });
    if (answer.record === null) {
      output.remark(awaitedLine(point, tag, answer));
      return null;
    }
    return requirePossession(Buffer.from(answer.record, "base64"), how.service.url, key, tag);
  } catch (error) {
    if (!(error instanceof WattproofError)) throw error;
    point.problems.push(`possession: ${error.detail}`);
    return null;
  }
}

function awaitedLine({ line }: ImportedPoint, tag: string, answer: PossessionAnswer): string {
  if (answer.answerToStart === "Accepted") return `${line.evseId}: the charger begins the charge that proves its meter`;
  const asked =
    (answer.answerToStart ?? null) === null ? "" : `; asked to begin, it said ${answer.answerToStart ?? ""}`;
  const place = `outlet ${answer.stationEvse} of ${answer.stationId}`;
  return `${line.evseId}: begin a charge with the idTag ${tag} at ${place}, so that its meter proves itself${asked}`;
}

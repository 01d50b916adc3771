import { curveParameters, isOnCurve } from "../../evidence/formats/ocmf/curves.ts";
import type { PublicKey } from "../../evidence/formats/ocmf/types.ts";
import type { DossierEvse, DossierManifest, DossierMeter } from "../format/dossier-schema.ts";
import type { Findings } from "./findings.ts";

/** A meter of the manifest, where it measures, and its key. */
export interface Subject {
  readonly meter: DossierMeter;
  readonly evse: DossierEvse;
  /** `null` if it is no point of its curve. */
  readonly key: PublicKey | null;
}

/** The manifest by number of the meter. What it names twice, or not at all, is a finding. */
export function subjectsOf(manifest: DossierManifest, findings: Findings): ReadonlyMap<number, Subject> {
  const evses = new Map<number, DossierEvse>();
  for (const evse of manifest.evses) {
    if (evses.has(evse.number)) findings.add("DOSSIER_METER_UNKNOWN", `EVSE ${evse.number} is described twice`);
    evses.set(evse.number, evse);
  }
  const keys = new Set<string>();
  const subjects = new Map<number, Subject>();
  for (const meter of manifest.meters) {
    const where = `meter ${meter.number}`;
    const evse = evses.get(meter.evse);
    const name = `${meter.curve}:${meter.publicKey.toLowerCase()}`;
    if (keys.has(name)) findings.add("DOSSIER_KEY_REPEATED", where);
    keys.add(name);
    if (subjects.has(meter.number) || evse === undefined) findings.add("DOSSIER_METER_UNKNOWN", where);
    if (evse === undefined) continue;
    const key = keyOf(meter);
    if (key === null) findings.add("DOSSIER_KEY_INVALID", where);
    subjects.set(meter.number, { meter, evse, key });
  }
  return subjects;
}

function keyOf({ curve, publicKey }: DossierMeter): PublicKey | null {
  const digits = publicKey.slice(2);
  const half = 2 * curveParameters[curve].coordinateBytes;
  if (digits.length !== 2 * half) return null;
  const x = BigInt(`0x${digits.slice(0, half)}`);
  const y = BigInt(`0x${digits.slice(half)}`);
  return isOnCurve(curve, x, y) ? { curve, x, y } : null;
}

import type { DossierSession } from "../format/dossier-schema.ts";
import type { RecordFinding } from "./check-records.ts";
import type { Findings } from "./findings.ts";

/**
 * Holds back what is wrong with signatures until all of a meter were seen: where not one is good, it is the key that is not
 * the meter's.
 */
export function createKeyWatch(findings: Findings): {
  take(meter: number, session: DossierSession, found: readonly RecordFinding[]): void;
  end(): void;
} {
  let current = { meter: -1, good: 0, bad: [] as string[] };
  function end(): void {
    const { meter, good, bad } = current;
    if (bad.length === 0) return;
    if (good === 0) findings.add("DOSSIER_KEY_SWAPPED", `meter ${meter}`);
    else for (const where of bad) findings.add("DOSSIER_RECORD_INVALID", where);
  }
  return {
    take(meter, session, found) {
      if (meter !== current.meter) {
        end();
        current = { meter, good: 0, bad: [] };
      }
      const where = `meter ${meter}, session ${session.sessionId}`;
      let isGood = session.records.length > 0;
      for (const { code, detail } of found) {
        if (code === "DOSSIER_RECORD_INVALID") {
          isGood = false;
          if (current.bad.length < 100) current.bad.push(`${where}: ${detail}`);
        } else findings.add(code, `${where}: ${detail}`);
      }
      if (isGood) current.good += 1;
    },
    end,
  };
}

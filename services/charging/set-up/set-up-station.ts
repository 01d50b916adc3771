import { z } from "zod";

import { makeNoteOf, settingsOf, valuesToTry, type WantedSetting } from "../../domain/charging/wanted-settings.ts";
import { WattproofError } from "../../errors.ts";
import type { OperatorDesk } from "../../observability/operator-desk.ts";
import type { StationCommands } from "../../ocpp/commands.ts";
import { textAt } from "../../ocpp/payload.ts";
import type { StationPresence } from "../../ocpp/station-presence.ts";
import { ocppProtocols } from "../../store/ocpp.ts";
import type { Store } from "../../store/store.ts";
import { callStation } from "../call-station.ts";
import { openStationSettings, type PresentSetting, type StationSettings } from "./station-settings.ts";

const outcomes = ["kept", "changed", "changed-at-reboot", "unknown", "read-only", "refused"] as const;

/** What a set-up found and did, setting by setting. */
export const setUpReport = z.object({
  atMs: z.number(),
  /** Who had it done: `first boot`, or the name of an operator's key. */
  by: z.string(),
  protocol: z.enum(ocppProtocols),
  settings: z.array(
    z.object({
      key: z.string(),
      /** `null`: the charger does not say. */
      before: z.string().nullable(),
      /** What it was set to, or would be; `null` where nothing was to be changed. */
      value: z.string().nullable(),
      outcome: z.enum(outcomes),
      isNeeded: z.boolean(),
    }),
  ),
  /** `ordered`: the charger restarts for what it took; `waits`: somebody charges there, so the operator restarts it. */
  reboot: z.enum(["none", "ordered", "refused", "waits"]),
});
export type SetUpReport = z.infer<typeof setUpReport>;
type SettingReport = SetUpReport["settings"][number];

/** Brings a charger's configuration to what settlement needs of it. */
export interface StationSetUp {
  /**
   * Compares and changes, and keeps what was done; done again, it changes what is not as wanted any more.
   * @param isDryRun Only says what would be changed.
   * @throws STATION_UNKNOWN, STATION_OFFLINE, STATION_TIMEOUT
   */
  setUp(stationId: string, order: { readonly by: string; readonly isDryRun: boolean }): Promise<SetUpReport>;
}

export function createStationSetUp(deps: {
  readonly store: Pick<Store, "findOcppStation" | "keepSetUp" | "listChargingTransactions">;
  readonly commands: StationCommands;
  readonly connections: StationPresence;
  readonly desk: OperatorDesk;
  readonly now: () => number;
}): StationSetUp {
  const { store, commands, connections, desk, now } = deps;

  async function restart(stationId: string, is16: boolean): Promise<SetUpReport["reboot"]> {
    const transactions = await store.listChargingTransactions(stationId);
    if (transactions.some(({ isOpen }) => isOpen)) return "waits";
    const payload = { type: is16 ? "Soft" : "OnIdle" };
    const outcome = await callStation(commands, stationId, { action: "Reset", payload });
    const status = outcome.kind === "answered" ? textAt(outcome.answer, "status") : null;
    return status === "Accepted" || status === "Scheduled" || outcome.kind === "lost" ? "ordered" : "refused";
  }

  return {
    async setUp(stationId, { by, isDryRun }) {
      const station = await store.findOcppStation(stationId);
      if (station === null) throw new WattproofError("STATION_UNKNOWN", "No station of this id is registered.");
      const protocol = (await connections.find(stationId))?.protocol;
      if (protocol === undefined)
        throw new WattproofError("STATION_OFFLINE", "The station is not connected over OCPP.");
      const hasShortLists = makeNoteOf(station.boot)?.hasShortLists === true;
      const settings = openStationSettings(commands, { stationId, protocol });
      const wanted = settingsOf(protocol === "ocpp1.6" ? "1.6" : "2.x");
      const present = await readPresent(settings, wanted);
      const reports: SettingReport[] = [];
      for (const setting of wanted) {
        reports.push(await bring(setting, present.get(setting.key), { settings, isDryRun, hasShortLists }));
      }
      const isAtReboot = reports.some(({ outcome }) => outcome === "changed-at-reboot");
      const reboot = isAtReboot && !isDryRun ? await restart(stationId, protocol === "ocpp1.6") : "none";
      const report: SetUpReport = { atMs: now(), by, protocol, settings: reports, reboot };
      if (isDryRun) return report;
      await store.keepSetUp({ stationId, content: JSON.stringify(report) });
      const changes = reports.filter(({ outcome }) => outcome === "changed" || outcome === "changed-at-reboot");
      desk.note("station-set-up", { stationId, by, changes, reboot });
      const lacking = reports.filter(isLacking).map(({ key }) => key);
      if (lacking.length > 0) desk.alert("station-not-set-up", { stationId, settings: lacking });
      return report;
    },
  };
}

/** A charger that tells nothing of its configuration has nothing that could be changed. */
async function readPresent(
  settings: StationSettings,
  wanted: readonly WantedSetting[],
): Promise<ReadonlyMap<string, PresentSetting>> {
  try {
    return await settings.read(wanted.map(({ key }) => key));
  } catch (error) {
    if (error instanceof WattproofError && error.code === "STATION_REFUSED") return new Map();
    throw error;
  }
}

async function bring(
  { key, wish, isNeeded }: WantedSetting,
  present: PresentSetting | undefined,
  how: { readonly settings: StationSettings; readonly isDryRun: boolean; readonly hasShortLists: boolean },
): Promise<SettingReport> {
  const before = present?.value ?? null;
  const report = (outcome: SettingReport["outcome"], value: string | null = null): SettingReport => ({
    ...{ key, before, value, outcome, isNeeded },
  });
  if (present === undefined) return report("unknown");
  const values = valuesToTry(wish, before, how.hasShortLists);
  const [first] = values;
  if (first === undefined) return report("kept");
  if (present.isReadOnly) return report("read-only", first);
  if (how.isDryRun) return report("changed", first);
  for (const value of values) {
    const { kind } = await how.settings.write(key, value);
    if (kind === "taken") return report("changed", value);
    if (kind === "taken-at-reboot") return report("changed-at-reboot", value);
    if (kind === "unknown") return report("unknown", value);
  }
  return report("refused", first);
}

/** Whether something that cannot be done without is not as it has to be. */
function isLacking({ isNeeded, outcome }: SettingReport): boolean {
  return isNeeded && (outcome === "refused" || outcome === "read-only");
}

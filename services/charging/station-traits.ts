import type { ToldSession } from "../ocpp/session-teller.ts";
import type { StationCommands } from "../ocpp/commands.ts";
import { fieldAt, textAt } from "../ocpp/payload.ts";
import type { Connections, StationConnection } from "../ocpp/wire/connections.ts";
import { callStation } from "./call-station.ts";

type Limit = ToldSession["limits"] extends ReadonlySet<infer Name> ? Name : never;

/** What stations can do about costs, as they say it themselves. */
export interface StationTraits {
  /** Which limits the station keeps by itself, as far as it was asked. */
  known(stationId: string): ReadonlySet<Limit>;
  /** Whether a station of 1.6 shows costs (the OCA's CustomDisplayCostAndPrice), as far as it was asked. */
  showsCosts(stationId: string): boolean;
  /** Whether a station of 2.1 takes tariffs (TariffCostCtrlr), as far as it was asked. */
  takesTariffs(stationId: string): boolean;
  /** Asks a station that is connected and was not asked since it connected; what it does not say it has not. */
  ask(stationId: string): Promise<void>;
}

interface Traits {
  readonly limits: ReadonlySet<Limit>;
  readonly showsCosts: boolean;
  readonly takesTariffs: boolean;
}

const nothing: Traits = { limits: new Set(), showsCosts: false, takesTariffs: false };
const costKey = "CustomDisplayCostAndPrice";
/** A question of its own: a station may take one at a time, or not know the component. */
const tariffsAsked = { component: { name: "TariffCostCtrlr" }, variable: { name: "Available", instance: "Tariff" } };
const limitsAsked = { component: { name: "TxCtrlr" }, variable: { name: "SupportedLimits" } };

export function createStationTraits(deps: {
  readonly commands: () => StationCommands;
  readonly connections: () => Connections;
}): StationTraits {
  // A station that connects anew may have other firmware; what is gone is forgotten.
  const asked = new WeakMap<StationConnection, Traits>();

  function traitsOf(stationId: string): Traits {
    const connection = deps.connections().find(stationId);
    return (connection === undefined ? undefined : asked.get(connection)) ?? nothing;
  }

  /** What the station says that a variable is; `null` where it does not. */
  async function readVariable(stationId: string, variable: object): Promise<string | null> {
    const payload = { getVariableData: [variable] };
    const outcome = await callStation(deps.commands(), stationId, { action: "GetVariables", payload });
    if (outcome.kind !== "answered") return null;
    const results = fieldAt(outcome.answer, "getVariableResult");
    const listed: readonly unknown[] = Array.isArray(results) ? results : [];
    return textAt(listed[0], "attributeStatus") === "Accepted" ? textAt(listed[0], "attributeValue") : null;
  }

  async function ask(connection: StationConnection): Promise<void> {
    const { stationId, protocol } = connection;
    // Asked once, whatever comes of it: a station that cannot say it is told to stop.
    asked.set(connection, nothing);
    if (protocol === "ocpp2.1") {
      const limits = limitsIn(await readVariable(stationId, limitsAsked));
      asked.set(connection, { ...nothing, limits });
      const takesTariffs = (await readVariable(stationId, tariffsAsked))?.toLowerCase() === "true";
      asked.set(connection, { ...nothing, limits, takesTariffs });
    } else if (protocol === "ocpp1.6") {
      const payload = { key: [costKey] };
      const outcome = await callStation(deps.commands(), stationId, { action: "GetConfiguration", payload });
      if (outcome.kind === "answered") asked.set(connection, { ...nothing, showsCosts: saysCosts(outcome.answer) });
    }
  }

  return {
    known: (stationId) => traitsOf(stationId).limits,
    showsCosts: (stationId) => traitsOf(stationId).showsCosts,
    takesTariffs: (stationId) => traitsOf(stationId).takesTariffs,
    async ask(stationId) {
      const connection = deps.connections().find(stationId);
      if (connection !== undefined && !asked.has(connection)) await ask(connection);
    },
  };
}

function limitsIn(value: string | null): ReadonlySet<Limit> {
  const named = (value ?? "").split(",").map((name) => name.trim());
  return new Set((["MaxCost", "MaxEnergy"] as const).filter((limit) => named.includes(limit)));
}

function saysCosts(answer: unknown): boolean {
  const keys = fieldAt(answer, "configurationKey");
  const listed: readonly unknown[] = Array.isArray(keys) ? keys : [];
  return listed.some((entry) => textAt(entry, "key") === costKey && textAt(entry, "value")?.toLowerCase() === "true");
}

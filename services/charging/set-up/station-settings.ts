import { WattproofError } from "../../errors.ts";
import type { StationCommands } from "../../ocpp/commands.ts";
import { fieldAt, textAt } from "../../ocpp/payload.ts";
import type { OcppProtocol } from "../../store/ocpp.ts";
import { callStation } from "../call-station.ts";

/** A setting as the charger has it. */
export interface PresentSetting {
  /** `null`: it has the setting and no value, or does not show it. */
  readonly value: string | null;
  readonly isReadOnly: boolean;
}

/** What became of a value that a charger was to take; `word` is its own. */
export interface SettingAnswer {
  readonly kind: "taken" | "taken-at-reboot" | "unknown" | "refused";
  readonly word: string;
}

/** The configuration of a charger, whatever its version calls it. */
export interface StationSettings {
  /**
   * The settings that the charger has among these.
   * @throws STATION_TIMEOUT, STATION_OFFLINE; STATION_REFUSED where it tells nothing of its configuration
   */
  read(keys: readonly string[]): Promise<ReadonlyMap<string, PresentSetting>>;
  /** @throws STATION_TIMEOUT, STATION_OFFLINE */
  write(key: string, value: string): Promise<SettingAnswer>;
}

/** More than chargers with little memory take at once are asked for in several questions. */
const keysAtOnce = 8;
/** Variables that every station of 2.x takes at once, where it does not say how many. */
const variablesAtOnce = 4;

export function openStationSettings(
  commands: StationCommands,
  { stationId, protocol }: { readonly stationId: string; readonly protocol: OcppProtocol },
): StationSettings {
  const call = async (action: string, payload: object): Promise<unknown> => {
    const outcome = await callStation(commands, stationId, { action, payload });
    if (outcome.kind === "answered") return outcome.answer;
    if (outcome.kind === "lost")
      throw new WattproofError("STATION_TIMEOUT", `${stationId} has not answered ${action}.`);
    throw new WattproofError("STATION_REFUSED", `${stationId} refuses ${action}: ${outcome.code}.`);
  };
  return protocol === "ocpp1.6" ? settings16(call) : settings2(call);
}

type Call = (action: string, payload: object) => Promise<unknown>;

function settings16(call: Call): StationSettings {
  return {
    async read(keys) {
      const present = new Map<string, PresentSetting>();
      for (const key of inParts(keys, keysAtOnce)) {
        for (const entry of listAt(await call("GetConfiguration", { key }), "configurationKey")) {
          const asked = key.find((one) => one.toLowerCase() === textAt(entry, "key")?.toLowerCase());
          if (asked === undefined) continue;
          present.set(asked, { value: textAt(entry, "value"), isReadOnly: fieldAt(entry, "readonly") === true });
        }
      }
      return present;
    },
    async write(key, value) {
      return answerOf(await orRefusal(call("ChangeConfiguration", { key, value })), "status");
    },
  };
}

function settings2(call: Call): StationSettings {
  async function readVariables(keys: readonly string[]): Promise<ReadonlyMap<string, PresentSetting>> {
    const present = new Map<string, PresentSetting>();
    const results = listAt(await call("GetVariables", { getVariableData: keys.map(variableOf) }), "getVariableResult");
    for (const result of results) {
      const key = keys.find((one) => isVariable(result, one));
      const status = textAt(result, "attributeStatus");
      // One that can be written and not be read has no value to compare.
      if (key === undefined || (status !== "Accepted" && status !== "Rejected")) continue;
      present.set(key, { value: textAt(result, "attributeValue"), isReadOnly: false });
    }
    return present;
  }

  return {
    async read(keys) {
      const limit = "DeviceDataCtrlr.ItemsPerMessage:GetVariables";
      const said = Number((await readVariables([limit])).get(limit)?.value ?? Number.NaN);
      const atOnce = Number.isInteger(said) && said > 0 ? Math.min(said, keysAtOnce) : variablesAtOnce;
      const present = new Map<string, PresentSetting>();
      for (const part of inParts(keys, atOnce)) {
        for (const [key, setting] of await readVariables(part)) present.set(key, setting);
      }
      return present;
    },
    async write(key, value) {
      const setVariableData = [{ ...variableOf(key), attributeValue: value }];
      const answer = await orRefusal(call("SetVariables", { setVariableData }));
      return answerOf(listAt(answer, "setVariableResult")[0], "attributeStatus");
    },
  };
}

/** A charger that answers a change with an error has refused it; one that does not answer is another matter. */
async function orRefusal(answering: Promise<unknown>): Promise<unknown> {
  try {
    return await answering;
  } catch (error) {
    if (error instanceof WattproofError && error.code === "STATION_REFUSED") return null;
    throw error;
  }
}

const kinds: Readonly<Record<string, SettingAnswer["kind"]>> = {
  Accepted: "taken",
  RebootRequired: "taken-at-reboot",
  NotSupported: "unknown",
  UnknownComponent: "unknown",
  UnknownVariable: "unknown",
};

function answerOf(result: unknown, field: string): SettingAnswer {
  const word = textAt(result, field) ?? "CALLERROR";
  return { kind: kinds[word] ?? "refused", word };
}

/** Component and variable of a key such as `TxCtrlr.EVConnectionTimeOut`, with the variable's instance behind a colon. */
function variableOf(key: string): { readonly component: object; readonly variable: object } {
  const [path = "", instance] = key.split(":");
  const [component = "", variable = ""] = path.split(".");
  return {
    component: { name: component },
    variable: { name: variable, ...(instance === undefined ? {} : { instance }) },
  };
}

function isVariable(result: unknown, key: string): boolean {
  const [path = "", instance] = key.split(":");
  const named = `${textAt(result, "component", "name") ?? ""}.${textAt(result, "variable", "name") ?? ""}`;
  return (
    named.toLowerCase() === path.toLowerCase() && (textAt(result, "variable", "instance") ?? undefined) === instance
  );
}

function listAt(answer: unknown, field: string): readonly unknown[] {
  const listed = fieldAt(answer, field);
  return Array.isArray(listed) ? listed : [];
}

function inParts(keys: readonly string[], size: number): readonly (readonly string[])[] {
  return Array.from({ length: Math.ceil(keys.length / size) }, (_none, index) =>
    keys.slice(index * size, (index + 1) * size),
  );
}

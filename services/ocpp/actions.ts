import type { OcppProtocol } from "../store/ocpp.ts";
import type { StationAction } from "./action.ts";
import { actionNamesOf } from "./schemas.ts";
import { actions16 } from "./v16/actions.ts";
import { actions20, actions21, unsupported21 } from "./v2/actions.ts";

/** Who may call. An action that is in neither list of a version does not exist in it. */
export interface ActionLists {
  readonly fromStation: ReadonlySet<string>;
  readonly fromService: ReadonlySet<string>;
}

const offered: Readonly<Record<OcppProtocol, ReadonlyMap<string, StationAction>>> = {
  "ocpp1.6": byName(actions16),
  "ocpp2.0.1": byName(actions20),
  "ocpp2.1": byName(actions21),
};
const lists: Readonly<Record<OcppProtocol, ActionLists>> = {
  "ocpp1.6": listsOf("ocpp1.6", []),
  "ocpp2.0.1": listsOf("ocpp2.0.1", []),
  "ocpp2.1": listsOf("ocpp2.1", unsupported21),
};

/** What the service does about an action of stations; `undefined` where it does nothing about it. */
export function findAction(protocol: OcppProtocol, name: string): StationAction | undefined {
  return offered[protocol].get(name);
}

export function actionsOf(protocol: OcppProtocol): ActionLists {
  return lists[protocol];
}

function byName(actions: readonly StationAction[]): ReadonlyMap<string, StationAction> {
  return new Map(actions.map((action) => [action.name, action]));
}

/** DataTransfer goes both ways. */
function listsOf(protocol: OcppProtocol, unsupported: readonly string[]): ActionLists {
  const fromStation = new Set([...offered[protocol].keys(), ...unsupported]);
  const others = actionNamesOf(protocol).filter((name) => !fromStation.has(name) || name === "DataTransfer");
  return { fromStation, fromService: new Set(others) };
}

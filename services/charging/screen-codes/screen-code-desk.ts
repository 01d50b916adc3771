import { randomBytes } from "node:crypto";

import { WattproofError } from "../../errors.ts";
import type { OperatorDesk } from "../../observability/operator-desk.ts";
import type { StationCommands } from "../../ocpp/commands.ts";
import { fieldAt, textAt } from "../../ocpp/payload.ts";
import type { StationPresence } from "../../ocpp/station-presence.ts";
import type { Store } from "../../store/store.ts";
import { callStation } from "../call-station.ts";
import { intervalOfCode, type ScreenCodeSettings } from "./screen-code.ts";

/** Codes on the screens of chargers: they change, so that nobody can paste a false one over them (C25 of OCPP 2.1). */
export interface ScreenCodeDesk {
  /**
   * Has a station show codes, by a secret of its own that is made up here and told to nobody else.
   * @throws STATION_UNKNOWN, STATION_OFFLINE, SCREEN_CODE_UNSUPPORTED, PAGE_ADDRESS_MISSING, and what the station answers
   */
  enable(stationId: string, choices: Omit<ScreenCodeSettings, "secret">): Promise<{ readonly urlTemplate: string }>;
  /**
   * Takes a code that somebody has scanned, once, and keeps others from starting at the EVSE for a while.
   * @param stationEvse The station's own number of the EVSE.
   * @returns the EVSE's number in the registry
   * @throws SCREEN_CODE_INVALID, SCREEN_CODE_USED
   */
  redeem(scanned: { readonly stationId: string; readonly stationEvse: number; readonly code: string }): Promise<number>;
  /**
   * Has the station of an EVSE told that somebody is paying there, without waiting for its answer; a station that cannot
   * show it is left alone.
   */
  announcePayment(evse: number): void;
}

/** How long a station shows that somebody is paying, and lets nobody start: so that strangers cannot block it. */
export const paymentSeconds = 120;
const secretBytes = 24;
const component = { name: "WebPaymentsCtrlr" };

export function createScreenCodeDesk(deps: {
  readonly store: Pick<
    Store,
    "findScreenCode" | "putScreenCode" | "takeScreenCode" | "findStation" | "findStationOfEvse"
  >;
  readonly commands: StationCommands;
  readonly connections: StationPresence;
  readonly desk: OperatorDesk;
  readonly now: () => number;
  /** Where drivers find the page, without a slash at the end; `null`: nobody said. */
  readonly pageUrl: string | null;
}): ScreenCodeDesk {
  const { store, commands, connections, desk, now, pageUrl } = deps;

  async function tell(stationId: string, stationEvse: number): Promise<void> {
    if ((await connections.find(stationId))?.protocol !== "ocpp2.1") return;
    const payload = { evseId: stationEvse, timeout: paymentSeconds };
    await callStation(commands, stationId, { action: "NotifyWebPaymentStarted", payload });
  }

  async function tellStationOf(evse: number): Promise<void> {
    const place = await store.findStationOfEvse(evse);
    if (place !== null) await tell(place.stationId, place.stationEvse);
  }

  /** Nobody who pays waits for the station, and whether it shows this decides nothing. */
  function goOn(telling: Promise<void>): void {
    telling.catch((error: unknown) => {
      desk.note("payment-not-announced", { err: error });
    });
  }

  return {
    async enable(stationId, choices) {
      if (pageUrl === null) throw new WattproofError("PAGE_ADDRESS_MISSING", "Set WATTPROOF_PAGE_ORIGIN.");
      const secret = randomBytes(secretBytes).toString("base64url");
      const urlTemplate = `${pageUrl}/c/{chargingstationid}/{evse}/{totp}/{version}`;
      const values = {
        URLTemplate: urlTemplate,
        TOTPVersion: "v1",
        ValidityTime: String(choices.validitySeconds),
        Length: String(choices.length),
        SharedSecret: secret,
      };
      const setVariableData = Object.entries(values).map(([name, attributeValue]) => ({
        ...{ component, variable: { name }, attributeValue },
      }));
      const answer = await commands.callStation(stationId, "SetVariables", { setVariableData });
      const refused = refusedIn(answer);
      if (refused !== null) throw new WattproofError("SCREEN_CODE_UNSUPPORTED", refused);
      await store.putScreenCode({ stationId, ...choices, secret, atMs: now() });
      desk.note("screen-code-enabled", { stationId });
      return { urlTemplate };
    },
    async redeem({ stationId, stationEvse, code }) {
      const settings = await store.findScreenCode(stationId);
      const evse = (await store.findStation(stationId))?.evses[stationEvse - 1];
      const interval = settings === null ? null : intervalOfCode(settings, code, now());
      // Which of the three is wrong helps nobody but who tries them all.
      if (evse === undefined || interval === null) throw new WattproofError("SCREEN_CODE_INVALID", "Scan it again.");
      const isFirst = await store.takeScreenCode({ stationId, stationEvse, interval });
      if (!isFirst) throw new WattproofError("SCREEN_CODE_USED", "Wait for the next code.");
      goOn(tell(stationId, stationEvse));
      return evse;
    },
    announcePayment(evse) {
      goOn(tellStationOf(evse));
    },
  };
}

/** What a station has not taken; `null` if it has taken everything. */
function refusedIn(answer: unknown): string | null {
  const listed = fieldAt(answer, "setVariableResult");
  const results: readonly unknown[] = Array.isArray(listed) ? listed : [];
  if (results.length === 0) return "The station has answered nothing.";
  const refused = results.filter((result) => textAt(result, "attributeStatus") !== "Accepted");
  if (refused.length === 0) return null;
  return refused
    .map((result) => `${textAt(result, "variable", "name") ?? ""}: ${textAt(result, "attributeStatus") ?? ""}`)
    .join("; ");
}

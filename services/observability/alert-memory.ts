import type { Alert } from "./alerts.ts";
import type { OperatorDesk } from "./operator-desk.ts";

/** An alert since the service was started. */
export interface RememberedAlert {
  readonly count: number;
  /** Milliseconds since 1970. */
  readonly lastAtMs: number;
  /** Of the last occasion, where it was about one; both are ours or were checked when they came in. */
  readonly lastSessionId: string | null;
  readonly lastStationId: string | null;
}

/** A desk that remembers how often and when each alert was last given, for the operator's page. */
export interface RememberingDesk extends OperatorDesk {
  readonly remembered: ReadonlyMap<Alert, RememberedAlert>;
}

export function withAlertMemory(desk: OperatorDesk, now: () => number): RememberingDesk {
  const remembered = new Map<Alert, RememberedAlert>();
  return {
    remembered,
    alert(alert, details) {
      remembered.set(alert, {
        count: (remembered.get(alert)?.count ?? 0) + 1,
        lastAtMs: now(),
        lastSessionId: textOf(details["sessionId"]),
        lastStationId: textOf(details["stationId"]),
      });
      desk.alert(alert, details);
    },
    note: (event, details) => {
      desk.note(event, details);
    },
  };
}

function textOf(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}

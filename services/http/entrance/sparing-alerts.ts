import type { Alert } from "../../observability/alerts.ts";
import type { OperatorDesk } from "../../observability/operator-desk.ts";

const periodMs = 600_000;
/** More in a period would let whoever has many addresses fill the log. */
const alertsPerPeriod = 20;

/** Gives an alert once for each address in ten minutes, and at most twenty times in all. */
export function createSparingAlerts(deps: {
  readonly desk: Pick<OperatorDesk, "alert">;
  /** Milliseconds since whenever, by a clock that never steps. */
  readonly elapsedMs: () => number;
}): (alert: Alert, address: string, details?: Readonly<Record<string, unknown>>) => void {
  const given = new Map<Alert, { readonly untilMs: number; readonly addresses: Set<string> }>();

  return (alert, address, details = {}) => {
    const atMs = deps.elapsedMs();
    const known = given.get(alert);
    const period =
      known === undefined || atMs >= known.untilMs ? { untilMs: atMs + periodMs, addresses: new Set<string>() } : known;
    given.set(alert, period);
    if (period.addresses.has(address) || period.addresses.size >= alertsPerPeriod) return;
    period.addresses.add(address);
    deps.desk.alert(alert, { address, ...details });
  };
}

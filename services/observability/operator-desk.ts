/**
 * The observability room: what people see of the service. In come occasions from every room; out go one log line and one
 * counter for each. Everything that needs a look is an alert of the one list (`alerts.ts`), with its meaning, what to do
 * and whether it calls a person. Neither keys nor records are ever written. `metrics.ts` has what is counted, `ages.ts` and
 * `clock-watch.ts` keep waiting right when the clock of the machine is set.
 */
import type { Alert } from "./alerts.ts";
import type { Logger } from "./logger.ts";
import type { Metrics } from "./metrics.ts";

/** Tells the operator what needs a look: one counter and one log line per occasion. */
export interface OperatorDesk {
  alert(alert: Alert, details: Readonly<Record<string, unknown>>): void;
  note(event: string, details: Readonly<Record<string, unknown>>): void;
}

export function createOperatorDesk(deps: { readonly log: Logger; readonly metrics: Metrics }): OperatorDesk {
  return {
    alert(alert, details) {
      deps.metrics.alerts.inc({ alert });
      deps.log.warn({ alert, ...details }, "alert");
    },
    note(event, details) {
      deps.log.info({ event, ...details }, "settlement");
    },
  };
}

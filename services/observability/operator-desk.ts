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

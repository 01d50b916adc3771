import { chooseEnergySeries } from "./energy-series.ts";
import type { SampledReading, TransactionMessage } from "./message.ts";

const importRegister = "Energy.Active.Import.Register";
/** Import less export: an outlet that gives nothing back imports what it says. */
const netRegister = "Energy.Active.Net";

/**
 * The message with one phase, or import less export, in place of a register that it does not tell: that it rises shows that
 * energy flows, and not how much. A message with a register, or with none of these, stays as it is.
 */
export function withAnyRegister(message: TransactionMessage): TransactionMessage {
  const ended = message.kind === "transaction-ended" ? message : null;
  if (chooseEnergySeries([message], ended).points.length > 0) return message;
  const others = message.readings
    .filter(({ measurand, faults }) => faults.length === 0 && [importRegister, netRegister].includes(measurand))
    .toSorted((left, right) => (nameOf(left) < nameOf(right) ? -1 : 1));
  const [chosen] = others;
  if (chosen === undefined) return message;
  const readings = others
    .filter((reading) => nameOf(reading) === nameOf(chosen))
    .map((reading) => ({ ...reading, measurand: importRegister, phase: null }));
  return { ...message, readings };
}

function nameOf({ measurand, phase, location }: SampledReading): string {
  return `${measurand} ${location} ${phase ?? ""}`;
}

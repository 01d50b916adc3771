import { addDecimals, compareDecimals } from "../decimal.ts";
import { chooseEnergySeries, type SeriesPoint } from "./energy-series.ts";
import { coarserOf } from "./exactness.ts";
import type { FindingCode } from "./findings.ts";
import type { TransactionMessage } from "./message.ts";

/**
 * Parts the messages of a transaction by the outlet that they name. Some stations of 1.6 send the values of one connector
 * with the transaction id of another: those are of another register, or of the same one under a wrong number.
 */
export function partByOutlet(messages: readonly TransactionMessage[]): {
  readonly own: readonly TransactionMessage[];
  readonly foreign: readonly TransactionMessage[];
} {
  const connectorId = messages.find(({ kind }) => kind === "transaction-started")?.plug.connectorId ?? 0;
  const isForeign = ({ protocol, plug }: TransactionMessage): boolean =>
    protocol === "ocpp1.6" &&
    connectorId !== 0 &&
    plug.connectorId !== null &&
    plug.connectorId !== 0 &&
    plug.connectorId !== connectorId;
  return {
    own: messages.filter((message) => !isForeign(message)),
    foreign: messages.filter((message) => message.kind === "meter-values" && isForeign(message)),
  };
}

/** Whether what was told of another outlet may be energy of the transaction: it rose, or stands above the end. */
export function findOtherOutlet(
  foreign: readonly TransactionMessage[],
  points: readonly SeriesPoint[],
): readonly FindingCode[] {
  const others = chooseEnergySeries(foreign, null).points;
  const [firstOther] = others;
  const lastOther = others.at(-1);
  if (firstOther === undefined || lastOther === undefined) return [];
  const [first = firstOther] = points;
  const last = points.at(-1) ?? first;
  // Between begin and end it may be the same register under another number, and then the end tells all of it.
  const isInside = points.length > 1 && others.every((other) => !exceeds(first, other) && !exceeds(other, last));
  const isRising = others.length === 1 ? exceeds(lastOther, last) : exceeds(lastOther, firstOther);
  return !isInside && isRising
    ? ["READING_OF_OTHER_OUTLET", "READING_OUTSIDE_TRANSACTION"]
    : ["READING_OUTSIDE_TRANSACTION"];
}

function exceeds(high: SeriesPoint, low: SeriesPoint): boolean {
  const limitWh = addDecimals(low.registerWh, coarserOf(high.quantumWh, low.quantumWh));
  return compareDecimals(high.registerWh, limitWh) > 0;
}

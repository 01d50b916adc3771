import type { Tariff } from "../../../services/domain/tariff.ts";
import {
  isRestricted,
  taxText,
  type ComponentReader,
  type PlacedComponent,
  type ReadPrice,
} from "./component-reader.ts";

type TimePart = Pick<
  Tariff,
  | "priceNanoPerChargingHour"
  | "chargingStepSeconds"
  | "chargingTaxBps"
  | "priceNanoPerConnectedHour"
  | "connectedFreeSeconds"
  | "connectedStepSeconds"
  | "connectedMaximumMicro"
  | "connectedTaxBps"
>;

const none: TimePart = {
  priceNanoPerChargingHour: 0n,
  chargingStepSeconds: 0,
  chargingTaxBps: 0,
  priceNanoPerConnectedHour: 0n,
  connectedFreeSeconds: 0,
  connectedStepSeconds: 0,
  connectedMaximumMicro: 0n,
  connectedTaxBps: 0,
};
const mostSeconds = 2 ** 32 - 1;
const unproven = "no meter proves that a car was connected and did not charge";

/**
 * Translates what time costs. Charging time has one price. Where charging and parking cost the same on top from some
 * duration of the session on, that is a fee for the time connected; nothing else about parking can be proven.
 */
export function connectedPartOf(
  time: readonly PlacedComponent[],
  parking: readonly PlacedComponent[],
  reader: ComponentReader,
): TimePart {
  const { verdicts } = reader;
  const costly = parking.filter(({ price }) => price !== 0);
  for (const component of parking.filter(({ price }) => price === 0)) reader.use(component);
  if (costly.length > 0) return withConnected(time, costly, reader);
  const [first] = time.filter((component) => !isRestricted(component, /_(?:kwh|duration)$/u, reader));
  if (first === undefined) return none;
  reader.use(first);
  const read = reader.price(first);
  if (read === null) return none;
  verdicts.priced(first.path, `${first.price} for an hour of charging${taxText(read)}`);
  return { ...none, ...chargingPart(first, read, reader) };
}

function chargingPart(
  component: PlacedComponent,
  read: ReadPrice,
  reader: ComponentReader,
): Pick<TimePart, "priceNanoPerChargingHour" | "chargingStepSeconds" | "chargingTaxBps"> {
  return {
    priceNanoPerChargingHour: read.amount,
    chargingStepSeconds: reader.step(component),
    chargingTaxBps: read.taxBps,
  };
}

function withConnected(
  time: readonly PlacedComponent[],
  costly: readonly PlacedComponent[],
  reader: ComponentReader,
): TimePart {
  const { verdicts } = reader;
  const refuse = (): TimePart => {
    for (const { path } of costly) verdicts.refused(path, unproven);
    for (const component of time) reader.use(component);
    return none;
  };
  const [parked, ...others] = costly;
  const after = time.find(({ elementPath }) => elementPath === parked?.elementPath);
  const before = time.find(({ elementPath }) => elementPath !== parked?.elementPath);
  const isPair = parked !== undefined && others.length === 0 && after !== undefined && time.length <= 2;
  if (!isPair || time[0] !== after) return refuse();
  const { min_duration: free = 0, max_duration: end, min_kwh: minKwh, max_kwh: maxKwh } = parked.restrictions;
  if (end !== undefined || (minKwh ?? 0) !== 0 || maxKwh !== undefined || free > mostSeconds) return refuse();
  if (before !== undefined && (free === 0 || isRestricted(before, /_(?:kwh|duration)$/u, reader))) return refuse();
  const [fee, together, charging] = [parked, after, before].map((component) =>
    component === undefined ? { amount: 0n, taxBps: 0 } : reader.price(component),
  );
  if (fee === null || together === null || charging === null) return refuse();
  if (fee === undefined || together === undefined || charging === undefined) return refuse();
  const hasOneTax = fee.taxBps === together.taxBps && (charging.amount === 0n || charging.taxBps === fee.taxBps);
  if (!hasOneTax || together.amount !== fee.amount + charging.amount) return refuse();
  for (const component of [parked, after, ...(before === undefined ? [] : [before])]) {
    reader.use(component);
    verdicts.priced(component.path, `${component.price} for an hour of time connected or charging${taxText(fee)}`);
  }
  return {
    ...none,
    ...(before === undefined ? {} : chargingPart(before, charging, reader)),
    priceNanoPerConnectedHour: fee.amount,
    connectedFreeSeconds: free,
    connectedStepSeconds: reader.step(parked),
    connectedTaxBps: fee.taxBps,
  };
}

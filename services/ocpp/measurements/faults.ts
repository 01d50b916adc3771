import type { MessageFault, SampledReading, SignedContainer } from "../../domain/charging/message.ts";
import type { Measurements } from "./sampled-values.ts";

export const noFaults: readonly MessageFault[] = [];

/** The faults of a message itself and of all that it measured, each once. */
export function faultsOf(
  { readings, signed, notes }: Measurements,
  own: readonly MessageFault[],
): readonly MessageFault[] {
  const isRight = own.length === 0 && notes.length === 0;
  if (isRight && !readings.some(isFaulty) && !signed.some(isFaulty)) return noFaults;
  return distinctFaults([...own, ...notes, ...[...readings, ...signed].flatMap(({ faults }) => faults)]);
}

export function distinctFaults(faults: readonly MessageFault[]): readonly MessageFault[] {
  return [...new Map(faults.map((fault) => [`${fault.code} ${fault.path}`, fault])).values()];
}

function isFaulty({ faults }: SampledReading | SignedContainer): boolean {
  return faults.length > 0;
}

import { toHex } from "../ocmf/bytes.ts";
import { requireWattHours } from "../values/require.ts";
import type { SignedBytes, SignedTime, SignedValue } from "../values/value.ts";
import { readIdentification } from "./identification.ts";
import { requireImportRegister } from "./registers.ts";
import type { EdlReading } from "./signed-block.ts";

/** The register behind the cable, of meters that compensate for its losses. */
const compensatedRegister = "1-0:1.17.0*200";

/** What a reading of EDL40 says, once its signature was found good. What the vehicle got counts where it is signed as well. */
export function edlValue(reading: EdlReading, signed: SignedBytes, time: SignedTime): SignedValue {
  const register = requireImportRegister(toHex(reading.obis)).text;
  const compensated = reading.compensation?.compensated ?? 0n;
  const isCompensated = compensated !== 0n;
  const mainWh = requireWattHours(reading.value, reading.scaler, reading.unit);
  return {
    verdict: "accepted",
    signed,
    meter: toHex(reading.meter),
    identification: readIdentification(reading.identification),
    counter: BigInt(reading.pagination),
    register: isCompensated ? compensatedRegister : register,
    reading: {
      registerWh: isCompensated ? requireWattHours(compensated, reading.scaler, reading.unit) : mainWh,
      time,
    },
    span: null,
  };
}

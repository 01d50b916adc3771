import type { TransactionAssessment } from "../../services/domain/charging/assess-transaction.ts";
import type { TranscriptName } from "./ocpp-transcript.ts";

export type Outcome = Pick<TransactionAssessment, "grade" | "energyWh" | "claimedEnergyWh" | "reasons" | "flags">;
export interface Expectation {
  readonly ratedPowerW: number;
  /** In the order in which the file begins them. */
  readonly sessions: readonly (Outcome & { readonly recordedTransactionId: string })[];
}

const plausible = (recordedTransactionId: string, energyWh: string, flags: Outcome["flags"] = []) =>
  ({
    recordedTransactionId,
    grade: "plausible-unsigned",
    energyWh,
    claimedEnergyWh: energyWh,
    reasons: ["UNSIGNED"],
    flags,
  }) as const;
const signed = (recordedTransactionId: string, energyWh: string, claimedEnergyWh: string, flags: Outcome["flags"]) =>
  ({ recordedTransactionId, grade: "meter-signed", energyWh, claimedEnergyWh, reasons: ["SIGNED"], flags }) as const;

// Worked out by hand from the files. The rated power is ours: the firmware and the scripts simulate outlets of 11 kW
// (the power that they report), the virtual charge point one that delivers 36 kW.
export const expectations: Readonly<Record<TranscriptName, Expectation>> = {
  // 1000, 1500, 2000 and 2500 Wh within five milliseconds: a script that does not wait. No outlet delivers 500 Wh in a
  // millisecond, so that no step counts; only 1000 to 1000 does.
  "MH16.ocpp1.6": {
    ratedPowerW: 11_000,
    sessions: [
      {
        recordedTransactionId: "421263",
        grade: "disputed",
        energyWh: "0",
        claimedEnergyWh: "1500",
        reasons: ["STEP_IMPLAUSIBLE"],
        flags: [],
      },
    ],
  },
  // The same script in 2.0.1, 0.1 s from 1000 to 2500 Wh; 2500 to 2500 Wh is the one step that counts.
  "MH201.ocpp2.0.1": {
    ratedPowerW: 11_000,
    sessions: [
      {
        recordedTransactionId: "698da369-fa3a-490d-92a7-cbf62181b8b8",
        grade: "disputed",
        energyWh: "0",
        claimedEnergyWh: "1500",
        reasons: ["STEP_IMPLAUSIBLE"],
        flags: [],
      },
    ],
  },
  // 82 to 151 Wh; four samples and the stop come 20 s late, after the outlet said that it is free.
  "MO16-offlineA": { ratedPowerW: 11_000, sessions: [plausible("420634", "69")] },
  // The first try offline is no transaction: the station did not let the tag charge. 151 to 243 Wh wholly offline; then
  // 243 to 267 Wh with the stop three times, the last after a reboot, in the same words.
  "MO16-offlineBC": { ratedPowerW: 11_000, sessions: [plausible("421259", "92"), plausible("421260", "24")] },
  // 0 to 82 Wh; a true zero, because the next reading is 15 Wh after five seconds of 11 kW.
  "MO16-online": { ratedPowerW: 11_000, sessions: [plausible("420633", "82")] },
  // 0 to 30, power cut, 15 to 45 Wh: 60 Wh are proven at least. The station claims 45, and about 80 flowed. Nobody
  // signed it, so it is disputed. Then 45 to 336 Wh with the start three times; the hole of 46 s between 45 and 184 Wh
  // is bridged by the register, at 11 kW.
  "MO16-powercut-startretry": {
    ratedPowerW: 11_000,
    sessions: [
      {
        recordedTransactionId: "421261",
        grade: "disputed",
        energyWh: "60",
        claimedEnergyWh: "45",
        reasons: ["REGISTER_RESET"],
        flags: ["STATION_REBOOTED"],
      },
      plausible("421262", "291"),
    ],
  },
  // 0 to 90 Wh with an event that has lost its values; then 90 to 350 Wh without the numbers 6 and 8.
  "MO201.ocpp2.0.1": {
    ratedPowerW: 11_000,
    sessions: [
      plausible("35C5890951A52F1B9D55BEEE90287000B9", "90"),
      plausible("8D10621947B0808B398F7DF6222731D4B1", "260", ["SEQUENCE_INCOMPLETE"]),
    ],
  },
  // Begin 0 and end 0.38242000000000004 kWh, signed with ID AABBCCDD: the card, and no idTag of a session. Unsigned 382.
  "VCP16.ocpp1.6": { ratedPowerW: 50_000, sessions: [signed("420614", "382.42000000000004", "382", [])] },
  // Signed 0 to 0.37989 kWh. The samples are watt-hours called kWh (150.14 after 15 s), so that from the 0 before the
  // first and from the second to 380 Wh nothing fits; the signed value overrules all of it.
  "VCP201.ocpp2.0.1": {
    ratedPowerW: 50_000,
    sessions: [
      signed("0a2b162f-a085-46e9-85df-0a9c0cfa4183", "379.89", "380", [
        "REGISTER_RESET",
        "STEP_IMPLAUSIBLE",
        "UNIT_FAULT",
        "FIRST_REGISTER_ZERO",
        "SEQUENCE_CONSTANT",
      ]),
    ],
  },
  // Signed 0 to 0.37045999999999996 kWh; here the samples are right and the end is kilowatt-hours called Wh (0.3705).
  "VCP21.ocpp2.1": {
    ratedPowerW: 50_000,
    sessions: [
      signed("398bf5ed-ce2c-4ab2-9556-4ec3f3273836", "370.45999999999996", "0.3705", [
        "REGISTER_RESET",
        "UNIT_FAULT",
        "UNSIGNED_DIFFERS",
        "SEQUENCE_CONSTANT",
      ]),
    ],
  },
};

export const names: readonly TranscriptName[] = [
  "MH16.ocpp1.6",
  "MH201.ocpp2.0.1",
  "MO16-offlineA",
  "MO16-offlineBC",
  "MO16-online",
  "MO16-powercut-startretry",
  "MO201.ocpp2.0.1",
  "VCP16.ocpp1.6",
  "VCP201.ocpp2.0.1",
  "VCP21.ocpp2.1",
];

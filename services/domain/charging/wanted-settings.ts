/**
 * What a setting has to be.
 * `holds`: the list has this element, beside what it has. `is`: exactly that. `between`: a whole number in these bounds, else
 * `otherwise`.
 */
export type Wish =
  | { readonly kind: "holds"; readonly element: string }
  | { readonly kind: "is"; readonly value: string }
  | { readonly kind: "between"; readonly least: number; readonly most: number; readonly otherwise: number };

/** Something that settlement needs of a charger's configuration. */
export interface WantedSetting {
  /** The key of 1.6; of 2.x component and variable with a dot, and the variable's instance behind a colon. */
  readonly key: string;
  readonly wish: Wish;
  /** Without it the service cannot bill what the charger delivers. */
  readonly isNeeded: boolean;
  /** Where the setting is described. */
  readonly source: string;
}

/** Chargers of which something is known that the specification does not say. */
export interface MakeNote {
  /** In the vendor's or the model's name of the boot, whatever the case of its letters. */
  readonly make: string;
  /** A list with an element that the charger does not know is refused whole: it is set to what is needed alone. */
  readonly hasShortLists: boolean;
  readonly source: string;
}

const register = "Energy.Active.Import.Register";
const core16 = "OCPP 1.6 edition 2, chapter 9.1";
const note = "OCA application note Signed Meter Values in OCPP, chapter 3.3";
const part2 = "OCPP 2.0.1 part 2, referenced components and variables";

/** A reading a minute: what flows between two readings is what a stop by the hold can miss. */
const interval: Wish = { kind: "between", least: 1, most: 60, otherwise: 60 };
const attempts: Wish = { kind: "between", least: 5, most: 1_000, otherwise: 5 };
const pause: Wish = { kind: "between", least: 1, most: 600, otherwise: 60 };
const yes: Wish = { kind: "is", value: "true" };
const no: Wish = { kind: "is", value: "false" };
const readings: Wish = { kind: "holds", element: register };

function wanted(key: string, wish: Wish, source: string, isNeeded = false): WantedSetting {
  return { key, wish, isNeeded, source };
}

const settings16: readonly WantedSetting[] = [
  wanted("MeterValuesSampledData", readings, core16, true),
  wanted("MeterValueSampleInterval", interval, core16, true),
  wanted("StopTxnSampledData", readings, core16),
  wanted("TransactionMessageAttempts", attempts, core16),
  wanted("TransactionMessageRetryInterval", pause, core16),
  wanted("StopTransactionOnInvalidId", yes, core16),
  wanted("MaxEnergyOnInvalidId", { kind: "is", value: "0" }, core16),
  wanted("AllowOfflineTxForUnknownId", no, core16),
  wanted("StartTxnSampledData", readings, note),
  wanted("SampledDataSignReadings", yes, note),
  wanted("SampledDataSignStartedReadings", yes, note),
  wanted("AlignedDataSignReadings", yes, note),
  wanted("PublicKeyWithSignedMeterValue", { kind: "is", value: "OncePerTransaction" }, note),
];

const settings2: readonly WantedSetting[] = [
  wanted("SampledDataCtrlr.TxUpdatedMeasurands", readings, part2, true),
  wanted("SampledDataCtrlr.TxUpdatedInterval", interval, part2, true),
  wanted("SampledDataCtrlr.TxStartedMeasurands", readings, part2),
  wanted("SampledDataCtrlr.TxEndedMeasurands", readings, part2, true),
  wanted("OCPPCommCtrlr.MessageAttempts:TransactionEvent", attempts, part2),
  wanted("OCPPCommCtrlr.MessageAttemptInterval:TransactionEvent", pause, part2),
  wanted("TxCtrlr.StopTxOnInvalidId", yes, part2),
  wanted("TxCtrlr.MaxEnergyOnInvalidId", { kind: "is", value: "0" }, part2),
  wanted("AuthCtrlr.OfflineTxForUnknownIdEnabled", no, part2),
  wanted("ClockCtrlr.TimeSource", { kind: "holds", element: "Heartbeat" }, part2),
  wanted("SampledDataCtrlr.SignReadings", yes, part2),
  wanted("AlignedDataCtrlr.SignReadings", yes, part2),
  wanted("SampledDataCtrlr.SignStartedReadings", yes, note),
  wanted("OCPPCommCtrlr.PublicKeyWithSignedMeterValue", { kind: "is", value: "OncePerTransaction" }, part2),
];

const makeNotes: readonly MakeNote[] = [
  { make: "CHARX", hasShortLists: true, source: "ConnectorIO/connectorio-addons, pull request 147" },
  { make: "Wallbox", hasShortLists: true, source: "evcc-io/evcc, issue 15492" },
];

/** What a charger is brought to, in this order. 2.1 has the names of 2.0.1. */
export function settingsOf(version: "1.6" | "2.x"): readonly WantedSetting[] {
  return version === "1.6" ? settings16 : settings2;
}

/** What is known of the charger's make; `null` if nothing is. */
export function makeNoteOf(boot: { readonly vendor: string; readonly model: string } | null): MakeNote | null {
  const names = `${boot?.vendor ?? ""} ${boot?.model ?? ""}`.toLowerCase();
  return makeNotes.find(({ make }) => names.includes(make.toLowerCase())) ?? null;
}

/**
 * The values to try, the best first; empty if the present one is as it is wanted.
 * @param present As the charger says it; `null` where it has none.
 */
export function valuesToTry(wish: Wish, present: string | null, hasShortLists: boolean): readonly string[] {
  switch (wish.kind) {
    case "is":
      return present?.trim().toLowerCase() === wish.value.toLowerCase() ? [] : [wish.value];
    case "between": {
      const number = /^\d+$/.test(present?.trim() ?? "") ? Number(present) : Number.NaN;
      return number >= wish.least && number <= wish.most ? [] : [String(wish.otherwise)];
    }
    case "holds": {
      const elements = (present ?? "").split(",").map((element) => element.trim());
      if (elements.includes(wish.element)) return [];
      const others = elements.filter((element) => element !== "");
      const alone = [wish.element];
      // Behind the others: of sources of time the first is the one that counts.
      return hasShortLists || others.length === 0 ? alone : [[...others, wish.element].join(","), ...alone];
    }
  }
}

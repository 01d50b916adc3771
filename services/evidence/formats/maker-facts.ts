import { isOfTransactionRank } from "./ocmf/obis.ts";
import type { VerifiedRecord } from "./ocmf/types.ts";

/** What a maker's meters do that decides money. */
export interface MakerFact {
  readonly name: string;
  /** What follows for whoever is paid by this meter, as a sentence. */
  readonly consequence: string;
  /** Where it is known from. */
  readonly source: string;
  /** Whether a record shows that its meter is one of these. `format`: as it is named in docs/signed-formats.md. */
  readonly isShownBy: (record: VerifiedRecord, format: string) => boolean;
}

const isBsm = ({ meterVendor, meterModel }: VerifiedRecord, format: string): boolean =>
  format === "BSM-WS36A" || /bauer/iu.test(meterVendor ?? "") || /^bsm-/iu.test(meterModel ?? "");

/** In the order in which they are told. */
export const makerFacts: readonly MakerFact[] = [
  {
    name: "CONSTANT_PAGINATION",
    consequence:
      "The meter numbers every record T1: its records are told apart by their content, and one that holds no begin and end counts once in the meter's life.",
    source: "signed sessions of Zaptec Pro MID that were published by operators (firmware 5.0.7)",
    isShownBy: ({ gatewayIdentification }) => /^zaptec/iu.test(gatewayIdentification ?? ""),
  },
  {
    name: "PREFIXED_IDENTIFICATION",
    consequence: "The meter writes the idTag behind contract-id: rfid:, and is bound by the part behind it.",
    source: "BAUER Electronic, BSM-WS36A, signed snapshots (bsm-python, documentation of Meta1)",
    isShownBy: isBsm,
  },
  {
    name: "REGISTER_STARTS_OVER",
    consequence: "The register counts each transaction from 0: energy between two transactions is not seen by it.",
    source: "the OBIS code of the record (docs/ocmf.md, registers), and the formats PCDF and BSM",
    isShownBy: ({ registers }, format) =>
      format === "PCDF" ||
      (format !== "PTB container" &&
        format !== "ChargePoint" &&
        registers.some(({ rank }) => isOfTransactionRank(rank))),
  },
  {
    name: "TIME_UNSIGNED",
    consequence: "The meter does not vouch for a time: no component of a price that counts time is charged.",
    source: "the record itself",
    isShownBy: ({ begin, end }) =>
      [begin, end].some(
        (reading) => reading !== null && (reading.time.hasTimeError || reading.time.synchronisation === "U"),
      ),
  },
  {
    name: "COUNTER_UNSIGNED",
    consequence:
      "The meter signs no counter: a copy of a record is known by its content, a value that was signed anew is not.",
    source: "docs/signed-formats.md, what each format signs",
    isShownBy: ({ pagination }) => pagination.context === "H",
  },
  {
    name: "IDENTIFICATION_UNSIGNED",
    consequence: "The meter does not sign who charges: its sessions are meter-signed and never bound.",
    source: "the record itself",
    isShownBy: ({ identification, isAssigned }) => identification === null || isAssigned === false,
  },
  {
    name: "BOUNDARY_UNSIGNED",
    consequence:
      "The meter does not sign whether a value is a begin or an end: the container says so, and counters and times have to agree.",
    source: "docs/signed-formats.md, what each format signs",
    isShownBy: (_record, format) => ["EDL40", "ALFEN", "chargeIT", "Mennekes"].includes(format),
  },
];

/** What is known of the meter that signed a record. */
export function factsOf(record: VerifiedRecord, format: string): readonly Omit<MakerFact, "isShownBy">[] {
  return makerFacts
    .filter(({ isShownBy }) => isShownBy(record, format))
    .map(({ name, consequence, source }) => ({ name, consequence, source }));
}

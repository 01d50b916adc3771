import type { ErrorCode } from "../../services/errors.ts";
import type { Curve } from "../../services/evidence/formats/ocmf/types.ts";
import type { InspectionStructOutput } from "../../types/periphery/OcmfLens.ts";

/** The numbers of the curves, as in Curve of IMeterRegistry.sol. */
export const curveNumbers = {
  secp256r1: 1n,
  secp256k1: 2n,
  secp192r1: 3n,
  secp192k1: 4n,
  brainpoolP256r1: 5n,
  secp384r1: 6n,
  brainpoolP384r1: 7n,
  secp224k1: 8n,
} as const satisfies Record<Curve, bigint>;

/** As in Judgement of IOcmfLens.sol. */
export const judgement = { accepted: 1n, refused: 2n, unsupported: 3n } as const;

/** As in Finding of IOcmfLens.sol. */
export const finding = {
  curveNotVerifiable: 1n,
  publicKeyLengthWrong: 2n,
  publicKeyOffCurve: 3n,
  signatureInvalid: 4n,
  contentRefused: 5n,
} as const;

/** RefusalReason of IOcmfScanner.sol in its order, each with the service's code for the same fault. */
export const refusalReasons = [
  ["None", "INTERNAL"],
  ["JsonSyntax", "OCMF_JSON_SYNTAX"],
  ["Utf8Invalid", "OCMF_UTF8_INVALID"],
  ["PipeInside", "OCMF_FRAMING_INVALID"],
  ["KeyDuplicate", "OCMF_JSON_DUPLICATE_KEY"],
  ["KeyEscaped", "OCMF_JSON_ESCAPED_KEY"],
  ["TypeWrong", "OCMF_FIELD_INVALID"],
  ["VersionUnknown", "OCMF_FORMAT_VERSION_UNKNOWN"],
  ["PaginationInvalid", "OCMF_PAGINATION_INVALID"],
  ["PaginationFiscal", "OCMF_FISCAL_RECORD"],
  ["IdentificationLevelBad", "OCMF_IDENTIFICATION_ERROR"],
  ["ReadingsMissing", "OCMF_READINGS_MISSING"],
  ["TransactionMissing", "OCMF_TRANSACTION_MARKER_MISSING"],
  ["TransactionUnknown", "OCMF_TRANSACTION_MARKER_UNKNOWN"],
  ["TransactionException", "OCMF_TRANSACTION_EXCEPTION"],
  ["BeginRepeated", "OCMF_BEGIN_REPEATED"],
  ["EndRepeated", "OCMF_END_REPEATED"],
  ["ReadingOutOfOrder", "OCMF_READING_ORDER"],
  ["StatusNotGood", "OCMF_METER_STATE_NOT_GOOD"],
  ["EnergyFlagged", "OCMF_ERROR_FLAG_ENERGY"],
  ["ImportRegisterMissing", "OCMF_IMPORT_REGISTER_MISSING"],
  ["UnitUnknown", "OCMF_UNIT_UNKNOWN"],
  ["ValueMissing", "OCMF_VALUE_MISSING"],
  ["ValueInvalid", "OCMF_VALUE_INVALID"],
  ["ValueDecreasing", "OCMF_VALUE_DECREASING"],
  ["TimeInvalid", "OCMF_TIME_INVALID"],
  ["TimeDecreasing", "OCMF_TIME_REVERSED"],
  ["SizeAboveLimit", "OCMF_ON_CHAIN_LIMIT"],
  ["DepthAboveLimit", "OCMF_ON_CHAIN_LIMIT"],
  ["KeysAboveLimit", "OCMF_ON_CHAIN_LIMIT"],
  ["ReadingsAboveLimit", "OCMF_ON_CHAIN_LIMIT"],
  ["TextNotPlain", "OCMF_ON_CHAIN_LIMIT"],
  ["SurrogateEscaped", "OCMF_ON_CHAIN_LIMIT"],
  ["VersionAboveLimit", "OCMF_ON_CHAIN_LIMIT"],
  ["PaginationAboveLimit", "OCMF_ON_CHAIN_LIMIT"],
  ["IdentificationStatusTextual", "OCMF_ON_CHAIN_LIMIT"],
  ["RegisterUnknown", "OCMF_ON_CHAIN_LIMIT"],
  ["RegisterAmbiguous", "OCMF_ON_CHAIN_LIMIT"],
  ["RegistersAboveLimit", "OCMF_ON_CHAIN_LIMIT"],
  ["ValueAboveLimit", "OCMF_ON_CHAIN_LIMIT"],
  ["ValueTooFine", "OCMF_ON_CHAIN_LIMIT"],
  ["TimeAboveLimit", "OCMF_ON_CHAIN_LIMIT"],
] as const satisfies readonly (readonly [name: string, code: ErrorCode])[];

/** The service's code for what the contract found, and the contract's own word for it. */
export function reasonOf(
  answer: InspectionStructOutput,
  where: string,
): { readonly reason: ErrorCode; readonly detail: string } {
  switch (answer.finding) {
    case finding.curveNotVerifiable:
      return { reason: "OCMF_CURVE_UNSUPPORTED", detail: "the contract cannot verify signatures on this curve" };
    case finding.publicKeyLengthWrong:
      return { reason: "OCMF_KEY_MALFORMED", detail: "the key is not twice as long as a coordinate" };
    case finding.publicKeyOffCurve:
      return { reason: "OCMF_KEY_NOT_ON_CURVE", detail: "the contract says so" };
    case finding.signatureInvalid:
      return { reason: "OCMF_SIGNATURE_MISMATCH", detail: "the contract says so" };
    default: {
      const [name, reason] = refusalReasons[Number(answer.refusal)] ?? refusalReasons[0];
      return { reason, detail: `${name}${where}` };
    }
  }
}

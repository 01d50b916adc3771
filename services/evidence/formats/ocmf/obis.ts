/**
 * Which registers may be billed. `C` and `D` are compared as text without leading zeros and ignoring case, because the
 * field writes the same register as `1.8.0`, `01.08.00` and `98.08.00`, and no rule tells hexadecimal from decimal.
 *
 * | C  | register                                                      | energy at the vehicle | of this transaction |
 * |----|---------------------------------------------------------------|-----------------------|---------------------|
 * | B3 | transaction import device energy (OCMF 1.4)                    | yes                   | yes                 |
 * | 98 | the same, as DZG meters number it                              | yes                   | yes                 |
 * | B1 | total import device energy (OCMF 1.4)                          | yes                   | no                  |
 * | B2 | transaction import mains energy (OCMF 1.4)                     | no                    | yes                 |
 * | 1  | active energy import; with `*198` counted from the begin (BSM) | no                    | no, with *198 yes   |
 * | B0 | total import mains energy (OCMF 1.4)                           | no                    | no                  |
 * | 9E | import energy as some meters number it                         | no                    | no                  |
 */
const importQuantities: ReadonlyMap<string, { readonly isAtVehicle: boolean; readonly isOfTransaction: boolean }> =
  new Map([
    ["B3", { isAtVehicle: true, isOfTransaction: true }],
    ["98", { isAtVehicle: true, isOfTransaction: true }],
    ["B1", { isAtVehicle: true, isOfTransaction: false }],
    ["B2", { isAtVehicle: false, isOfTransaction: true }],
    ["1", { isAtVehicle: false, isOfTransaction: false }],
    ["B0", { isAtVehicle: false, isOfTransaction: false }],
    ["9E", { isAtVehicle: false, isOfTransaction: false }],
  ]);

const group = "([0-9A-F]{1,3})";
const obisGrammar = new RegExp(`^${group}-${group}:${group}\\.${group}\\.${group}(?:[.*]${group})?$`);

/** Values of `F` that mean the present value; others are kept values of past billing periods. */
const presentValues = new Set(["", "255", "FF", "200", "198"]);

/** Ranks below this one are of registers that count one transaction and start anew with the next. */
const transactionRanks = 4;

/** Whether a register of this rank counts one transaction only. */
export function isOfTransactionRank(rank: number): boolean {
  return rank < transactionRanks;
}

/**
 * How good an OBIS code is for billing: 0 is the best, `null` means that it is no import register of active energy.
 * The transaction's own register comes before a total, then energy at the vehicle before energy in front of the cable,
 * then the sum over all tariffs before a single tariff.
 */
export function rankImportRegister(code: string): number | null {
  const match = obisGrammar.exec(code.toUpperCase());
  if (match === null) return null;
  const [, medium = "", , quantity = "", processing = "", tariff = "", period = ""] = match;
  const register = importQuantities.get(withoutLeadingZeros(quantity));
  if (register === undefined || withoutLeadingZeros(medium) !== "1" || withoutLeadingZeros(processing) !== "8")
    return null;
  if (!presentValues.has(period)) return null;
  const isOfTransaction = register.isOfTransaction || period === "198";
  const isOneTariff = !["", "E"].includes(withoutLeadingZeros(tariff));
  return (isOfTransaction ? 0 : transactionRanks) + (register.isAtVehicle ? 0 : 2) + (isOneTariff ? 1 : 0);
}

/** `E` is the letter that meters print where the tariff may vary; zero is the sum over all tariffs. */
function withoutLeadingZeros(text: string): string {
  return text.replace(/^0+/, "");
}

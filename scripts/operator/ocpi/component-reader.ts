import type { ConversionChoices, Verdicts } from "./conversion.ts";
import { scaled } from "./exact-number.ts";
import type { OcpiPriceComponent, OcpiRestrictions, OcpiTariff } from "./tariff-schema.ts";

const mostPrice = 2n ** 64n - 1n;
const nano = 9;
const micro = 6;

/** A component with where it stands and when it applies. */
export interface PlacedComponent extends OcpiPriceComponent {
  readonly path: string;
  readonly elementPath: string;
  readonly restrictions: OcpiRestrictions;
}

/** A price that was read: an amount before tax, in 10⁻⁹ or, of a fee, in 10⁻⁶, and its tax. */
export interface ReadPrice {
  readonly amount: bigint;
  readonly taxBps: number;
}

/** What the readers of components share. */
export interface ComponentReader {
  readonly choices: ConversionChoices;
  readonly verdicts: Verdicts;
  /** Marks a component as one that applies. */
  use(component: PlacedComponent): void;
  /** @returns `null` where it was refused */
  price(component: PlacedComponent, most?: bigint): ReadPrice | null;
  /** The step that the contract has for a component. */
  step(component: PlacedComponent): number;
}

/**
 * Reads components of one tariff.
 * @param used Gets the path of each component that applies.
 */
export function createReader(
  ocpi: OcpiTariff,
  choices: ConversionChoices,
  verdicts: Verdicts,
  used: Set<string>,
): ComponentReader {
  const taxIncluded = "tax_included" in ocpi ? ocpi.tax_included : null;
  return {
    choices,
    verdicts,
    use: ({ path }) => used.add(path),
    price({ type, price, vat, path }, most = mostPrice) {
      if (price === 0) return { amount: 0n, taxBps: 0 };
      const taxBps = vat === undefined ? 0n : scaled(vat, 2);
      if (taxBps === null || taxBps < 0n || taxBps > 10_000n) {
        verdicts.refused(`${path}.vat`, `${vat ?? 0} % is not a whole number of hundredths of a percent up to 100`);
        return null;
      }
      if (taxIncluded === "N/A" && taxBps > 0n) {
        verdicts.refused("tax_included", "it says that there is no tax, and components have one");
        return null;
      }
      const decimals = type === "FLAT" ? micro : nano;
      const amount = scaled(price, decimals);
      if (amount === null || amount < 0n || amount > most) {
        verdicts.refused(`${path}.price`, `${price} is no amount with at most ${decimals} decimals that can be held`);
        return null;
      }
      if (taxIncluded !== "YES") return { amount, taxBps: Number(taxBps) };
      const gross = amount * 10_000n;
      if (gross % (10_000n + taxBps) !== 0n) {
        const reason = `${price} without ${Number(taxBps) / 100} % tax has more than ${decimals} decimals`;
        verdicts.refused("tax_included", `${reason} (${path}); give prices without tax`);
        return null;
      }
      return { amount: gross / (10_000n + taxBps), taxBps: Number(taxBps) };
    },
    step({ path, price, step_size: step, type }) {
      if (step <= 1 || price === 0) return 0;
      const unit = type === "ENERGY" ? "Wh" : "s";
      if (choices.roundsStepsDown) {
        verdicts.priced(`${path}.step_size`, `only whole steps of ${step} ${unit} are charged, where OCPI rounds up`);
        return step;
      }
      verdicts.informative(
        `${path}.step_size`,
        `OCPI rounds up to ${step} ${unit}; what was delivered is charged, never more`,
      );
      return 0;
    },
  };
}

/** Refuses a component whose element applies under a restriction that its type cannot have. */
export function isRestricted(component: PlacedComponent, names: RegExp, { verdicts }: ComponentReader): boolean {
  const found = Object.entries(component.restrictions).find(
    ([name, value]) => names.test(name) && value !== 0 && value !== undefined,
  );
  if (found === undefined) return false;
  const [name] = found;
  verdicts.refused(
    `${component.elementPath}.restrictions.${name}`,
    `a price of ${component.type} cannot depend on it here`,
  );
  return true;
}

export function taxText({ taxBps }: ReadPrice): string {
  return taxBps === 0 ? "" : `, and ${taxBps / 100} % tax`;
}

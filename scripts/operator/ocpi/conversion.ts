import type { Tariff } from "../../../services/domain/tariff.ts";

/** One part of an OCPI tariff, by its JSON path, and what becomes of it. */
export interface ElementVerdict {
  readonly path: string;
  /**
   * `priced`: the contract prices it. `informative`: says nothing of the price. `plan`: it needs several tariffs, one after
   * another. `refused`: none of these.
   */
  readonly verdict: "priced" | "informative" | "plan" | "refused";
  readonly detail: string;
}

/** What of an OCPI tariff the contract can price. There is a tariff only if nothing is refused or needs a plan. */
export interface Conversion {
  readonly tariff: Tariff | null;
  readonly verdicts: readonly ElementVerdict[];
  /** What each set of elements that can apply together gives, by their indices (`0,2`); of no use where a part is refused. */
  readonly byElements: ReadonlyMap<string, Tariff>;
  /** What keeps a tariff that can be priced from being published as it is, by its JSON path. */
  readonly obstacles: readonly { readonly path: string; readonly detail: string }[];
}

/** What OCPI does not say, or says otherwise, and the operator decides. */
export interface ConversionChoices {
  /** The currency that one token stands for; `null`: whatever the tariff is in. */
  readonly currency: string | null;
  /** Only whole steps of energy and time are charged; else what was delivered, where OCPI rounds up to the step. */
  readonly roundsStepsDown: boolean;
  readonly chargesWithoutEnergy: boolean;
  /** Seconds since 1970. */
  readonly nowSeconds: number;
}

export type Say = (path: string, detail: string) => void;

/** Collects verdicts in their order, each once. */
export interface Verdicts {
  readonly all: readonly ElementVerdict[];
  readonly priced: Say;
  readonly informative: Say;
  readonly plan: Say;
  readonly refused: Say;
}

export function createVerdicts(): Verdicts {
  const all: ElementVerdict[] = [];
  const say =
    (verdict: ElementVerdict["verdict"]): Say =>
    (path, detail) => {
      const isKnown = all.some((one) => one.path === path && one.verdict === verdict && one.detail === detail);
      if (!isKnown) all.push({ path, verdict, detail });
    };
  return { all, priced: say("priced"), informative: say("informative"), plan: say("plan"), refused: say("refused") };
}

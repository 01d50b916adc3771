import { createContext } from "preact";
import { useContext } from "preact/hooks";

import { formatCount, formatMicro, timeLocaleOf } from "../text/amounts.ts";
import { fill, type Language } from "../text/languages.ts";
import { kilo } from "./kilo.ts";
import { catalogues, type TextKey } from "./text/translation.ts";

/** How everything is said in the chosen language. */
export interface Words {
  readonly language: Language;
  readonly text: (key: TextKey, values?: Readonly<Record<string, string | number>>) => string;
  /** A time of day, with the day where it is another one. */
  readonly time: (atMs: number) => string;
  readonly count: (count: number) => string;
  readonly energy: (wattHours: string) => string;
  readonly money: (micro: bigint, symbol: string) => string;
}

export const WordsContext = createContext<Words | null>(null);

export function useWords(): Words {
  const words = useContext(WordsContext);
  if (words === null) throw new Error("A part is shown outside of the page.");
  return words;
}

export function wordsOf(language: Language): Words {
  const moment = new Intl.DateTimeFormat(timeLocaleOf(language), { dateStyle: "short", timeStyle: "medium" });
  // Every digit that there is, so that the rows of a table add up to its sum.
  const energy = new Intl.NumberFormat(language, { maximumFractionDigits: 9, roundingMode: "trunc" });
  return {
    language,
    text: (key, values = {}) =>
      fill(
        catalogues[language][key],
        Object.fromEntries(
          Object.entries(values).map(([name, value]) => [
            name,
            typeof value === "number" ? formatCount(value, language) : value,
          ]),
        ),
      ),
    time: (atMs) => moment.format(atMs),
    count: (count) => formatCount(count, language),
    energy: (wattHours) => `${energy.format(kilo(wattHours))} kWh`,
    money: (micro, symbol) => `${formatMicro(micro, language, 6)} ${symbol}`.trim(),
  };
}

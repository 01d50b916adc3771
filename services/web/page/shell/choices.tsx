import type { JSX } from "preact";
import { useId } from "preact/hooks";

import { languageNames, languages, type Language } from "../text/translation.ts";
import { useApp } from "./app-context.ts";

export const appearances = ["system", "light", "dark"] as const;
export type Appearance = (typeof appearances)[number];

/** Language and appearance, at the foot of the page. */
export function Choices(properties: {
  readonly appearance: Appearance;
  readonly onAppearance: (appearance: Appearance) => void;
  readonly onLanguage: (language: Language) => void;
}): JSX.Element {
  const { text, language } = useApp();
  const id = useId();
  const appearanceTexts = {
    system: text("appearanceSystem"),
    light: text("appearanceLight"),
    dark: text("appearanceDark"),
  };
  return (
    <div class="choices">
      <label for={`${id}-language`}>{text("language")}</label>
      <select
        id={`${id}-language`}
        value={language}
        onChange={(event) => {
          const chosen = languages.find((candidate) => candidate === event.currentTarget.value);
          if (chosen !== undefined) properties.onLanguage(chosen);
        }}
      >
        {languages.map((candidate) => (
          <option key={candidate} value={candidate} lang={candidate}>
            {languageNames[candidate]}
          </option>
        ))}
      </select>
      <label for={`${id}-appearance`}>{text("appearance")}</label>
      <select
        id={`${id}-appearance`}
        value={properties.appearance}
        onChange={(event) => {
          const chosen = appearances.find((candidate) => candidate === event.currentTarget.value);
          if (chosen !== undefined) properties.onAppearance(chosen);
        }}
      >
        {appearances.map((candidate) => (
          <option key={candidate} value={candidate}>
            {appearanceTexts[candidate]}
          </option>
        ))}
      </select>
    </div>
  );
}

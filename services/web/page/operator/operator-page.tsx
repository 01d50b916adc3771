import type { JSX } from "preact";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";

import { keepSetting, readSetting } from "../shell/kept-settings.ts";
import { chooseLanguage, languageNames, languages, type Language } from "../text/languages.ts";
import { Board } from "./board.tsx";
import { KeyForm } from "./key-form.tsx";
import { keepKey, readKey } from "./kept-key.ts";
import { WordsContext, wordsOf } from "./operator-context.ts";

const appearances = ["system", "light", "dark"] as const;
type Appearance = (typeof appearances)[number];

/** The whole page: the form for the key, or what it opens. */
export function OperatorPage(): JSX.Element {
  const [language, setLanguage] = useState<Language>(keptLanguage);
  const [appearance, setAppearance] = useState<Appearance>(keptAppearance);
  const [key, setKey] = useState<string | null>(readKey);
  const [wasRefused, setWasRefused] = useState(false);
  const words = useMemo(() => wordsOf(language), [language]);
  const main = useRef<HTMLElement>(null);
  const { text } = words;

  useEffect(() => {
    document.documentElement.lang = language;
    document.title = text("documentTitle");
  }, [language]);
  useEffect(() => {
    if (appearance === "system") delete document.documentElement.dataset["appearance"];
    else document.documentElement.dataset["appearance"] = appearance;
  }, [appearance]);

  function take(next: string | null, isRefused: boolean): void {
    keepKey(next);
    setKey(next);
    setWasRefused(isRefused);
    main.current?.focus();
  }

  return (
    <WordsContext.Provider value={words}>
      <a
        class="skip"
        href="#main"
        onClick={(event) => {
          event.preventDefault();
          main.current?.focus();
        }}
      >
        {text("skipToContent")}
      </a>
      <header>
        <span class="brand">Wattproof</span>
        <h1>{text("title")}</h1>
        {key !== null && (
          <button
            class="quiet"
            onClick={() => {
              take(null, false);
            }}
          >
            {text("forgetKey")}
          </button>
        )}
      </header>
      <main id="main" ref={main} tabIndex={-1}>
        {key === null ? (
          <KeyForm
            wasRefused={wasRefused}
            onKey={(given) => {
              take(given, false);
            }}
          />
        ) : (
          <Board
            // Colours of the charts are read when they are drawn.
            key={appearance}
            operatorKey={key}
            onKeyRefused={() => {
              take(null, true);
            }}
          />
        )}
      </main>
      <footer>
        <div class="choices">
          <label for="language">{text("language")}</label>
          <select
            id="language"
            value={language}
            onChange={(event) => {
              const chosen = languages.find((candidate) => candidate === event.currentTarget.value);
              if (chosen === undefined) return;
              keepSetting("language", chosen);
              setLanguage(chosen);
            }}
          >
            {languages.map((candidate) => (
              <option key={candidate} value={candidate} lang={candidate}>
                {languageNames[candidate]}
              </option>
            ))}
          </select>
          <label for="appearance">{text("appearance")}</label>
          <select
            id="appearance"
            value={appearance}
            onChange={(event) => {
              const chosen = appearances.find((candidate) => candidate === event.currentTarget.value);
              if (chosen === undefined) return;
              keepSetting("appearance", chosen);
              setAppearance(chosen);
            }}
          >
            {appearances.map((candidate) => (
              <option key={candidate} value={candidate}>
                {text(`appearance.${candidate}`)}
              </option>
            ))}
          </select>
        </div>
      </footer>
    </WordsContext.Provider>
  );
}

function keptLanguage(): Language {
  const kept = readSetting("language");
  return languages.find((language) => language === kept) ?? chooseLanguage(navigator.languages);
}

function keptAppearance(): Appearance {
  const kept = readSetting("appearance");
  return appearances.find((appearance) => appearance === kept) ?? "system";
}

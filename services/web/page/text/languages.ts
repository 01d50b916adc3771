export const languages = ["en", "de", "fr", "it"] as const;
export type Language = (typeof languages)[number];

/** Each language in its own words. */
export const languageNames: Readonly<Record<Language, string>> = {
  en: "English",
  de: "Deutsch",
  fr: "Français",
  it: "Italiano",
};

/**
 * Fills the places `{name}` of a text. What is filled in is never read as a text again. The space that French has before
 * a colon and the like does not break, so that no line begins with one.
 */
export function fill(text: string, values: Readonly<Record<string, string | number>> = {}): string {
  return text.replace(/ (?=[:;?!])/gu, "\u00a0").replace(/\{([a-zA-Z]+)\}/gu, (place, name: string) => {
    const value = values[name];
    return value === undefined ? place : String(value);
  });
}

/** The first of the wanted languages (BCP 47) that there is; English if there is none. */
export function chooseLanguage(wanted: readonly string[]): Language {
  for (const tag of wanted) {
    const language = languages.find((candidate) => tag.toLowerCase().split("-")[0] === candidate);
    if (language !== undefined) return language;
  }
  return "en";
}

/**
 * The language with the region of the device: a device that wants `de-CH` writes numbers and dates as in Switzerland, in
 * whichever of our languages its owner reads.
 */
export function localeOf(language: Language, wanted: readonly string[]): string {
  const own = wanted.find((tag) => tag.toLowerCase().split("-")[0] === language && regionOf(tag) !== undefined);
  const region = regionOf(own ?? "") ?? wanted.map(regionOf).find((found) => found !== undefined);
  return region === undefined ? language : `${language}-${region}`;
}

function regionOf(tag: string): string | undefined {
  return /-([A-Za-z]{2})(?:-|$)/u.exec(tag)?.[1]?.toUpperCase();
}

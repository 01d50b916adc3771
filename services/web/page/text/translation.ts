import { de } from "./de.ts";
import { en } from "./en.ts";
import { fr } from "./fr.ts";
import { it } from "./it.ts";
import type { Language } from "./languages.ts";

export { chooseLanguage, fill, languageNames, languages, type Language } from "./languages.ts";

export type TextKey = keyof typeof en;
/** All texts of one language. */
export type Catalogue = Readonly<Record<TextKey, string>>;

export const catalogues: Readonly<Record<Language, Catalogue>> = { en, de, fr, it };

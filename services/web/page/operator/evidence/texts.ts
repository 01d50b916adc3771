import type { Language } from "../../text/languages.ts";
import { evidenceDe } from "./text-de.ts";
import { evidenceEn } from "./text-en.ts";
import { evidenceFr } from "./text-fr.ts";
import { evidenceIt } from "./text-it.ts";

export type EvidenceTextKey = keyof typeof evidenceEn;

/** What the section about evidence says, in each language of the page. */
export const evidenceTexts: Readonly<Record<Language, Readonly<Record<EvidenceTextKey, string>>>> = {
  en: evidenceEn,
  de: evidenceDe,
  fr: evidenceFr,
  it: evidenceIt,
};

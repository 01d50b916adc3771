import { fill } from "../../text/languages.ts";
import { useWords } from "../operator-context.ts";
import { evidenceTexts, type EvidenceTextKey } from "./texts.ts";

/** The texts of the section in the language of the page. */
export function useEvidenceText(): (key: EvidenceTextKey, values?: Readonly<Record<string, string>>) => string {
  const { language } = useWords();
  return (key, values = {}) => fill(evidenceTexts[language][key], values);
}

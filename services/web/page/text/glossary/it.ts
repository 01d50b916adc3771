import type { Glossary } from "./glossary.ts";

/** Forma di cortesia; apostrofo tipografico. */
export const itGlossary: Glossary = {
  terms: [
    { meaning: "money set aside before a charge", term: "bloccare, importo bloccato" },
    { meaning: "what is not used of it", term: "torna, restituito" },
    { meaning: "a value that the meter vouches for", term: "firmato" },
    { meaning: "a value that only the charger tells", term: "detti dalla colonnina" },
    { meaning: "staying connected after the free time", term: "sosta" },
    { meaning: "one visit from plugging in to unplugging", term: "ricarica" },
    { meaning: "where one plugs in", term: "colonnina" },
    { meaning: "the proof of payment", term: "ricevuta" },
  ],
  never: [
    { word: /'/u, instead: "’" },
    { word: /\bgettone\b/iu, instead: "moneta" },
    { word: /trattenut/iu, instead: "bloccato" },
    { word: /sessione di ricarica/iu, instead: "ricarica" },
  ],
};

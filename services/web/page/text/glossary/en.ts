import type { Glossary } from "./glossary.ts";

/** British spelling; short sentences, the verb first in buttons. */
export const enGlossary: Glossary = {
  terms: [
    { meaning: "money set aside before a charge", term: "hold, held" },
    { meaning: "what is not used of it", term: "comes back, came back" },
    { meaning: "a value that the meter vouches for", term: "signed" },
    { meaning: "a value that only the charger tells", term: "said" },
    { meaning: "staying connected after the free time", term: "staying" },
    { meaning: "one visit from plugging in to unplugging", term: "charge" },
    { meaning: "where one plugs in", term: "charger" },
    { meaning: "the proof of payment", term: "receipt" },
  ],
  never: [
    { word: /\btransaction\b/iu, instead: "payment" },
    { word: /\bblockchain\b|\bon-chain\b|\bgas\b/iu, instead: "nothing" },
    { word: /\btoken\b/iu, instead: "coin" },
    { word: /\bidle fee\b|\bblocking fee\b/iu, instead: "staying" },
    { word: /\bescrow\b/iu, instead: "hold" },
  ],
};

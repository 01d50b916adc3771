import type { Glossary } from "./glossary.ts";

/** Vouvoiement ; apostrophe courbe ; espace avant : ; ? et ! */
export const frGlossary: Glossary = {
  terms: [
    { meaning: "money set aside before a charge", term: "réserver, réservé" },
    { meaning: "what is not used of it", term: "revient, rendu" },
    { meaning: "a value that the meter vouches for", term: "signé" },
    { meaning: "a value that only the charger tells", term: "annoncés par la borne" },
    { meaning: "staying connected after the free time", term: "rester branché, stationnement" },
    { meaning: "one visit from plugging in to unplugging", term: "recharge" },
    { meaning: "where one plugs in", term: "borne" },
    { meaning: "the proof of payment", term: "reçu" },
  ],
  never: [
    { word: /'/u, instead: "’" },
    { word: /\bjeton\b/iu, instead: "monnaie" },
    { word: /retenue/iu, instead: "réservé" },
    { word: /session de recharge/iu, instead: "recharge" },
  ],
};

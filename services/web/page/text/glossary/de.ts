import type { Glossary } from "./glossary.ts";

/** Sie; Schweizer Rechtschreibung mit ss; Tätigkeitswörter vor Hauptwörtern. */
export const deGlossary: Glossary = {
  terms: [
    { meaning: "money set aside before a charge", term: "reservieren, reserviert" },
    { meaning: "what is not used of it", term: "kommt zurück" },
    { meaning: "a value that the meter vouches for", term: "signiert" },
    { meaning: "a value that only the charger tells", term: "sagt die Säule" },
    { meaning: "staying connected after the free time", term: "Stehenbleiben" },
    { meaning: "one visit from plugging in to unplugging", term: "Ladung" },
    { meaning: "where one plugs in", term: "Ladesäule, kurz Säule" },
    { meaning: "the proof of payment", term: "Beleg" },
  ],
  never: [
    { word: /rückbehalt|zurückbehalt/iu, instead: "reserviert" },
    { word: /unterschr/iu, instead: "signiert" },
    { word: /ladevorgang/iu, instead: "Ladung" },
    { word: /transaktion/iu, instead: "Zahlung" },
    { word: /ß/u, instead: "ss" },
    { word: /\bje kWh\b/u, instead: "pro kWh" },
  ],
};

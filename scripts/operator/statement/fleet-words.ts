/** What a fleet statement says, in each of its languages. `{…}` is filled in. */
const words = {
  en: {
    title: "Charging statement",
    period: "Charges that ended from {from} to {to}, {zone}",
    operator: "Operator",
    dossier: "Dossier",
    vehicle: "Vehicle",
    charges: "Charges",
    begin: "Begin",
    end: "End",
    place: "Charging point",
    meter: "Meter",
    code: "Code",
    sum: "Sum",
    total: "Total",
    none: "There is no charge.",
    page: "Page {page} of {pages}",
    rounding: "Energy is printed to the watt-hour so that each sum is that of its printed lines.",
    price: "Each amount is the printed energy times {price} {currency} per kWh, to the nearest {unit}.",
    check:
      "Every line comes from a record that the meter signed. Its code stands for that record in the dossier. Whoever has the dossier checks lines and sums without anybody’s help: wattproof statement check <dossier> --code <code>",
  },
  de: {
    title: "Ladeabrechnung",
    period: "Ladungen, die vom {from} bis {to} endeten, {zone}",
    operator: "Betreiber",
    dossier: "Dossier",
    vehicle: "Fahrzeug",
    charges: "Ladungen",
    begin: "Beginn",
    end: "Ende",
    place: "Ladepunkt",
    meter: "Zähler",
    code: "Code",
    sum: "Summe",
    total: "Gesamt",
    none: "Es gibt keine Ladung.",
    page: "Seite {page} von {pages}",
    rounding: "Energie ist auf die Wattstunde so gerundet, dass jede Summe die ihrer gedruckten Zeilen ist.",
    price: "Jeder Betrag ist die gedruckte Energie mal {price} {currency} pro kWh, auf {unit} gerundet.",
    check:
      "Jede Zeile beruht auf einem Datensatz, den der Zähler signiert hat. Ihr Code steht für ihn im Dossier. Wer das Dossier hat, prüft Zeilen und Summen ohne fremde Hilfe: wattproof statement check <Dossier> --code <Code>",
  },
  fr: {
    title: "Relevé de recharges",
    period: "Recharges terminées du {from} au {to}, {zone}",
    operator: "Exploitant",
    dossier: "Dossier",
    vehicle: "Véhicule",
    charges: "Recharges",
    begin: "Début",
    end: "Fin",
    place: "Point de recharge",
    meter: "Compteur",
    code: "Code",
    sum: "Somme",
    total: "Total",
    none: "Il n’y a aucune recharge.",
    page: "Page {page} sur {pages}",
    rounding: "L’énergie est arrondie au wattheure de sorte que chaque somme soit celle de ses lignes imprimées.",
    price: "Chaque montant est l’énergie imprimée fois {price} {currency} par kWh, arrondi à {unit}.",
    check:
      "Chaque ligne repose sur un enregistrement signé par le compteur. Son code le désigne dans le dossier. Qui a le dossier vérifie lignes et sommes sans l’aide de personne : wattproof statement check <dossier> --code <code>",
  },
  it: {
    title: "Resoconto delle ricariche",
    period: "Ricariche finite dal {from} al {to}, {zone}",
    operator: "Gestore",
    dossier: "Dossier",
    vehicle: "Veicolo",
    charges: "Ricariche",
    begin: "Inizio",
    end: "Fine",
    place: "Punto di ricarica",
    meter: "Contatore",
    code: "Codice",
    sum: "Somma",
    total: "Totale",
    none: "Non c’è nessuna ricarica.",
    page: "Pagina {page} di {pages}",
    rounding: "L’energia è arrotondata al wattora in modo che ogni somma sia quella delle sue righe stampate.",
    price: "Ogni importo è l’energia stampata per {price} {currency} al kWh, arrotondato a {unit}.",
    check:
      "Ogni riga si basa su una registrazione firmata dal contatore. Il suo codice la indica nel dossier. Chi ha il dossier verifica righe e somme senza l’aiuto di nessuno: wattproof statement check <dossier> --code <codice>",
  },
} as const;

export type FleetWord = keyof (typeof words)["en"];

/** In the language of the locale; in English where there is none of it. */
export function fleetWordsOf(locale: string): (word: FleetWord, values?: Readonly<Record<string, string>>) => string {
  const language = new Intl.Locale(locale).language;
  const own = language === "de" || language === "fr" || language === "it" ? words[language] : words.en;
  return (word, values = {}) => own[word].replace(/\{([a-z]+)\}/gu, (place, name: string) => values[name] ?? place);
}

import type { InvoiceLanguage, InvoicePart } from "./invoice.ts";

/** The words of a receipt; `{name}` is filled in. */
export interface InvoiceWords {
  readonly receipt: string;
  readonly creditNote: string;
  readonly corrects: string;
  readonly seller: string;
  readonly vatNumber: string;
  readonly account: string;
  readonly customer: string;
  readonly issued: string;
  readonly place: string;
  readonly meter: string;
  readonly begin: string;
  readonly end: string;
  readonly opened: string;
  readonly register: string;
  readonly energy: string;
  readonly chargingTime: string;
  readonly connectedTime: string;
  readonly parts: Readonly<Record<InvoicePart, string>>;
  readonly tax: string;
  readonly net: string;
  readonly taxSum: string;
  readonly total: string;
  readonly payment: string;
  readonly clockUnused: string;
  readonly clockUsed: string;
  readonly shownOtherwise: string;
  readonly check: string;
  readonly checkFile: string;
  readonly proof: string;
  readonly subject: string;
}

export const invoiceWords: Readonly<Record<InvoiceLanguage, InvoiceWords>> = {
  en: {
    receipt: "Receipt {number}",
    creditNote: "Credit note {number}",
    corrects: "Corrects receipt {number}.",
    seller: "Seller",
    vatNumber: "VAT number",
    account: "Account of the seller",
    customer: "Customer",
    issued: "Issued",
    place: "Charging point",
    meter: "Meter",
    begin: "Begin",
    end: "End",
    opened: "Ordered",
    register: "meter reading {reading}",
    energy: "Energy",
    chargingTime: "Charging time",
    connectedTime: "Time connected",
    parts: {
      flat: "Session fee",
      energy: "Energy",
      charging: "Charging time",
      connected: "Time connected",
      limit: "Minimum or maximum price",
      hold: "Above the amount that you agreed to",
      agreed: "Agreed amount",
      challenge: "Corrected by the meter's record",
      refund: "Given back by the seller",
    },
    tax: "incl. {percent} VAT",
    net: "Net",
    taxSum: "VAT",
    total: "Total",
    payment: "Paid from your prepaid balance, transaction {transaction}",
    clockUnused: "Times are for information. The meter's clock is not verified and was not used for the price.",
    clockUsed: "The price contains time, as the meter measured and signed it.",
    shownOtherwise:
      "The charging station showed another amount. This receipt counts: it follows from the meter and the tariff.",
    check: "See and check this receipt: {url}",
    checkFile: "The signed meter values are attached. The S.A.F.E. transparency software opens and checks the file.",
    proof: "The seller published these details: hash {hash}, transaction {transaction}.",
    subject: "{title}, {seller}",
  },
  de: {
    receipt: "Beleg {number}",
    creditNote: "Gutschrift {number}",
    corrects: "Berichtigt den Beleg {number}.",
    seller: "Verkäufer",
    vatNumber: "Umsatzsteuer-Identifikationsnummer",
    account: "Konto des Verkäufers",
    customer: "Kunde",
    issued: "Ausgestellt",
    place: "Ladepunkt",
    meter: "Zähler",
    begin: "Beginn",
    end: "Ende",
    opened: "Bestellt",
    register: "Zählerstand {reading}",
    energy: "Energie",
    chargingTime: "Ladedauer",
    connectedTime: "Dauer am Ladepunkt",
    parts: {
      flat: "Grundbetrag",
      energy: "Energie",
      charging: "Ladedauer",
      connected: "Dauer am Ladepunkt",
      limit: "Mindest- oder Höchstpreis",
      hold: "Über dem Betrag, dem Sie zugestimmt haben",
      agreed: "Vereinbarter Betrag",
      challenge: "Berichtigt durch den Datensatz des Zählers",
      refund: "Vom Verkäufer zurückgegeben",
    },
    tax: "inkl. {percent} USt.",
    net: "Netto",
    taxSum: "Umsatzsteuer",
    total: "Gesamt",
    payment: "Bezahlt aus Ihrem Guthaben, Transaktion {transaction}",
    clockUnused:
      "Die Zeitangaben sind informativ: Die Uhr ist nicht eichrechtlich geprüft und wurde nicht zur Preisbildung verwendet.",
    clockUsed: "Der Preis enthält Zeit, wie sie der Zähler gemessen und signiert hat.",
    shownOtherwise:
      "Die Ladestation hat einen anderen Betrag angezeigt. Es gilt dieser Beleg: Er folgt aus Zähler und Tarif.",
    check: "Beleg ansehen und prüfen: {url}",
    checkFile: "Die signierten Messwerte liegen bei. Die Transparenzsoftware S.A.F.E. öffnet und prüft die Datei.",
    proof: "Diese Angaben hat der Verkäufer veröffentlicht: Hash {hash}, Transaktion {transaction}.",
    subject: "{title}, {seller}",
  },
  fr: {
    receipt: "Reçu {number}",
    creditNote: "Avoir {number}",
    corrects: "Rectifie le reçu {number}.",
    seller: "Vendeur",
    vatNumber: "Numéro de TVA",
    account: "Compte du vendeur",
    customer: "Client",
    issued: "Établi le",
    place: "Point de recharge",
    meter: "Compteur",
    begin: "Début",
    end: "Fin",
    opened: "Commandé le",
    register: "index du compteur {reading}",
    energy: "Énergie",
    chargingTime: "Durée de charge",
    connectedTime: "Durée de branchement",
    parts: {
      flat: "Forfait par session",
      energy: "Énergie",
      charging: "Durée de charge",
      connected: "Durée de branchement",
      limit: "Prix minimum ou maximum",
      hold: "Au-delà du montant que vous avez accepté",
      agreed: "Montant convenu",
      challenge: "Rectifié par l'enregistrement du compteur",
      refund: "Remboursé par le vendeur",
    },
    tax: "dont TVA {percent}",
    net: "Hors taxes",
    taxSum: "TVA",
    total: "Total",
    payment: "Payé avec votre solde prépayé, transaction {transaction}",
    clockUnused:
      "Les heures sont données à titre indicatif : l'horloge n'est pas vérifiée et n'a pas servi à calculer le prix.",
    clockUsed: "Le prix comprend une durée, telle que le compteur l'a mesurée et signée.",
    shownOtherwise: "La borne a affiché un autre montant. Ce reçu fait foi : il découle du compteur et du tarif.",
    check: "Voir et vérifier ce reçu : {url}",
    checkFile:
      "Les valeurs de mesure signées sont jointes. Le logiciel de transparence S.A.F.E. ouvre et vérifie ce fichier.",
    proof: "Le vendeur a publié ces indications : empreinte {hash}, transaction {transaction}.",
    subject: "{title}, {seller}",
  },
  it: {
    receipt: "Ricevuta {number}",
    creditNote: "Nota di credito {number}",
    corrects: "Rettifica la ricevuta {number}.",
    seller: "Venditore",
    vatNumber: "Partita IVA",
    account: "Conto del venditore",
    customer: "Cliente",
    issued: "Emessa il",
    place: "Punto di ricarica",
    meter: "Contatore",
    begin: "Inizio",
    end: "Fine",
    opened: "Ordinata il",
    register: "lettura del contatore {reading}",
    energy: "Energia",
    chargingTime: "Durata della ricarica",
    connectedTime: "Durata del collegamento",
    parts: {
      flat: "Importo fisso",
      energy: "Energia",
      charging: "Durata della ricarica",
      connected: "Durata del collegamento",
      limit: "Prezzo minimo o massimo",
      hold: "Oltre l'importo che ha accettato",
      agreed: "Importo concordato",
      challenge: "Rettificato dalla registrazione del contatore",
      refund: "Restituito dal venditore",
    },
    tax: "IVA {percent} inclusa",
    net: "Imponibile",
    taxSum: "IVA",
    total: "Totale",
    payment: "Pagato con il Suo saldo prepagato, transazione {transaction}",
    clockUnused: "Gli orari sono indicativi: l'orologio non è verificato e non è stato usato per calcolare il prezzo.",
    clockUsed: "Il prezzo comprende il tempo, come il contatore lo ha misurato e firmato.",
    shownOtherwise:
      "La stazione ha mostrato un altro importo. Vale questa ricevuta: deriva dal contatore e dalla tariffa.",
    check: "Vedere e verificare questa ricevuta: {url}",
    checkFile: "I valori di misura firmati sono allegati. Il software di trasparenza S.A.F.E. apre e verifica il file.",
    proof: "Il venditore ha pubblicato questi dati: hash {hash}, transazione {transaction}.",
    subject: "{title}, {seller}",
  },
};

/** Fills the places `{name}` of a text. What is filled in is never read as a text again. */
export function fillWords(text: string, values: Readonly<Record<string, string>>): string {
  return text.replace(/\{([a-zA-Z]+)\}/gu, (place, name: string) => values[name] ?? place);
}

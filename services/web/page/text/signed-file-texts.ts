/** What the page says of files of signed meter values, in each of its languages. */
export const signedFileTexts = {
  en: {
    signedKey: "Public key of the meter, for a file of signed meter values",
    signedKeyHint:
      "Without it, the key in the file is used: then nothing was changed, but nobody vouches for who signed.",
    signedTitle: "Signed meter values",
    signedValue: "Value {number}",
    signedSession: "Charging session {number}",
    signedAccepted: "The signature is good.",
    signedAcceptedEnergy: "The signature is good: {energy}.",
    signedRefused: "Not good ({reason}).",
    signedUnsupported: "Cannot be checked ({reason}).",
    signedKeyOfFile: "Checked with the key in the file.",
  },
  de: {
    signedKey: "Öffentlicher Schlüssel des Zählers, für eine Datei mit signierten Messwerten",
    signedKeyHint:
      "Ohne ihn gilt der Schlüssel in der Datei: Dann wurde nichts verändert, aber niemand bürgt dafür, wer signiert hat.",
    signedTitle: "Signierte Messwerte",
    signedValue: "Messwert {number}",
    signedSession: "Ladung {number}",
    signedAccepted: "Die Signatur ist gut.",
    signedAcceptedEnergy: "Die Signatur ist gut: {energy}.",
    signedRefused: "Nicht gut ({reason}).",
    signedUnsupported: "Kann nicht geprüft werden ({reason}).",
    signedKeyOfFile: "Mit dem Schlüssel in der Datei geprüft.",
  },
  fr: {
    signedKey: "Clé publique du compteur, pour un fichier de valeurs signées",
    signedKeyHint:
      "Sans elle, la clé du fichier est utilisée : rien n’a alors été changé, mais personne ne répond de qui a signé.",
    signedTitle: "Valeurs de compteur signées",
    signedValue: "Valeur {number}",
    signedSession: "Recharge {number}",
    signedAccepted: "La signature est bonne.",
    signedAcceptedEnergy: "La signature est bonne : {energy}.",
    signedRefused: "Pas bonne ({reason}).",
    signedUnsupported: "Impossible à vérifier ({reason}).",
    signedKeyOfFile: "Vérifié avec la clé du fichier.",
  },
  it: {
    signedKey: "Chiave pubblica del contatore, per un file di valori firmati",
    signedKeyHint:
      "Senza di essa vale la chiave nel file: allora nulla è stato cambiato, ma nessuno garantisce chi ha firmato.",
    signedTitle: "Valori firmati dal contatore",
    signedValue: "Valore {number}",
    signedSession: "Ricarica {number}",
    signedAccepted: "La firma è buona.",
    signedAcceptedEnergy: "La firma è buona: {energy}.",
    signedRefused: "Non buona ({reason}).",
    signedUnsupported: "Non verificabile ({reason}).",
    signedKeyOfFile: "Verificato con la chiave nel file.",
  },
} as const;

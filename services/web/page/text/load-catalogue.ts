import type { Language } from "./languages.ts";
import type { Catalogue } from "./translation.ts";

/** The texts of one language; a driver's browser does not load the others before they are chosen. */
export async function loadCatalogue(language: Language): Promise<Catalogue> {
  switch (language) {
    case "en":
      return (await import("./en.ts")).en;
    case "de":
      return (await import("./de.ts")).de;
    case "fr":
      return (await import("./fr.ts")).fr;
    case "it":
      return (await import("./it.ts")).it;
  }
}

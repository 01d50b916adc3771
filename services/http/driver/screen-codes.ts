import type { RequestHandler } from "express";
import { z } from "zod";

import type { ScreenCodeDesk } from "../../charging/screen-codes/screen-code-desk.ts";
import { toCatalogueError } from "../answer-error.ts";
import type { ClientLimit } from "../entrance/client-limit.ts";
import { stationIdGrammar } from "../station/authentication.ts";

const scannedSchema = z.object({
  stationId: z.string().regex(stationIdGrammar),
  stationEvse: z
    .string()
    .regex(/^[1-9][0-9]{0,3}$/)
    .transform(Number),
  code: z.string().regex(/^[0-9A-Za-z]{6,32}$/),
});
/** What a phone shows where a code is of no use, by the language that its browser asks for. */
const refusals: Readonly<Record<string, readonly [title: string, text: string]>> = {
  en: ["This code is no longer valid", "Scan the code that the charger shows now. Never use a code that is stuck on."],
  de: [
    "Dieser Code gilt nicht mehr",
    "Scanne den Code, den die Ladestation jetzt zeigt. Nie einen aufgeklebten Code benutzen.",
  ],
  fr: [
    "Ce code n’est plus valable",
    "Scannez le code que la borne affiche maintenant. N’utilisez jamais un code collé.",
  ],
  it: [
    "Questo codice non è più valido",
    "Scansiona il codice che la stazione mostra ora. Non usare mai un codice incollato.",
  ],
};

/**
 * `GET /c/:stationId/:evse/:code/:version`: where the code on a charger's screen leads to. A code that holds leads on to the
 * charging point's page; any other shows why not, and starts nothing.
 */
export function openScreenCode(deps: { readonly screenCodes: ScreenCodeDesk }, limit: ClientLimit): RequestHandler {
  return async (request, response) => {
    limit.admit(request);
    const scanned = scannedSchema.safeParse(request.params);
    try {
      const evse = scanned.success ? await deps.screenCodes.redeem(scanned.data) : null;
      if (evse !== null) {
        response.redirect(303, `/#/evse/${evse}`);
        return;
      }
    } catch (error) {
      const { code } = toCatalogueError(error);
      if (code !== "SCREEN_CODE_INVALID" && code !== "SCREEN_CODE_USED") throw error;
    }
    const language = request.acceptsLanguages(...Object.keys(refusals));
    const name = typeof language === "string" ? language : "en";
    const [title, text] = refusals[name] ?? ["", ""];
    response.status(410).type("html").set("content-language", name);
    response.send(
      `<!doctype html><html lang="${name}"><head><meta charset="utf-8">` +
        `<meta name="viewport" content="width=device-width"><title>${title}</title></head>` +
        `<body><h1>${title}</h1><p>${text}</p></body></html>`,
    );
  };
}

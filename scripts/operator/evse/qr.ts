import { writeFileSync } from "node:fs";

import QRCode from "qrcode";
import { z } from "zod";

import { WattproofError } from "../../../services/errors.ts";
import { shown } from "../core/amounts.ts";
import { exitCode } from "../core/exit-codes.ts";
import { registryNumberInput } from "../core/inputs.ts";
import { profilePathOf, readProfile } from "../core/profile.ts";
import { requireEvse } from "../core/registry.ts";
import { defineVerb } from "../core/verb.ts";

/** A quarter of the code may be scratched or dirty and it is still read. */
const errorCorrectionLevel = "Q";
/** Pixels of a PNG's side: sharp on a sticker of 8 cm at 300 dots per inch. */
const pngWidth = 1_024;

export const evseQr = defineVerb({
  path: ["evse", "qr"],
  summary: "makes the QR code that drivers scan",
  description:
    "The code is the address of the charging point on the driver's page. On the terminal unless --png or --svg name files,\n" +
    "which are overwritten. Print it so that nobody can stick another one over it unnoticed: who scans a false code is led\n" +
    "to a false page, and only the wallet still shows the terms that are signed.",
  arguments: [{ syntax: "<evse>", description: "number of the EVSE" }],
  options: [
    { flags: "--url <url>", description: "where the driver's page is; default: the service of the operator's profile" },
    { flags: "--png <file>", description: `writes a PNG of ${pngWidth} pixels` },
    { flags: "--svg <file>", description: "writes an SVG, for any size" },
  ],
  access: "chain",
  examples: ["evse qr 7 --url https://charge.example --svg evse-7.svg --png evse-7.png"],
  input: z.object({
    evse: registryNumberInput,
    url: z.url("must be an address like https://charge.example").optional(),
    png: z.string().optional(),
    svg: z.string().optional(),
  }),
  async run({ evse, url, png, svg }, { output, openChain, environment }) {
    const chain = await openChain();
    const page = url ?? readProfile(profilePathOf(chain.deploymentPath, environment))?.serviceUrl ?? null;
    if (page === null) throw new WattproofError("USAGE_INVALID", "Say where the driver's page is: --url <url>.");
    const { evseId } = await requireEvse(chain, evse);
    const link = `${page.replace(/\/+$/u, "")}/#/evse/${evse}`;
    write(svg, await QRCode.toString(link, { type: "svg", errorCorrectionLevel }));
    write(png, await QRCode.toBuffer(link, { type: "png", errorCorrectionLevel, width: pngWidth }));
    output.json({ evse, evseId, link, png: png ?? null, svg: svg ?? null });
    if (png === undefined && svg === undefined) {
      output.line(await QRCode.toString(link, { type: "utf8", errorCorrectionLevel }));
    }
    output.line(`${shown(evseId)}: ${link}`);
    for (const file of [svg, png]) if (file !== undefined) output.line(`written: ${file}`);

    return exitCode.done;
  },
});

function write(path: string | undefined, content: string | Uint8Array): void {
  if (path === undefined) return;
  try {
    writeFileSync(path, content);
  } catch (error) {
    throw new WattproofError("INPUT_UNREADABLE", `${path} cannot be written.`, { cause: error });
  }
}

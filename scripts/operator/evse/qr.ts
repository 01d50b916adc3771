import { writeFileSync } from "node:fs";

import QRCode from "qrcode";
import { z } from "zod";

import { WattproofError } from "../../../services/errors.ts";
import { shown } from "../../command-line/amounts.ts";
import { exitCode } from "../../command-line/exit-codes.ts";
import { registryNumberInput } from "../../command-line/inputs.ts";
import { profilePathOf, readProfile } from "../../command-line/profile.ts";
import { requireEvse } from "../../command-line/registry.ts";
import { defineVerb } from "../../command-line/verb.ts";

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
    write(svg, withNumber(await QRCode.toString(link, { type: "svg", errorCorrectionLevel }), evse));
    write(png, await QRCode.toBuffer(link, { type: "png", errorCorrectionLevel, width: pngWidth }));
    output.json({ evse, evseId, link, png: png ?? null, svg: svg ?? null });
    if (png === undefined && svg === undefined) {
      output.line(await QRCode.toString(link, { type: "utf8", errorCorrectionLevel }));
    }
    output.line(`number ${evse}, ${shown(evseId)}: ${link}`);
    if (png !== undefined) output.line(`Print the number ${evse} beside ${png}: who cannot scan types it.`);
    for (const file of [svg, png]) if (file !== undefined) output.line(`written: ${file}`);

    return exitCode.done;
  },
});

/**
 * The code with the EVSE's number under it, for whoever cannot scan and types it into the page. The image is taller by an
 * eighth of its width.
 */
export function withNumber(svg: string, evse: number): string {
  const side = Number(/viewBox="0 0 ([0-9]+) [0-9]+"/u.exec(svg)?.[1]);
  if (!Number.isFinite(side)) throw new WattproofError("INTERNAL", "The library draws codes in another form.");
  const height = side + Math.ceil(side / 8);
  const text =
    `<rect x="0" y="${side}" width="${side}" height="${height - side}" fill="#ffffff"/>` +
    `<text x="${side / 2}" y="${height - 1.5}" font-family="sans-serif" font-size="${side / 9}" ` +
    `text-anchor="middle" fill="#000000">${evse}</text>`;
  return svg
    .replace(/viewBox="0 0 [0-9]+ [0-9]+"/u, `viewBox="0 0 ${side} ${height}"`)
    .replace("</svg>", `${text}</svg>`);
}

function write(path: string | undefined, content: string | Uint8Array): void {
  if (path === undefined) return;
  try {
    writeFileSync(path, content);
  } catch (error) {
    throw new WattproofError("INPUT_UNREADABLE", `${path} cannot be written.`, { cause: error });
  }
}

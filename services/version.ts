import { readFileSync } from "node:fs";

import { z } from "zod";

import { WattproofError } from "./errors.ts";

/** The version of this program, as `package.json` says. @throws INTERNAL if there is none */
export function readVersion(): string {
  const text = readFileSync(new URL("../package.json", import.meta.url), "utf8");
  const parsed = z.object({ version: z.string() }).safeParse(JSON.parse(text));
  if (!parsed.success) throw new WattproofError("INTERNAL", "package.json names no version.");
  return parsed.data.version;
}

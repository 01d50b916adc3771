import { readFileSync, statSync } from "node:fs";

import type { Setting } from "./setting.ts";

/** More than any secret has; what is larger is another file. */
const mostBytes = 65_536;
const suffix = "_FILE";

/**
 * Takes secrets out of the files that settings named `<name>_FILE` name, as container engines and systemd hand them over.
 * A line break at the end does not belong to the secret.
 * @param given The environment's settings without their prefix.
 * @param complain Called with the name of what cannot be used, and why; never with a content.
 * @returns the settings with the secrets under their own names
 */
export function withSecretFiles(
  given: Readonly<Record<string, string>>,
  settings: ReadonlyMap<string, Setting<unknown>>,
  complain: (name: string, message: string) => void,
): Readonly<Record<string, string>> {
  const result: Record<string, string> = {};
  for (const [name, value] of Object.entries(given)) {
    const owner = name.endsWith(suffix) ? name.slice(0, -suffix.length) : name;
    if (owner === name || settings.has(name) || settings.get(owner)?.kind.isSecret !== true) {
      result[name] = value;
      continue;
    }
    if (given[owner] !== undefined) {
      complain(name, `give either this or WATTPROOF_${owner}`);
      continue;
    }
    const secret = readSecret(value);
    if (secret === null) complain(name, `must name a file of at most ${mostBytes} bytes that can be read`);
    else result[owner] = secret;
  }
  return result;
}

function readSecret(path: string): string | null {
  try {
    return statSync(path).size <= mostBytes ? readFileSync(path, "utf8").replace(/\r?\n$/u, "") : null;
  } catch {
    // Whoever named it is told that it cannot be read.
    return null;
  }
}

import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import { build } from "vite";

import { documentFiles } from "./document-pages.ts";

/**
 * Builds the pages, unless what is there was built from the same files: a service may be reading them, and a build takes
 * them away for a moment. `npm run build:web` calls it.
 */
const root = fileURLToPath(new URL("../..", import.meta.url));
const page = join(root, "services/web/dist/index.html");
const stamp = join(root, "cache/built-pages.sha256");

/** Everything that the pages are made of, and the versions of what they use. */
function inputs(): readonly string[] {
  const sources = readdirSync(join(root, "services"), { recursive: true, encoding: "utf8" })
    .filter((name) => !name.startsWith(join("web", "dist")))
    .map((name) => join("services", name))
    .filter((name) => statSync(join(root, name)).isFile());
  return [...sources.sort(), ...documentFiles, "package-lock.json"];
}

function digestOf(names: readonly string[]): string {
  const hash = createHash("sha256");
  for (const name of names)
    hash
      .update(`${name}\0`)
      .update(readFileSync(join(root, name)))
      .update("\0");
  return hash.digest("hex");
}

const digest = digestOf(inputs());
const isBuilt = existsSync(page) && existsSync(stamp) && readFileSync(stamp, "utf8") === digest;
if (!isBuilt) {
  // A build that is interrupted leaves no word that it was done.
  rmSync(stamp, { force: true });
  await build({ configFile: join(root, "services/web/vite.config.ts") });
  mkdirSync(dirname(stamp), { recursive: true });
  writeFileSync(stamp, digest);
}

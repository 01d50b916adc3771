/**
 * Builds the npm package `wattproof-client` in packages/client: JavaScript and types of what it exports, and the ABI of
 * every interface as the compiler wrote it. Run `npm run -s build` before.
 */
import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = new URL("../../", import.meta.url);
const client = new URL("packages/client/", root);
const interfaces = new URL("artifacts/contracts/interfaces/", root);

rmSync(new URL("dist/", client), { recursive: true, force: true });
const compiler = fileURLToPath(new URL("node_modules/typescript/bin/tsc", root));
execFileSync(process.execPath, [compiler, "-p", fileURLToPath(client)], { stdio: "inherit" });

const abis = readdirSync(interfaces)
  .filter((name) => name.endsWith(".sol"))
  .map((name) => name.slice(0, -".sol".length))
  .map((name) => [name, JSON.parse(readFileSync(new URL(`${name}.sol/${name}.json`, interfaces), "utf8")).abi]);
const nameOf = (name) => `${name[1].toLowerCase()}${name.slice(2)}Abi`;
const target = new URL("dist/packages/client/src/", client);
mkdirSync(target, { recursive: true });
const written = (assertion) => abis.map(([name, abi]) => assertion(nameOf(name), JSON.stringify(abi))).join("\n");
writeFileSync(new URL("abi.js", target), `${written((name, abi) => `export const ${name} = ${abi};`)}\n`);
writeFileSync(
  new URL("abi.d.ts", target),
  `${written((name, abi) => `export declare const ${name}: ${readonlyOf(abi)};`)}\n`,
);
copyFileSync(new URL("LICENSE", root), new URL("LICENSE", client));

/** The type of a JSON value in which nothing changes, as `as const` would give it. */
function readonlyOf(json) {
  return JSON.stringify(JSON.parse(json), null, 1)
    .replaceAll(/\[\]/g, "readonly []")
    .replaceAll(/\[\n/g, "readonly [\n");
}

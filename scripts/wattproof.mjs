#!/usr/bin/env node
// The linked command. The program needs a Node that reads TypeScript; this file runs on any, and starts the program on
// the Node that was installed with it.
import { spawn } from "node:child_process";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath, URL } from "node:url";

const leastMajor = 24;
const notDone = 2;

function findNode() {
  if (Number.parseInt(process.versions.node, 10) >= leastMajor) return process.execPath;
  try {
    const manifest = createRequire(import.meta.url).resolve("node/package.json");
    return join(dirname(manifest), "bin", process.platform === "win32" ? "node.exe" : "node");
  } catch {
    return null;
  }
}

const node = findNode();
if (node === null) {
  const found = `this is Node ${process.versions.node}`;
  process.stderr.write(`wattproof needs Node ${leastMajor}, which npm ci installs beside it; ${found}.\n`);
  process.exitCode = notDone;
} else {
  const program = fileURLToPath(new URL("wattproof.ts", import.meta.url));
  const flags = ["--disable-warning=ExperimentalWarning", program];
  const child = spawn(node, [...flags, ...process.argv.slice(2)], { stdio: "inherit" });
  for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => child.kill(signal));
  child.on("error", (error) => {
    process.stderr.write(`wattproof cannot be started: ${error.message}\n`);
    process.exitCode = notDone;
  });
  child.on("exit", (code) => {
    process.exitCode = code ?? notDone;
  });
}

#!/usr/bin/env node
// The compiler of the npm package `solc` behind the two calls of `solc` that forge makes: `--version` and `--standard-json`.
import { readFileSync } from "node:fs";

import solc from "solc";

const isVersionAsked = process.argv.includes("--version");
process.stdout.write(isVersionAsked ? `Version: ${solc.version()}\n` : solc.compile(readFileSync(0, "utf8")));

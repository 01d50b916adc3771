/** A process that compiles contracts as it is told. */
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";

import { z } from "zod";

import { solidity } from "../../hardhat.config.ts";
import { type Compilation, requestSchema } from "./contract-compiler.ts";

const compilerSchema = z.object({
  compile: z.custom<(input: string, callbacks: { import: typeof read }) => string>(
    (value) => value instanceof Function,
  ),
});

const references = z.record(z.string(), z.unknown()).default({});

const answerSchema = z.object({
  errors: z.array(z.object({ severity: z.string(), formattedMessage: z.string() })).default([]),
  contracts: z
    .record(
      z.string(),
      z.record(
        z.string(),
        z.object({
          abi: z.array(z.unknown()),
          evm: z.object({
            bytecode: z.object({ object: z.string(), linkReferences: references }),
            deployedBytecode: z.object({
              object: z.string(),
              linkReferences: references,
              immutableReferences: references,
            }),
          }),
        }),
      ),
    )
    .default({}),
});

const compiler = compilerSchema.parse(createRequire(import.meta.url)("solc"));

/** What an artifact holds; the compiler makes nothing else. */
const wanted = [
  "abi",
  ...["object", "linkReferences"].map((part) => `evm.bytecode.${part}`),
  ...["object", "linkReferences", "immutableReferences"].map((part) => `evm.deployedBytecode.${part}`),
];

let folder = "";

/** A source by its name: a file of the project, or of a package. */
function read(source: string): { readonly contents: string } | { readonly error: string } {
  const file = [path.join(folder, source), path.join(folder, "node_modules", source)].find(existsSync);
  return file === undefined ? { error: "there is no such file" } : { contents: readFileSync(file, "utf8") };
}

function compile(files: readonly string[]): Compilation {
  const input = {
    language: "Solidity",
    sources: Object.fromEntries(
      files.map((file) => [file, { content: readFileSync(path.join(folder, file), "utf8") }]),
    ),
    settings: {
      ...solidity.settings,
      outputSelection: Object.fromEntries(files.map((file) => [file, { "*": wanted }])),
    },
  };
  const answer = answerSchema.parse(JSON.parse(compiler.compile(JSON.stringify(input), { import: read })));
  const errors = answer.errors.filter(({ severity }) => severity === "error");
  if (errors.length > 0) {
    return { outcome: "refused", why: errors.map(({ formattedMessage }) => formattedMessage).join("\n") };
  }

  return {
    outcome: "compiled",
    contracts: Object.entries(answer.contracts).flatMap(([file, contracts]) =>
      Object.entries(contracts).map(
        ([
          name,
          {
            abi,
            evm: { bytecode, deployedBytecode },
          },
        ]) => ({
          ...{ file, name, abi },
          bytecode: `0x${bytecode.object}`,
          deployedBytecode: `0x${deployedBytecode.object}`,
          linkReferences: bytecode.linkReferences,
          deployedLinkReferences: deployedBytecode.linkReferences,
          immutableReferences: deployedBytecode.immutableReferences,
        }),
      ),
    ),
  };
}

process.on("message", (message) => {
  const request = requestSchema.parse(message);
  ({ folder } = request);
  process.send?.(compile(request.files));
});
// Nobody is left who could ask.
process.on("disconnect", () => process.exit(0));

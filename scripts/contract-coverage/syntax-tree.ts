import { createRequire } from "node:module";

import { z } from "zod";

/** A node of the compiler's syntax tree: its kind, its place, and what hangs on it. */
export interface SyntaxNode {
  readonly nodeType: string;
  /** In bytes from the beginning of the file; the end is not included. */
  readonly start: number;
  readonly end: number;
  readonly name: string | undefined;
  /** A child by its field; undefined where the field holds no node. */
  child(field: string): SyntaxNode | undefined;
  /** The children in a field that holds several. */
  childrenIn(field: string): readonly SyntaxNode[];
  /** All children. */
  children(): readonly SyntaxNode[];
}

const nodeSchema = z.looseObject({
  nodeType: z.string(),
  src: z.string().regex(/^\d+:\d+:\d+$/u),
  name: z.string().optional(),
});

const answerSchema = z.object({
  errors: z.array(z.object({ severity: z.string(), formattedMessage: z.string() })).default([]),
  sources: z.record(z.string(), z.object({ ast: z.unknown() })),
});

const compilerSchema = z.object({ compile: z.custom<(input: string) => string>((value) => value instanceof Function) });

/**
 * Has the compiler read sources, each by itself: nothing is imported and no name resolved.
 *
 * @param sources Texts by file.
 * @returns Trees by file.
 * @throws Error if a source does not parse.
 */
export function parseSources(sources: ReadonlyMap<string, string>): ReadonlyMap<string, SyntaxNode> {
  const compiler = compilerSchema.parse(createRequire(import.meta.url)("solc"));
  const input = {
    language: "Solidity",
    sources: Object.fromEntries([...sources].map(([file, content]) => [file, { content }])),
    settings: { stopAfter: "parsing", outputSelection: { "*": { "": ["ast"] } } },
  };
  const answer = answerSchema.parse(JSON.parse(compiler.compile(JSON.stringify(input))));
  const errors = answer.errors.filter(({ severity }) => severity === "error");
  if (errors.length > 0) throw new Error(errors.map(({ formattedMessage }) => formattedMessage).join("\n"));

  return new Map(
    [...sources.keys()].map((file) => {
      const tree = toNode(answer.sources[file]?.ast);
      if (tree === undefined) throw new Error(`The compiler gave no tree of ${file}`);

      return [file, tree];
    }),
  );
}

/** Undefined for what is no node. */
function toNode(value: unknown): SyntaxNode | undefined {
  const parsed = nodeSchema.safeParse(value);
  if (!parsed.success) return undefined;

  const fields: Readonly<Record<string, unknown>> = parsed.data;
  const [start = 0, length = 0] = parsed.data.src.split(":").map(Number);
  const nodesIn = (field: unknown): readonly SyntaxNode[] =>
    (Array.isArray(field) ? field : [field]).flatMap((item: unknown) => toNode(item) ?? []);

  return {
    nodeType: parsed.data.nodeType,
    start,
    end: start + length,
    name: parsed.data.name,
    child: (field) => toNode(fields[field]),
    childrenIn: (field) => nodesIn(fields[field]),
    children: () => Object.values(fields).flatMap(nodesIn),
  };
}

import { createReadStream } from "node:fs";

import { z } from "zod";

import { isShown } from "../../../services/dossier/format/dossier-schema.ts";
import { leafOf } from "../../../services/dossier/format/leaves.ts";
import { readDossier, type DossierPart } from "../../../services/dossier/format/read-dossier.ts";
import { drawSample } from "../../../services/dossier/verify/draw-sample.ts";
import { WattproofError } from "../../../services/errors.ts";
import { readHead } from "../../../services/receipts/receipt-chain.ts";
import { connectToChain } from "../../command-line/chain-endpoint.ts";
import { exitCode } from "../../command-line/exit-codes.ts";
import { wholeInput } from "../../command-line/inputs.ts";
import { writePrivatePieces } from "../../command-line/private-file.ts";
import { defineVerb } from "../../command-line/verb.ts";
import { judgeDossier } from "../../verify/judge-dossier.ts";

const depths = ["T0", "sample"] as const;
const mostSessions = 100_000_000;

/** Of what a less deep dossier is made, besides the parts of the whole one. */
type Disclosure =
  | { readonly depth: "T0" }
  | {
      readonly depth: "sample";
      readonly sample: { readonly blockNumber: number; readonly blockHash: string; readonly count: number };
      readonly drawn: ReadonlySet<number>;
    };

export const dossierDisclose = defineVerb({
  path: ["dossier", "disclose"],
  summary: "makes of a whole dossier one that shows less: the public summary, or a sample that a block draws",
  description:
    "T0 shows manifest, sums and who signed. A sample shows the sessions that the newest block of the chain draws, and of all\n" +
    "others the leaf alone: give the recipient T0 first, so that what you commit to is known before the block is. Verifies\n" +
    "the dossier first, and writes nothing if it is refused.",
  arguments: [{ syntax: "<file>", description: "the whole dossier" }],
  options: [
    { flags: "--depth <depth>", description: `${depths.join(" or ")}; default T0` },
    { flags: "--count <n>", description: "for a sample: how many sessions" },
    { flags: "--rpc <url>", description: "for a sample: JSON-RPC endpoint of the dossier's chain" },
    { flags: "--out <file>", description: "where to write; default: beside the dossier" },
  ],
  access: "none",
  examples: [
    "dossier disclose ere-2026.json --out ere-2026.public.json",
    "dossier disclose ere-2026.json --depth sample --count 100 --rpc https://rpc.example",
  ],
  input: z
    .object({
      file: z.string(),
      depth: z.enum(depths, `must be one of ${depths.join(", ")}`).default("T0"),
      count: wholeInput(1, mostSessions).optional(),
      rpc: z.url("must be an endpoint's address").optional(),
      out: z.string().optional(),
    })
    .refine(({ depth, count, rpc }) => depth === "T0" || (count !== undefined && rpc !== undefined), {
      message: "needs --count and --rpc for a sample",
      path: ["depth"],
    }),
  async run({ file, depth, count, rpc, out }, { output }) {
    const { verdict, reasons, sessions } = await judgeDossier(file, null);
    if (verdict === "refused") {
      const [first] = reasons;
      throw new WattproofError(first?.code ?? "INTERNAL", `${first?.where ?? ""}; ${reasons.length} reasons in all`);
    }
    const disclosure: Disclosure =
      depth === "T0" ? { depth } : await draw(file, rpc ?? "", Math.min(count ?? 0, sessions), sessions);
    const path = out ?? `${file.replace(/\.json$/u, "")}.${depth}.json`;
    await writePrivatePieces(path, piecesOf(file, disclosure));
    const shown = disclosure.depth === "T0" ? 0 : disclosure.drawn.size;
    output.json({ file: path, depth, sessions, shown });
    output.line(`${shown} of ${sessions} sessions shown: ${path}`);

    return exitCode.done;
  },
});

async function draw(file: string, rpc: string, count: number, sessions: number): Promise<Disclosure> {
  let root: string | null = null;
  let depth = "";
  for await (const part of readDossier(createReadStream(file))) {
    if (part.name === "depth") depth = part.value;
    if (part.name === "commitment") root = part.value.root;
  }
  if (depth !== "T2" || sessions === 0) throw new WattproofError("DOSSIER_EMPTY", "There is nothing to draw from.");
  const { provider } = await connectToChain(rpc);
  try {
    const { hash, number } = await readHead({
      request: (method, parameters) => provider.send(method, [...parameters]),
    });
    const sample = { blockNumber: number, blockHash: hash, count };
    return { depth: "sample", sample, drawn: drawSample(hash, root, sessions, count) };
  } finally {
    provider.destroy();
  }
}

/** The parts in their order, with what is not shown left out. */
async function* piecesOf(file: string, disclosure: Disclosure): AsyncGenerator<Uint8Array> {
  let place = 0;
  let months = 0;
  for await (const part of readDossier(createReadStream(file))) {
    if (part.name === "month") {
      const shown = monthOf(part, disclosure, place);
      place += part.value.sessions.length;
      if (shown === null) continue;
      yield Buffer.from(`${months === 0 ? "" : ",\n"}${JSON.stringify(shown)}`);
      months += 1;
      continue;
    }
    // What comes behind the months closes their list.
    if (part.name === "totals") yield Buffer.from("\n]");
    yield Buffer.from(
      `${part.name === "format" ? "{" : ",\n"}${JSON.stringify(part.name)}:${valueOf(part, disclosure)}`,
    );
    if (part.name === "manifest") yield Buffer.from(',\n"months":[\n');
  }
  yield Buffer.from("}\n");
}

function monthOf(
  { value }: Extract<DossierPart, { name: "month" }>,
  disclosure: Disclosure,
  firstPlace: number,
): unknown {
  if (disclosure.depth === "T0") return null;
  const sessions = value.sessions.map((session, index) =>
    disclosure.drawn.has(firstPlace + index) || !isShown(session) ? session : { leaf: leafOf(session) },
  );
  return { ...value, sessions };
}

function valueOf(part: Exclude<DossierPart, { name: "month" }>, disclosure: Disclosure): string {
  if (part.name === "depth") return JSON.stringify(disclosure.depth);
  if (part.name === "sample") return JSON.stringify(disclosure.depth === "sample" ? disclosure.sample : null);
  return JSON.stringify(part.name === "totals" && disclosure.depth === "T0" ? null : part.value);
}

import { z } from "zod";

import { roundTreeOf } from "../../../services/dossier/format/dossier-sale.ts";
import { WattproofError } from "../../../services/errors.ts";
import { tokens } from "../../command-line/amounts.ts";
import { exitCode } from "../../command-line/exit-codes.ts";
import { readJson } from "../../command-line/files.ts";
import { addressInput, registryNumberInput } from "../../command-line/inputs.ts";
import { writePrivateFile } from "../../command-line/private-file.ts";
import { openService, serviceInput, serviceOption } from "../../command-line/service-client.ts";
import { defineVerb } from "../../command-line/verb.ts";
import { evidenceSalesOf } from "../market/contracts.ts";
import { haveSigned, readBacking } from "../market/statements.ts";

const part = z.object({
  driver: addressInput,
  lane: z
    .int()
    .min(0)
    .max(2 ** 32 - 1),
  amountMicro: z.string().regex(/^[1-9][0-9]{0,19}$/u),
});
/** What `sale allot` writes and `sale credit` reads. */
export const roundFile = z.object({
  round: z.int().min(1),
  root: z.string(),
  totalMicro: z.string(),
  parts: z.array(part).min(1),
});
/** Parts that one transaction credits. */
const partsAtOnce = 50;

export const saleAllot = defineVerb({
  path: ["sale", "allot"],
  summary: "publishes which driver gets what of the sales since the last round",
  description:
    "The oracles work it out, each by its own records: of each sale the drivers' part goes to the drivers of the dossier, by\n" +
    "energy. The file that is written has every part; credit brings them to the drivers, whoever sends it, at any time.",
  arguments: [{ syntax: "<files...>", description: "the dossiers that were sold since the last round" }],
  options: [{ flags: "--out <file>", description: "default: round-<number>.json" }, serviceOption],
  access: "write",
  account: "OPERATOR",
  examples: ["sale allot ere-2026.json --dry-run"],
  input: z.object({ files: z.array(z.string()).min(1).max(64), out: z.string().optional(), service: serviceInput }),
  async run({ files, out, service: url }, { openWriter, output, environment, isDryRun }) {
    const backings = [];
    for (const file of files) backings.push(await readBacking(file));
    const writer = await openWriter("OPERATOR");
    const sales = evidenceSalesOf(writer.chain);
    const totalMicro = await sales.unallottedMicro();
    if (totalMicro === 0n) throw new WattproofError("ROUND_EMPTY", "Nothing was sold.");
    const round = Number(await sales.roundCount()) + 1;
    const service = openService(url, writer.chain.deploymentPath, environment);
    const statement = { kind: "round" as const, round, totalMicro: totalMicro.toString() };
    const { content, signatures } = await haveSigned(service, statement, backings, roundFile);
    const intent = [content.root, totalMicro, signatures];
    const { transaction } = await writer.call({ contract: "evidenceSales", method: "allot", parameters: intent });
    const path = out ?? `round-${round}.json`;
    if (!isDryRun) writePrivateFile(path, `${JSON.stringify(content, null, 2)}\n`);
    const { root, parts } = content;
    output.json({
      isDryRun,
      round,
      root,
      totalMicro,
      drivers: parts.length,
      file: isDryRun ? null : path,
      transactions: [transaction],
    });
    output.line(`round ${round}: ${tokens(totalMicro)} for ${parts.length} drivers`);
    output.line(isDryRun ? "Nothing was sent or written." : path);

    return exitCode.done;
  },
});

export const saleCredit = defineVerb({
  path: ["sale", "credit"],
  summary: "brings drivers' parts of a round to their accounts in the settlement",
  description: "Anybody can send it. Parts that were credited before are passed over, so that it can be run again.",
  arguments: [{ syntax: "<file>", description: "that allot has written" }],
  options: [{ flags: "--driver <address>", description: "only this driver's part" }],
  access: "write",
  account: "OPERATOR",
  examples: ["sale credit round-1.json --dry-run"],
  input: z.object({ file: z.string(), driver: addressInput.optional() }),
  async run({ file, driver: only }, { openWriter, output, isDryRun }) {
    const parsed = roundFile.safeParse(readJson(file));
    if (!parsed.success) throw new WattproofError("INPUT_UNREADABLE", `${file} is no round.`, { cause: parsed.error });
    const { round, root, parts } = parsed.data;
    const tree = roundTreeOf(parts);
    if (tree.root !== root) throw new WattproofError("ROUND_DIFFERS", `${file} has parts of another root.`);
    const chosen = parts
      .map((one, index) => ({ ...one, round, proof: tree.proofOf(index) }))
      .filter(({ driver }) => only === undefined || driver === only);
    const writer = await openWriter("OPERATOR");
    const transactions = [];
    for (let at = 0; at < chosen.length; at += partsAtOnce) {
      const parameters = [chosen.slice(at, at + partsAtOnce)];
      const call = { contract: "evidenceSales", method: "creditParts", parameters } as const;
      transactions.push((await writer.call(call)).transaction);
    }
    const amountMicro = chosen.reduce((sum, one) => sum + BigInt(one.amountMicro), 0n);
    output.json({ isDryRun, round, parts: chosen.length, amountMicro, transactions });
    output.line(`${tokens(amountMicro)} ${isDryRun ? "would be" : "are"} free balance of ${chosen.length} drivers`);

    return exitCode.done;
  },
});

export const saleCollect = defineVerb({
  path: ["sale", "collect"],
  summary: "adds what the drivers' pool earned as a partner of sessions",
  options: [
    { flags: "--agreement <number>", description: "under which the sales contract is a partner" },
    { flags: "--operator <address>", description: "whose sessions; default: the caller's" },
  ],
  access: "write",
  account: "OPERATOR",
  examples: ["sale collect --agreement 3 --dry-run"],
  input: z.object({ agreement: registryNumberInput, operator: addressInput.optional() }),
  async run({ agreement, operator: given }, { openWriter, output, isDryRun }) {
    const writer = await openWriter("OPERATOR");
    const operator = given ?? writer.address;
    const intent = { contract: "evidenceSales", method: "collect", parameters: [operator, agreement] } as const;
    const { transaction } = await writer.call(intent);
    const unallottedMicro = await evidenceSalesOf(writer.chain).unallottedMicro();
    output.json({ isDryRun, operator, agreement, unallottedMicro, transactions: [transaction] });
    output.line(`the drivers' pool holds ${tokens(unallottedMicro)} that no round has taken`);

    return exitCode.done;
  },
});

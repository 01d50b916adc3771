import { z } from "zod";

import { WattproofError } from "../../../services/errors.ts";
import { exitCode } from "../../command-line/exit-codes.ts";
import { shown } from "../../command-line/amounts.ts";
import { readJson } from "../../command-line/files.ts";
import { defineVerb } from "../../command-line/verb.ts";
import { isOwnPlan, judgePlan } from "./judge-plan.ts";
import { choicesOf, judgeTariff, ocpiInput, ocpiOptions } from "./read-tariff.ts";

/** A list of tariffs in a file, as OCPI's answers have it, or several in a list of our own. */
const answer = z.looseObject({ data: z.array(z.unknown()) });

export const tariffCheck = defineVerb({
  path: ["tariff", "check"],
  summary: "says of tariffs in files whether they can be priced, and if not, which part cannot and why",
  description:
    "Neither chain nor service is asked. One line for each tariff, also of files that hold several: a list, or an answer of\n" +
    "OCPI. A price by time of day, weekday or date gets the verdict plan: it needs several tariffs, one after another. Exit 1\n" +
    "if one is refused. The currency is only looked at with --currency.",
  arguments: [{ syntax: "<file...>", description: "tariffs as JSON, of our own form or of OCPI" }],
  options: ocpiOptions,
  access: "none",
  examples: ["tariff check tariff.json", "tariff check tariffs/*.json --json"],
  input: z.object({ file: z.array(z.string()).min(1), ...ocpiInput }),
  run({ file: files, currency = null, ...options }, { output }) {
    const choices = choicesOf({ ...options, currency });
    // What cannot be read is known before anything is said of the rest.
    const contents = files.map((file) => ({ file, tariffs: tariffsIn(file) }));
    let isRefused = false;
    for (const { file, tariffs } of contents) {
      for (const content of tariffs) {
        const { id, tariff, refusals, plans, elements } = isOwnPlan(content)
          ? { ...judgePlan(content, choices, { zone: null }), id: null, tariff: null, plans: [], elements: [] }
          : judgeTariff(content, choices, options.vat);
        const said = refusals.length > 0 ? refusals : plans;
        const [first, ...others] = said;
        const verdict = refusals.length > 0 ? "refused" : tariff === null ? "plan" : "priced";
        if (verdict === "refused") isRefused = true;
        const more = others.map(({ path, detail }) => `; ${path}: ${detail}`).join("");
        const reason = first === undefined ? null : shown(`${first.detail}${more}`);
        output.json({ file, id, verdict, path: first?.path ?? null, reason });
        output.line(`${verdict.padEnd(8)}${file}${id === null ? "" : ` ${shown(id)}`}`);
        for (const { path, detail } of tariff === null ? said : elements) output.line(`  ${path}: ${shown(detail)}`);
      }
    }
    return Promise.resolve(isRefused ? exitCode.differs : exitCode.done);
  },
});

/** @throws INPUT_UNREADABLE for a list without a tariff: who checks it must not take that for a good one. */
function tariffsIn(file: string): readonly unknown[] {
  const content = readJson(file);
  const tariffs = Array.isArray(content) ? (content as unknown[]) : (answer.safeParse(content).data?.data ?? [content]);
  if (tariffs.length === 0) throw new WattproofError("INPUT_UNREADABLE", `${file} holds no tariff.`);
  return tariffs;
}

import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { z } from "zod";

import { UsageError } from "../command-line/usage.ts";

const proofsFolder = new URL("../../test/proofs/", import.meta.url);

/** The least number of errors that every model is tried with. */
const leastErrorsPerModel = 2;

const plantedErrorSchema = z.strictObject({
  model: z.string(),
  error: z.string(),
  text: z.string().min(1),
  replacement: z.string(),
});

/** An error that a proof must notice: a text of the model that is replaced by another. */
export type PlantedError = z.infer<typeof plantedErrorSchema>;

export interface Model {
  readonly name: string;
  readonly source: string;
  readonly plantedErrors: readonly PlantedError[];
}

/** The source of one model. */
export function readModelSource(name: string): string {
  return readFileSync(new URL(`models/${name}.sol`, proofsFolder), "utf8");
}

/**
 * All models with their planted errors.
 *
 * @throws UsageError if a model has too few errors, or an error has no model.
 */
export function readModels(): readonly Model[] {
  const errors = z
    .array(plantedErrorSchema)
    .parse(JSON.parse(readFileSync(new URL("planted-errors.json", proofsFolder), "utf8")));
  const names = readdirSync(fileURLToPath(new URL("models/", proofsFolder)))
    .filter((file) => file.endsWith(".sol"))
    .map((file) => file.slice(0, -".sol".length))
    .sort();
  const stray = errors.find(({ model }) => !names.includes(model));
  if (stray !== undefined) throw new UsageError(`There is no model ${stray.model} to plant an error in`);
  if (names.length === 0) throw new UsageError("There are no models");

  return names.map((name) => {
    const plantedErrors = errors.filter(({ model }) => model === name);
    if (plantedErrors.length < leastErrorsPerModel) {
      throw new UsageError(`${name} has ${plantedErrors.length} planted errors; it takes ${leastErrorsPerModel}`);
    }

    return { name, source: readModelSource(name), plantedErrors };
  });
}

/**
 * The model with one error in it.
 *
 * @throws UsageError unless the text is in the model exactly once.
 */
export function withError(source: string, { model, error, text, replacement }: PlantedError): string {
  const [before, after, ...others] = source.split(text);
  if (before === undefined || after === undefined || others.length > 0) {
    throw new UsageError(`The text of the planted error "${error}" must be in ${model} exactly once`);
  }

  return before + replacement + after;
}

import { z } from "zod";

import type { Setting } from "./setting.ts";

type Fields = Readonly<Record<string, Setting<unknown>>>;

/** What the fields of a section are, each as its schema gives it. */
export type ValuesOf<Section extends Fields> = {
  readonly [Field in keyof Section]: z.output<Section[Field]["schema"]>;
};

/** Says what is wrong with a setting that is in range by itself; what it returns is never used. */
export type Complain = (name: string, message: string) => never;

/** Settings that belong together. */
export interface Section<Config> {
  /** The heading in `docs/configuration.md`. */
  readonly title: string;
  readonly settings: readonly Setting<unknown>[];
  /** Reads the environment variables, without their prefix; the variables of other sections are left alone. */
  readonly schema: z.ZodType<Config>;
}

/**
 * A section whose settings the service uses as they are, under the names of the fields.
 * @param finish Makes of the fields what the service uses, where that is something else.
 */
export function section<Own extends Fields>(title: string, fields: Own): Section<ValuesOf<Own>>;
export function section<Own extends Fields, Config>(
  title: string,
  fields: Own,
  finish: (values: ValuesOf<Own>, complain: Complain) => Config,
): Section<Config>;
export function section(
  title: string,
  fields: Fields,
  finish: (values: ValuesOf<Fields>, complain: Complain) => unknown = (values) => values,
): Section<unknown> {
  const settings = Object.values(fields);
  const variables = z.object(Object.fromEntries(settings.map(({ name, schema }) => [name, schema])));
  const schema = variables.transform((given, context) => {
    const values = Object.fromEntries(Object.entries(fields).map(([field, { name }]) => [field, given[name]]));
    return finish(values, (name, message) => {
      context.addIssue({ code: "custom", path: [name], message, params: { isOwnMessage: true } });
      return z.NEVER;
    });
  });
  return { title, settings, schema };
}

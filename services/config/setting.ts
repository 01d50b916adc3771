import { z } from "zod";

/** What a setting can be. */
export interface Kind<Output> {
  /** Reads the text of the environment variable. */
  readonly schema: z.ZodType<Output, string>;
  /** The values in the words of the documentation. */
  readonly values: string;
  /** What a wrong value is told, after "must be". */
  readonly rule: string;
  /** It can also be read from a file, which `<name>_FILE` names: what is in the environment is seen by others. */
  readonly isSecret?: true;
}

/** One setting: what `docs/configuration.md` says of it, and how the service reads it. */
export interface Setting<Output> {
  /** The environment variable without `WATTPROOF_`. Its unit stands at its end. */
  readonly name: string;
  readonly kind: Kind<unknown>;
  /** `required`, the text that counts without the variable, or `null` where it is optional. */
  readonly byDefault: { readonly text: string } | "required" | null;
  readonly meaning: string;
  readonly schema: z.ZodType<Output>;
}

/** A setting that has a default. */
export function setting<Output>(
  name: string,
  kind: Kind<Output>,
  byDefault: string | number,
  meaning: string,
): Setting<Output> {
  const text = String(byDefault);
  return { name, kind, byDefault: { text }, meaning, schema: kind.schema.prefault(text) };
}

/** A setting without which the service does not start. */
export function required<Output>(name: string, kind: Kind<Output>, meaning: string): Setting<Output> {
  // Its schema takes no `undefined`; the wider type is what all settings have in common.
  return {
    name,
    kind,
    byDefault: "required",
    meaning,
    schema: z
      .string()
      .optional()
      .pipe(kind.schema as never),
  };
}

/** A setting that may be left out, and is `null` then. */
export function optional<Output>(name: string, kind: Kind<Output>, meaning: string): Setting<Output | null> {
  const schema = kind.schema.optional().transform((value) => value ?? null);
  return { name, kind, byDefault: null, meaning, schema };
}

/** A whole number of decimal digits. */
export function integer(least: number, most: number, unit = ""): Kind<number> {
  const range = `${least} to ${most}${unit === "" ? "" : ` ${unit}`}`;
  return {
    schema: z
      .string()
      .regex(/^(0|[1-9][0-9]{0,15})$/)
      .transform(Number)
      .pipe(z.number().int().min(least).max(most)),
    values: range,
    rule: `a whole number from ${range}`,
  };
}

/** One of several words. */
export function choice<const Words extends readonly [string, ...string[]]>(...words: Words): Kind<Words[number]> {
  return {
    schema: z.enum(words),
    values: words.map((word) => `\`${word}\``).join(", "),
    rule: `one of ${words.join(", ")}`,
  };
}

/** One of two words; the first says yes. */
export function flag(yes: string, no: string): Kind<boolean> {
  const { schema, ...words } = choice(yes, no);
  return { ...words, schema: schema.transform((word) => word === yes) };
}

/** A text that `read` understands; it answers `null` where it does not. */
export function parsed<Output>(read: (text: string) => Output | null, values: string, rule: string): Kind<Output> {
  const schema = z.string().transform((text, context) => {
    const value = read(text);
    if (value !== null) return value;
    context.addIssue({ code: "custom", message: rule });
    return z.NEVER;
  });
  return { schema, values, rule };
}

/** Text of some length. */
export function text(values: string, least = 1, most = Infinity): Kind<string> {
  const length = most === Infinity ? `at least ${least}` : `${least} to ${most}`;
  return { schema: z.string().min(least).max(most), values, rule: `a text of ${length} characters` };
}

export const path: Kind<string> = { ...text("path"), rule: "a path" };
export const secret: Kind<string> = { ...text("text", 0), rule: "a text", isSecret: true };
export const httpUrl: Kind<string> = {
  schema: z.url({ protocol: /^https?$/ }),
  values: "URL",
  rule: "a URL that begins with http:// or https://",
};
export const currencyCode: Kind<string> = {
  schema: z.string().regex(/^[A-Z]{3}$/),
  values: "three capital letters",
  rule: "three capital letters",
};
export const privateKey: Kind<string> = {
  schema: z.string().regex(/^0x[0-9a-fA-F]{64}$/),
  values: "0x and 64 hexadecimal digits",
  rule: "0x and 64 hexadecimal digits",
  isSecret: true,
};

/** The entries of a list that is separated by commas. */
export function listOf(list: string): readonly string[] {
  return list
    .split(",")
    .map((entry) => entry.trim())
    .filter((entry) => entry !== "");
}

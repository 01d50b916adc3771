import { TokenType, TokenParser, Tokenizer } from "@streamparser/json";
import type { z } from "zod";

import { WattproofError } from "../../errors.ts";
import { dossierLimits, dossierParts, dossierVersion, monthSchema, type DossierMonth } from "./dossier-schema.ts";

type PartName = keyof typeof dossierParts;
type OtherPartName = Exclude<PartName, "months">;

/** One part of a dossier that has the right form; `months` come one by one. */
export type DossierPart =
  | {
      readonly [Name in OtherPartName]: { readonly name: Name; readonly value: z.infer<(typeof dossierParts)[Name]> };
    }[OtherPartName]
  | { readonly name: "month"; readonly value: DossierMonth };

/** The bytes of a dossier, from the beginning. */
export type DossierBytes = AsyncIterable<Uint8Array> | Iterable<Uint8Array>;

const partNames = Object.keys(dossierParts);
/** Months are taken out one by one, and nothing else is kept of their list. */
const emitted = partNames.map((name) => (name === "months" ? "$.months.*" : `$.${name}`));

/**
 * Reads a dossier part by part, so that no more than one month of one meter is held. Hostile bytes are refused before they
 * fill the memory: by length, by depth, and by form.
 *
 * @throws DOSSIER_UNREADABLE, DOSSIER_TOO_LARGE, DOSSIER_VERSION_UNSUPPORTED, DOSSIER_FORM_INVALID
 */
export async function* readDossier(bytes: DossierBytes): AsyncGenerator<DossierPart> {
  const found: { readonly name: string; readonly value: unknown }[] = [];
  const tokenizer = new Tokenizer();
  const parser = new TokenParser({ paths: emitted, keepStack: false });
  const order = createOrder();
  tokenizer.onToken = (token) => {
    order.look(token.token, token.value);
    parser.write(token);
  };
  parser.onValue = ({ value }) => {
    found.push({ name: order.name(), value });
  };
  let total = 0;
  let sinceLast = 0;
  for await (const chunk of bytes) {
    total += chunk.length;
    if (total > dossierLimits.fileBytes) throw tooLarge(`The limit is ${dossierLimits.fileBytes} bytes.`);
    for (let at = 0; at < chunk.length; at += stepBytes) {
      const step = chunk.subarray(at, at + stepBytes);
      feed(() => {
        tokenizer.write(step);
      });
      sinceLast = found.length > 0 ? 0 : sinceLast + step.length;
      if (sinceLast > dossierLimits.partBytes) {
        throw tooLarge(`The limit of a part is ${dossierLimits.partBytes} bytes.`);
      }
      for (const { name, value } of found.splice(0)) yield order.take(name, value);
    }
  }
  feed(() => {
    if (!tokenizer.isEnded) tokenizer.end();
    if (!parser.isEnded) throw new RangeError("The text ends too early.");
  });
  order.requireEnd();
}

/** What is read before anybody looks how much has come together. */
const stepBytes = 65_536;

function feed(work: () => void): void {
  try {
    work();
  } catch (error) {
    if (error instanceof WattproofError) throw error;
    throw new WattproofError("DOSSIER_UNREADABLE", error instanceof Error ? error.message : "unreadable", {
      cause: error,
    });
  }
}

/** Holds the parts to their order, each once, and each to its form. */
function createOrder(): {
  look(token: TokenType, value: unknown): void;
  /** Of the part that is being read. */
  name(): string;
  take(name: string, value: unknown): DossierPart;
  requireEnd(): void;
} {
  let depth = 0;
  /** How many members have been named. */
  let named = 0;
  let months = 0;
  let lastText: unknown = null;
  let isListNext = false;
  /** Of each object and list around what is read, the names of its members; `null` for a list. */
  const around: (Set<unknown> | null)[] = [];

  /** Of two members with one name others may read the first. */
  function takeMember(name: unknown): void {
    const names = around.at(-1);
    if (names?.has(name) === true) throw invalid(`${JSON.stringify(name).slice(0, 80)} comes twice`);
    names?.add(name);
  }

  function takeName(name: unknown): void {
    const expected = partNames[named] ?? "the end";
    if (name !== expected) throw invalid(`${expected} is expected, and not ${JSON.stringify(name).slice(0, 80)}`);
    named += 1;
    isListNext = name === "months";
  }

  function takeMonth(value: unknown): DossierPart {
    months += 1;
    if (months > dossierLimits.months) throw tooLarge(`The limit is ${dossierLimits.months} months.`);
    const parsed = monthSchema.safeParse(value);
    if (!parsed.success) throw invalid(`months.${months - 1}.${firstIssueOf(parsed.error)}`);
    return { name: "month", value: parsed.data };
  }

  return {
    look(token, value) {
      if (depth === 0 && token !== TokenType.LEFT_BRACE) throw invalid("a dossier is one object");
      if (isListNext && token !== TokenType.COLON) {
        if (token !== TokenType.LEFT_BRACKET) throw invalid("months: no list");
        isListNext = false;
      }
      if (token === TokenType.LEFT_BRACE) around.push(new Set());
      if (token === TokenType.LEFT_BRACKET) around.push(null);
      if (token === TokenType.RIGHT_BRACE || token === TokenType.RIGHT_BRACKET) around.pop();
      depth = around.length;
      if (depth > dossierLimits.depth) throw tooLarge(`The limit is ${dossierLimits.depth} lists inside each other.`);
      // As a name it would change what an object is, and as a value nothing needs it.
      if (value === "__proto__") throw invalid("no member has such a name");
      if (depth === 1 && token === TokenType.COLON) takeName(lastText);
      if (token === TokenType.COLON) takeMember(lastText);
      if (token === TokenType.STRING) lastText = value;
    },
    name: () => partNames[named - 1] ?? "",
    take(name, value) {
      if (name === "months") return takeMonth(value);
      if (name === "version" && value !== dossierVersion) {
        const given = JSON.stringify(value).slice(0, 40);
        throw new WattproofError("DOSSIER_VERSION_UNSUPPORTED", `This is version ${given}.`);
      }
      return partOf(name, value);
    },
    requireEnd() {
      if (named !== partNames.length) throw invalid(`${partNames[named] ?? ""} is missing`);
    },
  };
}

function partOf(name: string, value: unknown): DossierPart {
  for (const [candidate, schema] of Object.entries(dossierParts)) {
    if (candidate !== name || candidate === "months") continue;
    const parsed = schema.safeParse(value);
    if (!parsed.success) throw invalid(`${name}.${firstIssueOf(parsed.error)}`);
    // The schema is the one of this name, so the value has its type.
    return { name, value: parsed.data } as DossierPart;
  }
  throw invalid(`${name} is no part`);
}

function firstIssueOf(error: z.ZodError): string {
  const [issue] = error.issues;
  return `${issue?.path.map(String).join(".") ?? ""}: ${issue?.message ?? "unreadable"}`.slice(0, 400);
}

function invalid(detail: string): WattproofError {
  return new WattproofError("DOSSIER_FORM_INVALID", detail);
}

function tooLarge(detail: string): WattproofError {
  return new WattproofError("DOSSIER_TOO_LARGE", detail);
}

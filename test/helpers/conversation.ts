import { isDeepStrictEqual } from "node:util";

/** A line of a documented conversation: a frame of the charger's or of the service's, or the connection lost and opened again. */
export type ConversationLine =
  { readonly from: "charger" | "service"; readonly text: string } | { readonly from: "network" };

/** A conversation between a charger and the service as a page shows it. */
export interface Conversation {
  readonly protocol: string;
  readonly lines: readonly ConversationLine[];
}

const arrows = { "→": "charger", "←": "service" } as const;

/** The conversations of a page: its blocks of code that are called so. @throws SyntaxError on a line that is none */
export function readConversations(page: string): readonly Conversation[] {
  const blocks = page.matchAll(/^```text conversation (?<protocol>\S+)\n(?<code>[\s\S]*?)^```$/gmu);
  return [...blocks].map(({ groups }) => {
    const whole = (groups?.["code"] ?? "")
      .replaceAll(/\n {3}/gu, "")
      .trimEnd()
      .split("\n");
    return { protocol: groups?.["protocol"] ?? "", lines: whole.map(lineOf) };
  });
}

function lineOf(line: string): ConversationLine {
  if (line === "— the connection is lost, and opened again —") return { from: "network" };
  const [arrow, text] = [line.slice(0, 1), line.slice(2)];
  if (arrow !== "→" && arrow !== "←") throw new SyntaxError(`No line of a conversation: ${line}`);
  return { from: arrows[arrow], text };
}

/** A request and its answer as a page shows them. */
export interface HttpExchange {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly status: number;
  readonly answer: string;
}

/** The requests of a conversation over HTTP, each with its answer. @throws SyntaxError where there is none */
export function readExchanges({ lines }: Conversation): readonly HttpExchange[] {
  const exchanges: HttpExchange[] = [];
  let asked: string[] = [];
  let answered: string[] = [];
  const close = (): void => {
    if (answered.length > 0) exchanges.push(exchangeOf(asked, answered));
    [asked, answered] = [[], []];
  };
  for (const line of lines) {
    if (line.from === "network") throw new SyntaxError("HTTP has no connection to lose.");
    if (line.from === "charger" && answered.length > 0) close();
    (line.from === "charger" ? asked : answered).push(line.text);
  }
  close();
  return exchanges;
}

function exchangeOf(asked: readonly string[], answered: readonly string[]): HttpExchange {
  const gapAt = asked.indexOf("");
  const [method = "", path = ""] = (asked[0] ?? "").split(" ");
  const headers = asked.slice(1, gapAt).map((line) => line.split(": ", 2));
  return {
    ...{ method, path, headers: Object.fromEntries(headers) as Record<string, string> },
    body: asked.slice(gapAt + 1).join("\n"),
    status: Number(answered[0]),
    answer: answered.slice(1).join("\n"),
  };
}

/** What the names of a conversation stand for, as far as that is known. */
export type Meanings = Map<string, unknown>;

const gap = /<(?<name>[^<>]+)>/gu;

/** The text that a charger sends. @throws RangeError where a name means nothing yet */
export function withMeanings(text: string, meanings: Meanings): string {
  return text.replaceAll(gap, (_, name: string) => {
    if (!meanings.has(name)) throw new RangeError(`<${name}> means nothing yet.`);
    return String(meanings.get(name));
  });
}

/** Whether a frame is the one that is shown; names that mean nothing yet mean what stands in their place afterwards. */
export function isShown(text: string, frame: unknown, meanings: Meanings): boolean {
  // A gap without quotes stands for a value that is no string.
  const shown: unknown = JSON.parse(text.replaceAll(/(?<=[:,])(?<whole><[^<>]+>)(?=[,}\]])/gu, '"$<whole>"'));
  const found: Meanings = new Map(meanings);
  if (!matches(shown, frame, found)) return false;
  for (const [name, value] of found) meanings.set(name, value);
  return true;
}

function matches(shown: unknown, actual: unknown, meanings: Meanings): boolean {
  if (typeof shown === "string") {
    const name = /^<(?<name>[^<>]+)>$/u.exec(shown)?.groups?.["name"];
    if (name === undefined) return shown === actual;
    if (!meanings.has(name)) meanings.set(name, actual);
    return isDeepStrictEqual(meanings.get(name), actual);
  }
  if (typeof shown !== "object" || shown === null || typeof actual !== "object" || actual === null)
    return shown === actual;
  const [names, others] = [Object.keys(shown), Object.keys(actual)];
  const members = actual as Readonly<Record<string, unknown>>;
  return (
    Array.isArray(shown) === Array.isArray(actual) &&
    names.length === others.length &&
    Object.entries(shown).every(([name, value]) => name in members && matches(value, members[name], meanings))
  );
}

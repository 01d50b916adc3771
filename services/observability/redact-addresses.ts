/** An address with a scheme, up to where a sentence, a quotation or JSON ends it. */
const addressGrammar = /\b(?<scheme>[a-z][a-z0-9+.-]*):\/\/(?<rest>[^\s"'`<>\\)\]}]+)/giu;
/** Ids of sessions, accounts and transactions are no secrets, and errors are of no use without them. */
const ownId = /^0x(?:[0-9a-f]{40}|[0-9a-f]{64})$/iu;
/** Shorter parts of a path are names; keys of endpoints are longer. */
const leastKeyCharacters = 16;

/**
 * The same text in which no address tells a key: user and password, everything behind `?` or `#`, and parts of a path that
 * are as long as keys are left out. Providers of chains put keys into all of these.
 */
export function redactAddresses(text: string): string {
  if (!text.includes("://")) return text;
  return text.replaceAll(addressGrammar, (_whole, scheme: string, rest: string) => `${scheme}://${redacted(rest)}`);
}

function redacted(rest: string): string {
  const [, before = "", query = ""] = /^(?<before>[^?#]*)(?<query>[\s\S]*)$/u.exec(rest) ?? [];
  const [authority = "", ...path] = before.split("/");
  const host = authority.slice(authority.lastIndexOf("@") + 1);
  const user = host === authority ? "" : "…@";
  const parts = path.map((part) => (part.length < leastKeyCharacters || ownId.test(part) ? part : "…"));
  return `${user}${[host, ...parts].join("/")}${query === "" ? "" : `${query.charAt(0)}…`}`;
}

import { normalizeAddress } from "./ip-address.ts";

/** One hop of a request as a proxy wrote it down: a normalised address, or `null` where it names none. */
export type Hop = string | null;

/** As many proxies as a request can have come through; what is beyond was not written by ours. */
const hopLimit = 16;
const token = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";
const pairGrammar = new RegExp(`^(${token})=(?:(${token})|"((?:[^"\\\\\\x00-\\x1f\\x7f]|\\\\[\\x20-\\x7e])*)")$`);

/** The hops of `X-Forwarded-For`, the last one first: whoever wrote last is nearest to us. */
export function hopsOfForwardedFor(header: string): readonly Hop[] {
  return lastFirst(header.split(",")).map(readNode);
}

/** The hops of `Forwarded` (RFC 7239), the last one first. An element that does not parse names no address. */
export function hopsOfForwarded(header: string): readonly Hop[] {
  const elements = splitOutsideQuotes(header, ",");
  // A quote that never ends: nobody can say where the elements are.
  if (elements === null) return [null];
  return lastFirst(elements).map((element) => {
    const pairs = splitOutsideQuotes(element, ";") ?? [];
    let node: string | null = null;
    for (const pair of pairs.map((part) => part.trim())) {
      if (pair === "") continue;
      const [, name = "", plain, quoted] = pairGrammar.exec(pair) ?? [];
      if (name === "") return null;
      if (name.toLowerCase() !== "for") continue;
      if (node !== null) return null;
      node = plain ?? (quoted ?? "").replace(/\\(.)/g, "$1");
    }
    return node === null ? null : readNode(node);
  });
}

function lastFirst(parts: readonly string[]): readonly string[] {
  return parts.slice(-hopLimit).reverse();
}

/** An address with or without a port; IPv6 with a port stands in brackets. */
function readNode(text: string): Hop {
  const node = text.trim();
  const [, bracketed] = /^\[([0-9A-Fa-f:.]+)\](?::[0-9]{1,5})?$/.exec(node) ?? [];
  if (bracketed !== undefined) return normalizeAddress(bracketed);
  const [, withPort] = /^([0-9.]+):[0-9]{1,5}$/.exec(node) ?? [];
  return normalizeAddress(withPort ?? node);
}

function splitOutsideQuotes(text: string, separator: string): readonly string[] | null {
  const parts: string[] = [];
  let part = "";
  let isQuoted = false;
  for (let index = 0; index < text.length; index += 1) {
    const character = text.charAt(index);
    if (isQuoted && character === "\\") {
      part += character + text.charAt(index + 1);
      index += 1;
    } else if (character === separator && !isQuoted) {
      parts.push(part);
      part = "";
    } else {
      if (character === '"') isQuoted = !isQuoted;
      part += character;
    }
  }
  return isQuoted ? null : [...parts, part];
}

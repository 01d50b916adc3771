/** An element with text in it, out of an XML document. */
export interface XmlElement {
  /** Without the prefix of a namespace. */
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
  /** Names of the elements around it, the outermost first. */
  readonly parents: readonly string[];
  /** The text inside, with entities read; that of elements inside is not part of it. */
  readonly text: string;
}

const limits = { characters: 262_144, elements: 4_096 };
const greatestDepth = 16;

/** Data, close, name, attributes, empty, text. */
const part =
  /<!--[\s\S]*?-->|<!\[CDATA\[([\s\S]*?)\]\]>|<\?[\s\S]*?\?>|<(\/)?([A-Za-z_][\w.:-]*)((?:\s+[A-Za-z_][\w.:-]*\s*=\s*(?:"[^"<]*"|'[^'<]*'))*)\s*(\/)?>|([^<]+)/gy;
const attribute = /(?<name>[A-Za-z_][\w.:-]*)\s*=\s*(?:"(?<double>[^"]*)"|'(?<single>[^']*)')/gu;
const entity = /^(?:#(?<decimal>[0-9]{1,7})|#x(?<hex>[0-9a-fA-F]{1,6})|(?<name>[a-z]+));(?<rest>[\s\S]*)$/u;
const predefined: ReadonlyMap<string, string> = new Map([
  ["amp", "&"],
  ["lt", "<"],
  ["gt", ">"],
  ["quot", '"'],
  ["apos", "'"],
]);

/**
 * The elements of a small document, in the order of their ends. Just enough of XML for containers of signed values, and
 * less than a library reads: no document type and so no entities but the five of the language, nothing outside, and
 * bounds on size, depth and number. Everything else, and what is not well-formed, gives `null`.
 */
export function readXml(document: string, bounds: typeof limits = limits): readonly XmlElement[] | null {
  if (document.length > bounds.characters) return null;
  const open: { readonly name: string; readonly attributes: ReadonlyMap<string, string>; text: string }[] = [];
  const elements: XmlElement[] = [];
  let isRootClosed = false;
  let at = 0;
  while (at < document.length) {
    part.lastIndex = at;
    const match = part.exec(document);
    if (match === null) return null;
    at = part.lastIndex;
    // By their places: to name the parts of each match takes as long as to find them.
    const [, data, close, name, attributes = "", empty, text] = match as readonly (string | undefined)[];
    const inner = open.at(-1);
    if (data !== undefined || text !== undefined) {
      const read = data ?? readEntities(text ?? "");
      if (read === null) return null;
      if (inner !== undefined) inner.text += read;
      else if (read.replaceAll("\uFEFF", "").trim() !== "") return null;
    } else if (name !== undefined && close === undefined) {
      const read = readAttributes(attributes);
      if (read === null || isRootClosed || open.length >= greatestDepth || elements.length >= bounds.elements)
        return null;
      open.push({ name, attributes: read, text: "" });
    }
    if (name !== undefined && (close !== undefined || empty !== undefined)) {
      const ended = open.pop();
      if (ended?.name !== name) return null;
      elements.push({ ...ended, name: localName(name), parents: open.map((outer) => localName(outer.name)) });
      isRootClosed = open.length === 0;
    }
  }
  return isRootClosed ? elements : null;
}

function localName(name: string): string {
  return name.slice(name.indexOf(":") + 1);
}

const noAttributes: ReadonlyMap<string, string> = new Map();

function readAttributes(text: string): ReadonlyMap<string, string> | null {
  if (text === "") return noAttributes;
  const attributes = new Map<string, string>();
  for (const { groups } of text.matchAll(attribute)) {
    const value = readEntities(groups?.["double"] ?? groups?.["single"] ?? "");
    if (value === null) return null;
    attributes.set(groups?.["name"] ?? "", value);
  }
  return attributes;
}

/** `null` where an entity is none of the language's own. */
function readEntities(text: string): string | null {
  if (!text.includes("&")) return text;
  const pieces = text.split("&");
  let read = pieces[0] ?? "";
  for (const piece of pieces.slice(1)) {
    const { decimal, hex, name, rest = "" } = entity.exec(piece)?.groups ?? {};
    const code = decimal !== undefined ? Number(decimal) : hex !== undefined ? Number.parseInt(hex, 16) : null;
    const isCharacter = code !== null && code > 0 && code <= 0x10ffff && !(code >= 0xd800 && code <= 0xdfff);
    const character = isCharacter ? String.fromCodePoint(code) : predefined.get(name ?? "");
    if (character === undefined) return null;
    read += character + rest;
  }
  return read;
}

/** Text as it stands in an element or in an attribute. A reader turns a bare carriage return into a line feed. */
export function escapeXml(text: string): string {
  const names: Readonly<Record<string, string>> = {
    "&": "&amp;",
    "<": "&lt;",
    ">": "&gt;",
    '"': "&quot;",
    "'": "&apos;",
    "\r": "&#13;",
  };
  return text.replace(/[&<>"'\r]/gu, (character) => names[character] ?? character);
}

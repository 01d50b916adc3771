import { expect } from "chai";
import fc from "fast-check";

import type { ErrorCode } from "../../../../../services/errors.ts";
import { parseJsonObject, type JsonValue } from "../../../../../services/evidence/formats/ocmf/json.ts";
import { bytesOf, concat, expectReason } from "../../../../helpers/ocmf.ts";

function refuses(what: string, text: string | Uint8Array, reason: ErrorCode): void {
  it(`refuses ${what}`, () => {
    expectReason(() => parseJsonObject(typeof text === "string" ? bytesOf(text) : text), reason);
  });
}

function textOf(text: string): string {
  const value = parseJsonObject(bytesOf(`{"a":${text}}`)).members.get("a");
  if (value?.kind !== "string") throw new Error("no text");
  return value.text;
}

/** The same value as JSON.parse gives, to compare with it. */
function plain(value: JsonValue): unknown {
  switch (value.kind) {
    case "object":
      return Object.fromEntries([...value.members].map(([key, member]) => [key, plain(member)]));
    case "array":
      return value.items.map(plain);
    case "string":
      return value.text;
    case "number":
      return Number(value.lexeme);
    case "boolean":
      return value.value;
    case "null":
      return null;
  }
}

const around = (inner: readonly number[]): Uint8Array =>
  concat(bytesOf('{"a":"'), Uint8Array.from(inner), bytesOf('"}'));

describe("JSON of OCMF sections", () => {
  refuses("nothing", "", "OCMF_JSON_SYNTAX");
  refuses("a list", "[]", "OCMF_JSON_SYNTAX");
  refuses("a text", '"a"', "OCMF_JSON_SYNTAX");
  refuses("an object without end", '{"a":1', "OCMF_JSON_SYNTAX");
  refuses("a text without end", '{"a":"b', "OCMF_JSON_SYNTAX");
  refuses("a text that ends in the middle of an escape", '{"a":"b\\', "OCMF_JSON_SYNTAX");
  refuses("a second object", '{"a":1}{"a":1}', "OCMF_JSON_SYNTAX");
  refuses("something after the object", '{"a":1}}', "OCMF_JSON_SYNTAX");
  refuses("a zero byte after the object", '{"a":1}\0', "OCMF_JSON_SYNTAX");
  refuses("a comma before the end of an object", '{"a":1,}', "OCMF_JSON_SYNTAX");
  refuses("a comma before the end of a list", '{"a":[1,]}', "OCMF_JSON_SYNTAX");
  refuses("two commas", '{"a":1,,"b":2}', "OCMF_JSON_SYNTAX");
  refuses("a missing colon", '{"a" 1}', "OCMF_JSON_SYNTAX");
  refuses("a missing value", '{"a":}', "OCMF_JSON_SYNTAX");
  refuses("a key without quotes", "{a:1}", "OCMF_JSON_SYNTAX");
  refuses("single quotes", "{'a':1}", "OCMF_JSON_SYNTAX");
  refuses("a comment", '{"a":1/* b */}', "OCMF_JSON_SYNTAX");
  refuses("a byte order mark", "\ufeff{}", "OCMF_JSON_SYNTAX");
  refuses("a no-break space between tokens", '{\u00a0"a":1}', "OCMF_JSON_SYNTAX");
  refuses("a form feed between tokens", '{\f"a":1}', "OCMF_JSON_SYNTAX");
  for (const word of [
    "True",
    "nul",
    "NaN",
    "Infinity",
    "undefined",
    "0112",
    ".5",
    "1.",
    "-",
    "+1",
    "0x70",
    "1e",
    "1.e1",
  ]) {
    refuses(`${word} as a value`, `{"a":${word}}`, "OCMF_JSON_SYNTAX");
  }
  refuses("a number of more than 128 characters", `{"a":${"1".repeat(129)}}`, "OCMF_JSON_SYNTAX");
  refuses("a zero byte in a text", '{"a":"b\0"}', "OCMF_JSON_SYNTAX");
  refuses("a line feed in a text", '{"a":"b\n"}', "OCMF_JSON_SYNTAX");
  refuses("an unknown escape sequence", '{"a":"\\q"}', "OCMF_JSON_SYNTAX");
  refuses("an escape sequence with three digits", '{"a":"\\u12 "}', "OCMF_JSON_SYNTAX");
  refuses("an escape sequence with a capital U", '{"a":"\\U0041"}', "OCMF_JSON_SYNTAX");

  refuses("a byte that UTF-8 does not have", around([0xff]), "OCMF_UTF8_INVALID");
  refuses("UTF-8 that is cut off", around([0xe2, 0x82]), "OCMF_UTF8_INVALID");
  refuses("UTF-8 that is longer than needed", around([0xc0, 0xaf]), "OCMF_UTF8_INVALID");
  refuses("a surrogate in UTF-8", around([0xed, 0xa0, 0x80]), "OCMF_UTF8_INVALID");
  refuses("a character above U+10FFFF", around([0xf4, 0x90, 0x80, 0x80]), "OCMF_UTF8_INVALID");
  refuses("Latin-1", around([0xd6, 0x6b]), "OCMF_UTF8_INVALID");

  refuses("a key twice", '{"a":1,"b":2,"a":1}', "OCMF_JSON_DUPLICATE_KEY");
  refuses("a key twice in a list's object", '{"a":[{"b":1,"b":2}]}', "OCMF_JSON_DUPLICATE_KEY");
  refuses("a key twice in a nested object", '{"U":{"x":{"b":1,"b":2}}}', "OCMF_JSON_DUPLICATE_KEY");
  refuses("the key __proto__ twice", '{"__proto__":1,"__proto__":2}', "OCMF_JSON_DUPLICATE_KEY");
  refuses("an escaped key", '{"\\u0052V":1}', "OCMF_JSON_ESCAPED_KEY");
  refuses("an escaped key beside the plain one", '{"RV":1,"\\u0052V":2}', "OCMF_JSON_ESCAPED_KEY");
  refuses("an escaped key of an extension", '{"U":{"a\\nb":1}}', "OCMF_JSON_ESCAPED_KEY");
  refuses("the first half of a pair alone", '{"a":"\\ud800"}', "OCMF_JSON_LONE_SURROGATE");
  refuses("the second half of a pair alone", '{"a":"\\udc00"}', "OCMF_JSON_LONE_SURROGATE");
  refuses("the last second half alone", '{"a":"\\udfff"}', "OCMF_JSON_LONE_SURROGATE");
  refuses("two first halves", '{"a":"\\ud800\\ud800"}', "OCMF_JSON_LONE_SURROGATE");
  refuses("half a pair before another escape", '{"a":"\\ud800\\n"}', "OCMF_JSON_LONE_SURROGATE");
  refuses("nine levels", `{"a":${"[".repeat(8)}${"]".repeat(8)}}`, "OCMF_JSON_TOO_DEEP");
  refuses("forty levels", `{"a":${'{"a":'.repeat(40)}1${"}".repeat(41)}`, "OCMF_JSON_TOO_DEEP");

  it("reads objects that are nested eight levels deep", () => {
    expect(parseJsonObject(bytesOf(`{"a":${"[".repeat(7)}${"]".repeat(7)}}`)).members.size).to.equal(1);
  });

  it("reads a number of 128 characters", () => {
    expect(parseJsonObject(bytesOf(`{"a":${"1".repeat(128)}}`)).members.get("a")).to.include({ kind: "number" });
  });

  it("keeps a number as it was written", () => {
    expect(parseJsonObject(bytesOf('{"a":1.10e-02}')).members.get("a")).to.deep.equal({
      kind: "number",
      lexeme: "1.10e-02",
    });
  });

  it("reads every escape sequence in a value", () => {
    expect(textOf('"\\"\\\\\\/\\b\\f\\n\\r\\t\\u0041\\ud83d\\ude00|\\u007c"')).to.equal('"\\/\b\f\n\r\tA\u{1f600}||');
  });

  it("reads the first and the last pair of surrogates", () => {
    expect(textOf('"\\ud800\\udc00\\udbff\\udfff"')).to.equal("\u{10000}\u{10ffff}");
    expect(textOf('"\\ud7ff\\ue000"')).to.equal("\ud7ff\ue000");
  });

  it("keeps a byte order mark inside a text or a key as the character that it is", () => {
    expect(textOf('"\ufeffb"')).to.equal("\ufeffb");
    expect([...parseJsonObject(bytesOf('{"\ufeffRV":1,"RV":2}')).members.keys()]).to.deep.equal(["\ufeffRV", "RV"]);
  });

  it("ends a text at its own quote after an escaped backslash", () => {
    expect(parseJsonObject(bytesOf('{"a":"b\\\\","c":"\\\\\\""}')).members.get("c")).to.deep.equal({
      kind: "string",
      text: '\\"',
    });
  });

  it("does not pollute prototypes", () => {
    const object = parseJsonObject(bytesOf('{"__proto__":{"RD":[]},"constructor":1}'));
    expect([...object.members.keys()]).to.deep.equal(["__proto__", "constructor"]);
    expect(Object.hasOwn(Object.prototype, "RD")).to.equal(false);
  });

  it("reads every object as JSON.parse does, with any white space", () => {
    const anyObject = fc.object({
      key: fc.string({ unit: fc.constantFrom("R", "V", "_", "é", "u0052", " "), maxLength: 4 }),
      values: [fc.string({ unit: "grapheme" }), fc.double({ noNaN: true, noDefaultInfinity: true }), fc.boolean()],
      maxDepth: 4,
      withNullPrototype: false,
    });
    fc.assert(
      fc.property(anyObject, fc.constantFrom("", " ", "\t"), (object, indent) => {
        const text = indent + JSON.stringify(object, null, indent).replaceAll("\n", "\r\n") + indent;
        expect(plain(parseJsonObject(bytesOf(text)))).to.deep.equal(JSON.parse(text));
      }),
    );
  });

  it("never takes what JSON.parse refuses, however a text is mutated", () => {
    const seed = '{"a":[1.5e3,{"b":"c\\u0041"},true,null],"d":"\u00e9"}';
    fc.assert(
      fc.property(fc.nat(seed.length), fc.nat(4), fc.string({ maxLength: 3 }), (at, length, inserted) => {
        const text = seed.slice(0, at) + inserted + seed.slice(at + length);
        let mine: unknown;
        try {
          mine = plain(parseJsonObject(bytesOf(text)));
        } catch {
          return;
        }
        expect(mine).to.deep.equal(JSON.parse(text));
      }),
      { numRuns: 2_000 },
    );
  });
});

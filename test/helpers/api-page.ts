import { isPlainObject } from "../../services/http/api/plain-object.ts";
import { operationGroups, operations, writeOpenApi } from "../../services/http/api/open-api.ts";
import type { ApiAccess, ApiOperation } from "../../services/http/api/operation.ts";
import { settlementDomainOf, termsTypes } from "../../services/domain/terms.ts";
import { topUpTypes, withdrawalTypes } from "../../services/domain/driver-orders.ts";
import { consentTypes } from "../../services/domain/unsigned-consent.ts";

type Json = Readonly<Record<string, unknown>>;

const access: Readonly<Record<ApiAccess, string>> = {
  anybody: "Anybody.",
  reader: "Anybody; a view key of the session or the operator's key shows more.",
  operator: "The operator's key.",
  station: "`X-Station-Id` and the station's API key.",
  peer: "`X-Oracle-Address` and the key that the two services share.",
};

/** What the fields of the signed terms mean; names and types are those of the contract. */
const termsMeanings: Readonly<Record<string, string>> = {
  driver: "whose account holds the money, and who signs",
  lane: "which of the driver's accounts; one live session each, 0 by default",
  nonce: "the account's nonce, which `accountOf` of the settlement answers",
  operator: "the charge point operator, who is paid",
  agreement: "the partner agreement by which the operator shares; 0 without partners",
  evse: "the EVSE's number in the meter registry",
  meter: "the number of the meter that is active there",
  maximumPowerW: "the most that the EVSE can deliver, in watts; more energy than that is never charged",
  tariffId: "hash of the tariff's content, which `tariffOf` of the tariff registry shows",
  holdMicro: "the most that the session can cost, in micro-tokens (1e-6)",
  expiresAt: "from when on anybody can return the hold, in seconds since 1970",
};

/** The reference page of the HTTP interface, from the same operations as `/v1/openapi.json`. */
export function writeApiPage(): string {
  const document = writeOpenApi("", operations);
  const components = member(document, ["components", "schemas"]);
  return [
    "# Reference of the HTTP interface",
    "",
    "This page is written from the schemas that read requests and describe answers, by",
    "`node test/helpers/reference-pages.ts`. A service gives the same as OpenAPI 3.1 at `/v1/openapi.json`, and a test holds",
    "every answer to it. What the operations mean is said in [http-api.md](http-api.md). Everything that is refused is",
    'answered as `{"error":{"code","title","detail","retryable"}}` with a code of [errors.md](errors.md). Answers may get',
    "further members. `wattproof-client` ([packages/client](../packages/client/README.md)) asks and parses by the same schemas.",
    "",
    ...operationGroups.flatMap(([name, ofGroup]) => [
      `## ${name}`,
      "",
      ...ofGroup.flatMap((one) => sectionOf(one, document)),
    ]),
    "## Parts of answers",
    "",
    ...Object.entries(isPlainObject(components) ? components : {}).flatMap(([name, schema]) => [
      `### ${name}`,
      "",
      ...linesOf(schema),
      "",
    ]),
    ...signedPart(),
  ].join("\n");
}

function accessTo({ access: who, role }: ApiOperation): string {
  return role === undefined
    ? access[who]
    : `${access[who].slice(0, -1)}, of the role \`${role}\`${role === "money" ? "" : " or more"}.`;
}

function sectionOf(operation: ApiOperation, document: Json): readonly string[] {
  const path = operation.path.replaceAll(/:([A-Za-z]+)/g, "{$1}");
  const written = member(document, ["paths", path, operation.method.toLowerCase()]);
  const parameters = member(written, ["parameters"]);
  const body = member(written, ["requestBody", "content", "application/json", "schema"]);
  return [
    `### ${operation.id}`,
    "",
    `\`${operation.method} ${path}\``,
    "",
    `${operation.summary} ${accessTo(operation)}`,
    "",
    ...(Array.isArray(parameters) ? [...parameters.filter(isPlainObject).map(parameterLine), ""] : []),
    ...(body === undefined ? [] : ["Body:", "", ...linesOf(body), ""]),
    ...operation.answers.flatMap(({ status, meaning, mediaType = "application/json" }) => {
      const content = member(written, ["responses", String(status), "content", mediaType]);
      const schema = member(content, ["x-event-data"]) ?? member(content, ["schema"]);
      return [`\`${status}\` ${meaning}`, "", ...linesOf(schema), ""];
    }),
  ];
}

function parameterLine({ name, in: place, required, schema }: Json): string {
  return `- \`${String(name)}\` (${String(place)}${required === true ? "" : ", optional"}): ${typeOf(schema)}`;
}

/** A schema as a list of its members, nested ones below. */
function linesOf(schema: unknown, indent = ""): readonly string[] {
  if (!isPlainObject(schema)) return [];
  const several = schema["oneOf"] ?? schema["anyOf"];
  if (Array.isArray(several) && several.some((one) => isPlainObject(one) && "properties" in one)) {
    return several.flatMap((one, index) => [
      `${indent}- ${index === 0 ? "either" : "or"}${isPlainObject(one) && "properties" in one ? "" : ` ${typeOf(one)}`}`,
      ...linesOf(one, `${indent}  `),
    ]);
  }
  const properties = schema["properties"];
  if (!isPlainObject(properties)) return [`${indent}- ${typeOf(schema)}`];
  const required = Array.isArray(schema["required"]) ? schema["required"] : [];
  return Object.entries(properties).flatMap(([name, part]) => {
    const isOptional = !required.includes(name);
    const inner = innerOf(part);
    return [
      `${indent}- \`${name}\`${isOptional ? " (optional)" : ""}: ${typeOf(part)}`,
      ...(inner === null ? [] : linesOf(inner, `${indent}  `)),
    ];
  });
}

/** The object inside a member, of a list or where it may be `null`. */
function innerOf(part: unknown): unknown {
  if (!isPlainObject(part)) return null;
  if (isPlainObject(part["properties"])) return part;
  if (part["type"] === "array") return innerOf(part["items"]);
  const several = part["oneOf"] ?? part["anyOf"];
  if (!Array.isArray(several)) return null;
  const objects = several.filter((one) => innerOf(one) !== null);
  return objects.length === 1 ? innerOf(objects[0]) : objects.length > 1 ? part : null;
}

function typeOf(part: unknown): string {
  if (!isPlainObject(part)) return "anything";
  const { $ref, type, pattern, items, const: only, enum: words } = part;
  if (typeof $ref === "string") {
    const name = $ref.slice($ref.lastIndexOf("/") + 1);
    return `[${name}](#${name.toLowerCase()})`;
  }
  if (typeof only === "string") return `\`${only}\``;
  if (Array.isArray(words)) return words.map((word) => `\`${String(word)}\``).join(", ");
  const several = part["oneOf"] ?? part["anyOf"];
  if (Array.isArray(several)) return several.map(typeOf).join(" or ");
  if (type === "array") return `list of ${typeOf(items)}`;
  if (type === "null") return "`null`";
  if (typeof pattern === "string") return `text \`${pattern}\``;
  if (Array.isArray(type))
    return type.map((one) => (one === "null" ? "`null`" : String(one).replace("string", "text"))).join(" or ");
  return typeof type === "string" ? type.replace("string", "text") : "anything";
}

function signedPart(): readonly string[] {
  const domain = settlementDomainOf({ chainId: 0, verifyingContract: "" });
  const fields = (
    types: Readonly<Record<string, readonly { readonly name: string; readonly type: string }[]>>,
  ): string =>
    Object.entries(types)
      .map(([name, members]) => `${name}(${members.map((one) => `${one.type} ${one.name}`).join(",")})`)
      .join("");
  return [
    "## What drivers sign",
    "",
    `EIP-712 in the domain \`{"name":"${String(domain.name)}","version":"${String(domain.version)}","chainId","verifyingContract"}\`,`,
    "where `verifyingContract` is the settlement contract of `/configuration.json`. The digest of the terms is the session's id.",
    "",
    "| field of `SessionTerms` | type | meaning |",
    "| --- | --- | --- |",
    ...termsTypes.SessionTerms.map(
      ({ name, type }) => `| \`${name}\` | \`${type}\` | ${termsMeanings[name] ?? fail(name)} |`,
    ),
    "",
    `- \`${fields(termsTypes)}\``,
    ...[topUpTypes, withdrawalTypes, consentTypes].map((types) => `- \`${fields(types)}\``),
    "",
  ];
}

function fail(name: string): never {
  throw new Error(`Nothing is said of ${name}.`);
}

function member(value: unknown, names: readonly string[]): unknown {
  return names.reduce<unknown>((part, name) => (isPlainObject(part) ? part[name] : undefined), value);
}

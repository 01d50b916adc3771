/** Writes the OpenAPI 3.1 description of the service from the schemas that read requests and describe answers. */
import { z } from "zod";

import { isPlainObject } from "./plain-object.ts";
import { cardPaymentOperations } from "./card-payment-operations.ts";
import { driverOperations, peerOperations, publicOperations, stationOperations } from "./public-operations.ts";
import type { ApiAccess, ApiAnswer, ApiOperation } from "./operation.ts";
import { openDataOperations } from "./open-data-operations.ts";
import { operatorOperations } from "./operator-operations.ts";
import { tariffOperations } from "./tariff-operations.ts";
import { refusal } from "./values.ts";

type Json = Readonly<Record<string, unknown>>;

/** By whom operations are asked, in the order of the reference page. */
export const operationGroups: readonly (readonly [name: string, operations: readonly ApiOperation[]])[] = [
  ["Stations", stationOperations],
  ["Public", publicOperations],
  ["Open data", openDataOperations],
  ["Drivers", [...driverOperations, ...cardPaymentOperations]],
  ["Operator", [...operatorOperations, ...tariffOperations]],
  ["Oracles", peerOperations],
];
export const operations: readonly ApiOperation[] = operationGroups.flatMap(([, ofGroup]) => ofGroup);

const security: Readonly<Record<ApiAccess, readonly Json[]>> = {
  anybody: [],
  reader: [{}, { viewKey: [] }, { operatorKey: [] }],
  operator: [{ operatorKey: [] }],
  station: [{ stationId: [], stationKey: [] }],
  peer: [{ oracleAddress: [], peerKey: [] }],
};
const bearer = (description: string): Json => ({ type: "http", scheme: "bearer", description });
const header = (name: string, description: string): Json => ({ type: "apiKey", in: "header", name, description });
const securitySchemes = {
  operatorKey: bearer("A key of the operator."),
  viewKey: bearer("A key that the session's driver has let see it."),
  stationKey: bearer("The station's API key."),
  stationId: header("X-Station-Id", "The station's id."),
  peerKey: bearer("The key that the two services share."),
  oracleAddress: header("X-Oracle-Address", "The asking oracle's account."),
};

/**
 * The description of these operations.
 * @param isStrict Answers have no other members than these. A published description leaves room for members that are
 * added later; the tests do not.
 */
export function writeOpenApi(version: string, described: readonly ApiOperation[], isStrict = false): Json {
  const components = new Map<string, unknown>();
  const schemaOf: SchemaWriter = (schema, direction) => {
    // As it is sent, before it is read.
    const { $defs = {}, ...own } = z.toJSONSchema(schema, { io: "input", unrepresentable: "any" });
    delete own.$schema;
    const finish = (part: unknown): unknown => hoisted(part, isStrict && direction === "answer");
    for (const [name, part] of Object.entries($defs)) components.set(name, finish(part));
    return finish(own);
  };
  const paths: Record<string, Record<string, unknown>> = {};
  for (const operation of described) {
    const path = operation.path.replaceAll(/:([A-Za-z]+)/g, "{$1}");
    (paths[path] ??= {})[operation.method.toLowerCase()] = operationOf(operation, schemaOf);
  }
  return {
    openapi: "3.1.0",
    info: {
      title: "Wattproof",
      version,
      summary: "Settlement for electric-vehicle charging in which nobody has to trust anybody.",
      description:
        "Integers beyond 53 bits are decimal text; amounts are in micro-tokens (1e-6 token). Answers may get further members.",
      license: { name: "MIT", identifier: "MIT" },
    },
    servers: [{ url: "/" }],
    tags: operationGroups.map(([name]) => ({ name })),
    paths,
    components: { schemas: Object.fromEntries(components), securitySchemes },
  };
}

type SchemaWriter = (schema: z.ZodType, direction: "request" | "answer") => unknown;

function operationOf(operation: ApiOperation, schemaOf: SchemaWriter): Json {
  const { id, summary, access, role, body, answers } = operation;
  const group = operationGroups.find(([, ofGroup]) => ofGroup.includes(operation));
  const parameters = [...pathParametersOf(operation, schemaOf), ...queryParametersOf(operation, schemaOf)];
  return {
    operationId: id,
    summary,
    ...(group === undefined ? {} : { tags: [group[0]] }),
    security: security[access],
    ...(role === undefined ? {} : { "x-operator-role": role }),
    ...(parameters.length > 0 && { parameters }),
    ...(body !== undefined && {
      requestBody: {
        required: body.isOptional !== true,
        content: {
          "application/json": { schema: schemaOf(body.schema, "request") },
          ...(body.isTextToo === true && { "text/plain": { schema: { type: "string" } } }),
        },
      },
    }),
    responses: {
      ...Object.fromEntries(answers.map((answer) => [String(answer.status), responseOf(answer, schemaOf)])),
      default: {
        description: "Refused, with a code of the error catalogue.",
        content: { "application/json": { schema: schemaOf(operation.refusal ?? refusal, "answer") } },
      },
    },
  };
}

function responseOf({ meaning, schema, mediaType = "application/json" }: ApiAnswer, schemaOf: SchemaWriter): Json {
  const written = schemaOf(schema, "answer");
  // Of a stream OpenAPI 3.1 describes no single events.
  if (mediaType === "text/event-stream") {
    return { description: meaning, content: { [mediaType]: { schema: { type: "string" }, "x-event-data": written } } };
  }
  return { description: meaning, content: { [mediaType]: { schema: written } } };
}

function pathParametersOf({ path, parameters = {} }: ApiOperation, schemaOf: SchemaWriter): readonly Json[] {
  return [...path.matchAll(/:([A-Za-z]+)/g)].map(([, name = ""]) => {
    const schema = parameters[name];
    return {
      name,
      in: "path",
      required: true,
      schema: schema === undefined ? { type: "string" } : schemaOf(schema, "request"),
    };
  });
}

/** A query that has several forms is described by all their members; what is needed in every form is required. */
function queryParametersOf({ query }: ApiOperation, schemaOf: SchemaWriter): readonly Json[] {
  if (query === undefined) return [];
  const written = schemaOf(query, "request");
  if (!isPlainObject(written)) return [];
  const several = written["oneOf"] ?? written["anyOf"];
  const forms = (Array.isArray(several) ? several : [written]).filter(isPlainObject);
  const members = new Map<string, unknown[]>();
  for (const form of forms) {
    for (const [name, schema] of Object.entries(isPlainObject(form["properties"]) ? form["properties"] : {})) {
      const known = members.get(name) ?? [];
      if (!known.some((other) => JSON.stringify(other) === JSON.stringify(schema))) known.push(schema);
      members.set(name, known);
    }
  }
  const isRequired = (name: string): boolean =>
    forms.every(({ required }) => Array.isArray(required) && required.includes(name));
  return [...members].map(([name, schemas]) => ({
    name,
    in: "query",
    required: isRequired(name),
    schema: schemas.length === 1 ? schemas[0] : { anyOf: schemas },
  }));
}

/** Definitions stand together in `components`. */
function hoisted(part: unknown, isClosed: boolean): unknown {
  if (Array.isArray(part)) return part.map((member) => hoisted(member, isClosed));
  if (!isPlainObject(part)) return part;
  const isOpen = isPlainObject(part["properties"]) && part["additionalProperties"] === undefined;
  const members = Object.entries(part).map(([name, member]) => [
    name,
    name === "$ref" && typeof member === "string"
      ? member.replace("#/$defs/", "#/components/schemas/")
      : hoisted(member, isClosed),
  ]);
  return { ...Object.fromEntries(members), ...(isClosed && isOpen && { additionalProperties: false }) };
}

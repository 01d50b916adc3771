import { strict as assert } from "node:assert";

import { Ajv2020 } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";

import { isPlainObject } from "../../services/http/api/plain-object.ts";
import { operations, writeOpenApi } from "../../services/http/api/open-api.ts";
import type { ApiOperation } from "../../services/http/api/operation.ts";

const documentId = "https://wattproof.test/openapi.json";
let ajv: Ajv2020 | null = null;

/** Compiles the parts of the description as they are asked for, the answers' members closed. */
function validators(): Ajv2020 {
  if (ajv === null) {
    ajv = new Ajv2020({ strict: false, allErrors: false });
    addFormats.default(ajv);
    ajv.addFormat("base64", /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/);
    ajv.addSchema({ $id: documentId, ...writeOpenApi("0.0.0", operations, true) });
  }
  return ajv;
}

/** The operation behind an address, or `null`. */
export function operationAt(method: string, path: string): ApiOperation | null {
  const parts = path.split("/");
  const fits = (template: string): boolean => {
    const own = template.split("/");
    return own.length === parts.length && own.every((part, index) => part.startsWith(":") || part === parts[index]);
  };
  return operations.find((operation) => operation.method === method && fits(operation.path)) ?? null;
}

/** Fails unless the answer is one that the description of the operation has. */
export function assertDescribed(
  operation: ApiOperation,
  answer: { readonly status: number; readonly mediaType: string; readonly text: string },
): void {
  const { method, path, id } = operation;
  const template = path.replaceAll(/:([A-Za-z]+)/g, "{$1}");
  const document = writeOpenApi("0.0.0", operations, true);
  const known = member(document, ["paths", template, method.toLowerCase(), "responses", String(answer.status)]);
  const isRefusal = known === undefined && answer.status >= 400;
  assert.ok(known !== undefined || isRefusal, `${id} does not say that it answers ${answer.status}`);
  const status = isRefusal ? "default" : String(answer.status);
  const pointer = ["paths", template, method.toLowerCase(), "responses", status, "content", answer.mediaType, "schema"]
    .map((part) => encodeURIComponent(part.replaceAll("~", "~0").replaceAll("/", "~1")))
    .join("/");
  const validate = validators().getSchema(`${documentId}#/${pointer}`);
  assert.ok(validate, `${id} does not say that it answers ${status} as ${answer.mediaType}`);
  if (answer.mediaType !== "application/json") return;
  const isValid = validate(JSON.parse(answer.text));
  assert.ok(isValid, `${id} ${answer.status}: ${JSON.stringify(validate.errors)} in ${answer.text.slice(0, 2_000)}`);
}

function member(value: unknown, names: readonly string[]): unknown {
  return names.reduce<unknown>((part, name) => (isPlainObject(part) ? part[name] : undefined), value);
}

const watched = new Set<string>();
let isWatching = false;

/** From now on every JSON answer of this service that a test fetches is held to the description. */
export function watchAnswers(url: string): void {
  watched.add(new URL(url).origin);
  if (isWatching) return;
  isWatching = true;
  const plainFetch = globalThis.fetch;
  globalThis.fetch = async (input, init) => {
    const response = await plainFetch(input, init);
    const { origin, pathname } = new URL(input instanceof Request ? input.url : input);
    const method = init?.method ?? (input instanceof Request ? input.method : "GET");
    const operation = watched.has(origin) ? operationAt(method, pathname) : null;
    const mediaType = (response.headers.get("content-type") ?? "").split(";")[0] ?? "";
    if (operation === null || mediaType !== "application/json") return response;
    const copy = response.clone();
    // Who reads the answer is told where it breaks off.
    const text = await copy.text().catch(() => null);
    if (text !== null && text !== "") assertDescribed(operation, { status: response.status, mediaType, text });
    return response;
  };
}

import type { ApiOperation } from "../api/operation.ts";
import { operations, writeOpenApi } from "../api/open-api.ts";
import type { HttpDoor } from "../door.ts";

/**
 * `GET /v1/openapi.json`: describes the doors that are open here. One that nobody has described is named at least.
 * @param version Of the service.
 */
export function createApiDoor(version: string, doors: readonly HttpDoor[]): HttpDoor {
  let text: string | null = null;
  const own: HttpDoor = {
    path: "/v1/openapi.json",
    method: "GET",
    handler(_request, response) {
      text ??= JSON.stringify(
        writeOpenApi(version, [...doors.filter(({ isPage }) => isPage !== true), own].map(describe)),
      );
      response.set("cache-control", "no-cache").type("application/json").send(text);
    },
  };
  return own;
}

function describe({ path, method }: HttpDoor): ApiOperation {
  const known = operations.find((operation) => operation.path === path && operation.method === method);
  return known ?? { id: `${method} ${path}`, path, method, summary: "", access: "anybody", answers: [] };
}

import type { z } from "zod";

import type { OperatorRole } from "../../domain/operator-key.ts";
import type { HttpDoor } from "../door.ts";

/** Who may ask: `reader` is anybody, who sees more of a session with a key for it. */
export type ApiAccess = "anybody" | "reader" | "operator" | "station" | "peer";

/** One way in which an operation answers; refusals all have the form of the error catalogue and are not listed. */
export interface ApiAnswer {
  readonly status: 200 | 201 | 202 | 402;
  readonly meaning: string;
  /** Of the body where it is JSON; of the data of each event where it is a stream. */
  readonly schema: z.ZodType;
  /** JSON by default. */
  readonly mediaType?: "application/json" | "application/zip" | "text/event-stream" | "text/plain" | "application/xml";
}

/** What the service offers at one address: `/v1/openapi.json` and `docs/api.md` are written from these. */
export interface ApiOperation extends Pick<HttpDoor, "path" | "method"> {
  /** By which programs name it. */
  readonly id: string;
  readonly summary: string;
  readonly access: ApiAccess;
  /** The least that an operator's key has to allow. */
  readonly role?: OperatorRole;
  /** What parts of the path can be, where that is not any text. */
  readonly parameters?: Readonly<Record<string, z.ZodType>>;
  /** The schema with which the door reads the query. */
  readonly query?: z.ZodType;
  /** The schema with which the door reads the body. */
  readonly body?: { readonly schema: z.ZodType; readonly isTextToo?: boolean; readonly isOptional?: boolean };
  readonly answers: readonly ApiAnswer[];
  /** The body of a refusal where it is not that of the error catalogue. */
  readonly refusal?: z.ZodType;
}

/** An operation that answers JSON in one way. */
export function answering(schema: z.ZodType, meaning: string, status: ApiAnswer["status"] = 200): readonly ApiAnswer[] {
  return [{ status, meaning, schema }];
}

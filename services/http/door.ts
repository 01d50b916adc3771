import type { RequestHandler } from "express";

import type { WattproofError } from "../errors.ts";

/** One address of the service. Each room of `http/` lists its own in `doors.ts`. */
export interface HttpDoor {
  /** As Express has it, with `:name` for a part that varies. */
  readonly path: string;
  readonly method: "GET" | "POST" | "PUT";
  readonly handler: RequestHandler;
  /** A GET here uses something up. So nothing answers HEAD, with which programs look at an address before a person does. */
  readonly hasEffect?: boolean;
  /** It answers people with pages, and is none of the interface that is described. */
  readonly isPage?: boolean;
  /** The body of a refusal where another protocol prescribes it; by default that of the error catalogue. */
  readonly refusalOf?: (error: WattproofError) => object;
}

import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { setTimeout as wait } from "node:timers/promises";

import { getAddress, hexlify, randomBytes } from "ethers";
import type { RequestHandler } from "express";

import { dossierOrderSchema } from "../../dossier/make/dossier-wire-format.ts";
import type { DossierMaker } from "../../dossier/make/dossier-maker.ts";
import { writeDossier, type DossierSigning } from "../../dossier/make/write-dossier.ts";
import { WattproofError } from "../../errors.ts";
import { readBody } from "../body.ts";
import type { HttpDoor } from "../door.ts";
import { createQueueLimit } from "../entrance/limits.ts";
import { describeCommand, type Operators } from "./operators.ts";

/** What making dossiers takes. */
export interface DossierDeps {
  readonly dossiers: {
    readonly maker: DossierMaker;
    readonly sign: DossierSigning;
    readConsentBlock(): Promise<number>;
  };
  readonly operators: Operators;
}

/** Identifiers of ten thousand EVSEs fit. */
const orderLimitBytes = 4 * 1024 * 1024;
/** Each reads all that an operator's meters signed. */
const dossiersAtOnce = 1;
const seedBytes = 32;
/** Proxies close a connection on which nothing moves for a minute; most wait at least this long. */
const heartbeatMs = 15_000;

/** `POST /v1/dossiers`: makes a dossier and answers with it, piece by piece. */
export function createDossierDoors({ dossiers, operators }: DossierDeps): readonly HttpDoor[] {
  const queue = createQueueLimit(dossiersAtOnce);

  const handler: RequestHandler = async (request, response) => {
    await operators.require(request, response, "operate", "dossier-made");
    const order = readOrder(await readBody(request, orderLimitBytes));
    const { operator, purpose, fromSeconds, toSeconds } = order;
    describeCommand(response, { subject: operator, details: { purpose, fromSeconds, toSeconds } });
    await queue.run(async () => {
      const seed = hexlify(randomBytes(seedBytes));
      const consent = order.consent && { ...order.consent, blockNumber: await dossiers.readConsentBlock() };
      const pieces = writeDossier(dossiers.maker, { ...order, seed, consent }, dossiers.sign);
      // What keeps it from being made is known with the first piece, and answered as any other error.
      const first = await pieces.next();
      response.status(200).set({ "content-type": "application/json", "cache-control": "no-store" });
      await pipeline(Readable.from(withHeartbeat(first, pieces)), response);
    });
  };
  return [{ path: "/v1/dossiers", method: "POST", handler }];
}

/** White space between two parts keeps the connection while other oracles verify. */
async function* withHeartbeat(first: IteratorResult<string>, pieces: AsyncGenerator<string>): AsyncGenerator<string> {
  if (first.done !== true) yield first.value;
  for (;;) {
    const next = pieces.next();
    for (;;) {
      const timer = new AbortController();
      const beat = wait(heartbeatMs, null, { signal: timer.signal }).catch(() => null);
      const piece = await Promise.race([next, beat]).finally(() => {
        timer.abort();
      });
      if (piece === null) {
        yield "\n";
        continue;
      }
      if (piece.done === true) return;
      yield piece.value;
      break;
    }
  }
}

function readOrder(body: Uint8Array): ReturnType<typeof dossierOrderSchema.parse> {
  try {
    const order = dossierOrderSchema.parse(JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body)));
    return { ...order, operator: getAddress(order.operator.toLowerCase()) };
  } catch (error) {
    throw new WattproofError("ENVELOPE_INVALID", "This is no order of a dossier.", { cause: error });
  }
}

import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";

import { makeZip } from "client-zip";
import type { RequestHandler } from "express";
import { z } from "zod";

import type { Chain } from "../../chain/chain.ts";
import { longestRecordsGrantSeconds, recordsGrantDigestOf } from "../../domain/records-grant.ts";
import { WattproofError } from "../../errors.ts";
import type { ReceiptWriter } from "../../settlement/receipt.ts";
import type { Store } from "../../store/store.ts";
import { parseBody, readBody } from "../body.ts";
import type { ClientLimit } from "../entrance/client-limit.ts";
import { createQueueLimit } from "../entrance/limits.ts";
import { readAccountFiles } from "./account-archive.ts";
import { address, anySignature, orderLimitBytes, uint } from "./signed-orders.ts";

/** Each reads through the ledger for as long as its reader takes. */
const archivesAtOnce = 4;

export const recordsGrantSchema = z.strictObject({
  driver: address,
  reader: z.string().max(100),
  key: z.string().regex(/^[A-Za-z0-9_-]{32,128}$/),
  until: uint(40),
  signature: anySignature,
});

/** What archives of a driver's records need. */
export interface DriverRecordsDeps {
  readonly store: Store;
  readonly chain: Pick<Chain, "domain" | "oracle" | "isSignedBy">;
  readonly receipts: ReceiptWriter;
  readonly now: () => number;
}

/**
 * `POST /v1/driver-records`: all sessions of a driver with their signed records and receipts, as one ZIP archive. Nothing
 * is changed and nothing is kept: a grant that is sent again gives the same to whoever has its key, until its end.
 */
export function postDriverRecords(deps: DriverRecordsDeps, limit: ClientLimit): RequestHandler {
  const { chain, now } = deps;
  const queue = createQueueLimit(archivesAtOnce);
  return async (request, response) => {
    limit.admit(request);
    const body = await readBody(request, orderLimitBytes);
    const { signature, ...grant } = parseBody(body, recordsGrantSchema, "RECORDS_GRANT_INVALID");
    const leftSeconds = grant.until - Math.floor(now() / 1_000);
    if (leftSeconds <= 0) throw new WattproofError("RECORDS_GRANT_EXPIRED", `It ended at ${grant.until}.`);
    if (leftSeconds > longestRecordsGrantSeconds) {
      throw new WattproofError(
        "RECORDS_GRANT_TOO_LONG",
        `${leftSeconds} s; the limit is ${longestRecordsGrantSeconds} s.`,
      );
    }
    const digest = recordsGrantDigestOf({ ...grant, service: chain.oracle }, chain.domain.chainId);
    if (!(await chain.isSignedBy(grant.driver, digest, signature))) {
      throw new WattproofError("RECORDS_UNSIGNED", `The driver is ${grant.driver}, the service ${chain.oracle}.`);
    }
    await queue.run(async () => {
      response.status(200).set({
        "content-type": "application/zip",
        "content-disposition": 'attachment; filename="wattproof-records.zip"',
        "cache-control": "no-store",
      });
      const archive = makeZip(readAccountFiles(deps, grant.driver));
      await pipeline(Readable.fromWeb(archive), response);
    });
  };
}

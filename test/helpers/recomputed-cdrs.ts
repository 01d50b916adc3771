import { createPublicKey } from "node:crypto";

import { expect } from "chai";

import { checkCdrs } from "../../scripts/verify/cdr/check-cdr.ts";
import { verifier } from "./ocmf.ts";
import { recompute, statedCost } from "./ocpi-calculator.ts";

type Cdr = Readonly<Record<string, unknown>>;

/**
 * Each record by itself gives what it says that the session cost, to a calculator that shares no code with the exporter; a
 * library for keys reads its key; and our own check of records from anybody has nothing against it.
 */
export function expectRecomputed(cdrs: readonly Cdr[]): void {
  for (const cdr of cdrs) {
    const id = String(cdr["id"]);
    const [stated, found] = [statedCost(cdr), recompute(cdr)];
    // An hour's ninth decimal is rounded down, which can take the last digit of an amount.
    for (const difference of [stated.netMicro - found.netMicro, stated.grossMicro - found.grossMicro]) {
      expect(difference >= -1n && difference <= 1n, `${id}: ${difference}`).to.equal(true);
    }
    const signed = cdr["signed_data"] as { readonly public_key: string } | undefined;
    if (signed !== undefined) {
      expect(signed.public_key, id).to.match(/^[A-Za-z0-9+/]+={0,2}$/u);
      const key = createPublicKey({ key: Buffer.from(signed.public_key, "base64"), format: "der", type: "spki" });
      expect(key.asymmetricKeyType, id).to.equal("ec");
    }
    const [verdict] = checkCdrs([cdr], null, verifier);
    expect(verdict?.reasons, id).to.deep.equal([]);
  }
}

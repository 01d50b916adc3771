import { getBytes, Result, type Interface } from "ethers";
import { z } from "zod";

import type { Curve } from "../../../services/evidence/formats/ocmf/types.ts";
import { derTag, writeDerElement } from "../../../services/evidence/formats/ocmf/der.ts";
import type { ChainAccess } from "../../command-line/chain-access.ts";
import { sessionIdOf } from "../../../services/domain/terms.ts";

const bytes = z.string().transform((text) => getBytes(text));
const records = z.array(z.object({ payload: bytes, r: bytes, s: bytes }));
const terms = z.object({
  driver: z.string(),
  lane: z.bigint().transform(Number),
  nonce: z.bigint().transform(Number),
  operator: z.string(),
  agreement: z.bigint().transform(Number),
  evse: z.bigint().transform(Number),
  meter: z.bigint().transform(Number),
  maximumPowerW: z.bigint().transform(Number),
  tariffId: z.string(),
  holdMicro: z.bigint(),
  expiresAt: z.bigint().transform(Number),
});
const shown = z.object({ terms, records });

/** How often a call's first four bytes may occur in a transaction: more than a block has room for. */
const mostCalls = 1_000;

/**
 * The records that a transaction showed to the contract for a session, as OCMF texts: with its settlement by the meter, or
 * with a challenge. The call is looked for in the whole calldata, for it may have come through another contract.
 * Nothing is verified. Empty where there are none, or not in this form.
 */
export async function readShownRecords(
  { provider, interfaces, deployment }: ChainAccess,
  txHash: string,
  sessionId: string,
  curve: Curve,
): Promise<readonly Uint8Array[]> {
  const data = (await provider.getTransaction(txHash))?.data;
  if (data === undefined) return [];
  const domain = { chainId: deployment.chainId, verifyingContract: deployment.contracts.chargingSettlement };
  const calls = [
    ...callsIn(data, interfaces.meterSettlement, "settleWithMeter").map(([session]) => partsOf(session)),
    ...callsIn(data, interfaces.meterSettlement, "settleBatchWithMeter").flatMap(([sessions]) =>
      itemsOf(sessions).map(partsOf),
    ),
    ...callsIn(data, interfaces.challenges, "challenge").map(([claim, shownRecords]) => ({
      terms: partsOf(claim).terms,
      records: shownRecords,
    })),
  ];
  for (const call of calls) {
    const content = shown.safeParse(contentOf(call)).data;
    if (content !== undefined && sessionIdOf(content.terms, domain) === sessionId) {
      return content.records.map((record) => textOf(record, curve));
    }
  }
  return [];
}

/** The arguments of each call of this function in the calldata. */
function callsIn(data: string, contract: Interface, name: string): readonly (readonly unknown[])[] {
  const selector = contract.getFunction(name)?.selector.slice(2) ?? "";
  const found: (readonly unknown[])[] = [];
  for (let at = data.indexOf(selector), count = 0; at >= 0 && count < mostCalls; count += 1) {
    // Two digits are a byte, behind `0x`.
    const values = at % 2 === 0 ? decode(contract, name, `0x${data.slice(at)}`) : null;
    if (values !== null) found.push(values);
    at = data.indexOf(selector, at + 1);
  }
  return found;
}

function decode(contract: Interface, name: string, data: string): readonly unknown[] | null {
  try {
    const values: readonly unknown[] = contract.decodeFunctionData(name, data).toArray();
    return values;
  } catch {
    // The four bytes can stand anywhere by chance; what cannot be decoded is no call.
    return null;
  }
}

function itemsOf(list: unknown): readonly unknown[] {
  return list instanceof Result ? list.toArray() : [];
}

interface CallParts {
  readonly terms: unknown;
  readonly records: unknown;
}

/** Terms and records of a tuple that has them by name. */
function partsOf(tuple: unknown): CallParts {
  const part = (name: string): unknown => {
    try {
      return tuple instanceof Result ? tuple.getValue(name) : null;
    } catch {
      // The library throws where a tuple has no such member.
      return null;
    }
  };
  return { terms: part("terms"), records: part("records") };
}

/** Terms and records of a call by their names. */
function contentOf({ terms: inCall, records: list }: CallParts): unknown {
  const named = (value: unknown, names: readonly string[]): unknown =>
    value instanceof Result ? Object.fromEntries(names.map((name) => [name, value.getValue(name)])) : null;
  const each = list instanceof Result ? itemsOf(list).map((record) => named(record, ["payload", "r", "s"])) : null;
  return { terms: named(inCall, Object.keys(terms.shape)), records: each };
}

/** A record as its meter would write it: the signature section is not signed, and is written anew. */
function textOf(record: z.output<typeof records>[number], curve: Curve): Uint8Array {
  const scalars = [record.r, record.s].map((scalar) => writeDerElement(derTag.integer, integerOf(scalar)));
  const signature = writeDerElement(derTag.sequence, Buffer.concat(scalars));
  const section = JSON.stringify({
    SA: `ECDSA-${curve}-SHA256`,
    SD: Buffer.from(signature).toString("hex").toUpperCase(),
  });
  return Buffer.concat([Buffer.from("OCMF|"), record.payload, Buffer.from(`|${section}`)]);
}

/** Without leading zeros, but one where the first bit is set, as DER has it. */
function integerOf(scalar: Uint8Array): Uint8Array {
  const first = scalar.findIndex((byte) => byte !== 0);
  const digits = first < 0 ? Uint8Array.of(0) : scalar.subarray(first);
  return (digits[0] ?? 0) > 0x7f ? Uint8Array.of(0, ...digits) : digits;
}

import { createPrivateKey } from "node:crypto";

import { p256 } from "@noble/curves/nist.js";
import { secp256k1 } from "@noble/curves/secp256k1.js";
import { getBytes, TypedDataEncoder } from "ethers";
import { z } from "zod";

import { WattproofError } from "../../../services/errors.ts";
import { readJson } from "../../command-line/files.ts";

const word = z.string().regex(/^0x[0-9a-fA-F]{64}$/u);

/** What a maker says about a meter, with its signature, as `maker sign` writes it and `meter vouch` reads it. */
const statementSchema = z.strictObject({
  maker: z.int().min(1),
  meterType: z.string(),
  serialNumber: z.string(),
  /** Seconds since 1970. */
  calibrationExpiresAt: z.int().nonnegative(),
  r: word,
  s: word,
});
export type SignedStatement = z.output<typeof statementSchema>;

/** @throws INPUT_UNREADABLE */
export function readStatement(path: string): SignedStatement {
  const parsed = statementSchema.safeParse(readJson(path));
  if (!parsed.success) {
    throw new WattproofError("INPUT_UNREADABLE", `${path} is not a maker's statement.`, { cause: parsed.error });
  }
  return parsed.data;
}

/** The contract's `vouchingDigestOf`, for a meter that need not be registered yet. */
export function vouchingDigestOf(
  place: { readonly chainId: number; readonly meterRegistry: string },
  keyId: string,
  statement: Pick<SignedStatement, "meterType" | "serialNumber" | "calibrationExpiresAt">,
): string {
  const { meterType, serialNumber, calibrationExpiresAt } = statement;
  return TypedDataEncoder.hash(
    {
      name: "Wattproof Meter Registry",
      version: "1",
      chainId: place.chainId,
      verifyingContract: place.meterRegistry,
    },
    {
      MeterVouching: [
        { name: "keyId", type: "bytes32" },
        { name: "meterType", type: "string" },
        { name: "serialNumber", type: "string" },
        { name: "calibrationExpiresAt", type: "uint40" },
      ],
    },
    { keyId, meterType, serialNumber, calibrationExpiresAt },
  );
}

const jwkSchema = z.object({ crv: z.enum(["P-256", "secp256k1"]), d: z.string() });

/**
 * Signs a digest as it stands.
 * @param pem The private key.
 * @throws METER_KEY_INVALID
 */
export function signDigest(digest: string, pem: Uint8Array): { readonly r: string; readonly s: string } {
  const { crv, d } = readPrivateKey(pem);
  const secret = Uint8Array.from(Buffer.from(d, "base64url"));
  const sign = crv === "P-256" ? p256.sign : secp256k1.sign;
  const signature = sign(getBytes(digest), secret, { prehash: false });
  const [r, s] = [signature.subarray(0, 32), signature.subarray(32)].map((half) => Buffer.from(half).toString("hex"));
  return { r: `0x${r ?? ""}`, s: `0x${s ?? ""}` };
}

function readPrivateKey(bytes: Uint8Array): z.output<typeof jwkSchema> {
  try {
    return jwkSchema.parse(createPrivateKey(Buffer.from(bytes)).export({ format: "jwk" }));
  } catch {
    // The cause could quote the key.
    throw new WattproofError("METER_KEY_INVALID", "The maker's key is not a private key of P-256 or secp256k1 in PEM.");
  }
}

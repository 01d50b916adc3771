import { secp256k1 } from "@noble/curves/secp256k1.js";
import { getBytes } from "ethers";
import { z } from "zod";

import { WattproofError } from "../errors.ts";
import { signAwsRequest, type AwsCredentials } from "./aws-signature.ts";
import { signatureOf, type DigestSigner } from "./digest-signer.ts";
import { readJson } from "./rpc.ts";

/** What all signers have in common that are asked over HTTP. */
interface RemoteSigner {
  readonly url: string;
  /** The account whose key it is to be. */
  readonly address: string;
  readonly timeoutMs: number;
  /** Ends every wait. */
  readonly signal: AbortSignal;
}

/** No signature takes more. */
const answerLimitBytes = 16_384;

const plainAnswer = z.object({ signature: z.string().regex(/^0x[0-9a-fA-F]{128}(?:[0-9a-fA-F]{2})?$/u) });

/**
 * A plain signer: `POST` of `{"digest":"0x…"}` is answered with `{"signature":"0x…"}`, r and s and, if it likes, v. The token
 * goes along as `Authorization: Bearer`.
 */
export function createHttpSigner(options: RemoteSigner & { readonly token: string | null }): DigestSigner {
  const { address, token } = options;
  return {
    address,
    async sign(digest) {
      const authorization = token === null ? {} : { authorization: `Bearer ${token}` };
      const { signature } = await ask(options, JSON.stringify({ digest }), authorization, plainAnswer);
      return signatureOf(address, digest, BigInt(signature.slice(0, 66)), BigInt(`0x${signature.slice(66, 130)}`));
    },
  };
}

const kmsAnswer = z.object({ Signature: z.base64() });

/** The service and the operation as the API names them. */
const kmsTarget = "TrentService.Sign";

/** A key of AWS KMS of the kind ECC_SECG_P256K1, which signs digests as they are and answers in DER. */
export function createKmsSigner(
  options: RemoteSigner & {
    readonly keyId: string;
    readonly region: string;
    readonly credentials: AwsCredentials;
    readonly now: () => number;
  },
): DigestSigner {
  const { url, address, keyId, region, credentials, now } = options;
  return {
    address,
    async sign(digest) {
      const body = JSON.stringify({
        KeyId: keyId,
        Message: Buffer.from(getBytes(digest)).toString("base64"),
        MessageType: "DIGEST",
        SigningAlgorithm: "ECDSA_SHA_256",
      });
      const headers = { "content-type": "application/x-amz-json-1.1", "x-amz-target": kmsTarget };
      const request = { method: "POST", url, headers, body, region, service: "kms", atMs: now() };
      const answer = await ask(options, body, { ...headers, ...signAwsRequest(request, credentials) }, kmsAnswer);
      const { r, s } = numbersOf(Buffer.from(answer.Signature, "base64"));
      return signatureOf(address, digest, r, s);
    },
  };
}

/** r and s of an ECDSA-Sig-Value in DER (RFC 5480). */
function numbersOf(der: Uint8Array): { readonly r: bigint; readonly s: bigint } {
  try {
    return secp256k1.Signature.fromBytes(new Uint8Array(der), "der");
  } catch (error) {
    throw new WattproofError("SIGNER_UNAVAILABLE", "The signer answered with no signature.", { cause: error });
  }
}

async function ask<Answer>(
  { url, timeoutMs, signal }: RemoteSigner,
  body: string,
  headers: Readonly<Record<string, string>>,
  schema: z.ZodType<Answer>,
): Promise<Answer> {
  try {
    const response = await fetch(url, {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body,
      redirect: "error",
      signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
    });
    if (!response.ok) {
      await response.body?.cancel();
      throw new WattproofError("SIGNER_UNAVAILABLE", `The signer answered ${response.status}.`);
    }
    return schema.parse(await readJson(response, answerLimitBytes));
  } catch (error) {
    if (error instanceof WattproofError) throw error;
    // Its address may contain a key, so that it is not repeated here.
    throw new WattproofError("SIGNER_UNAVAILABLE", "The signer gave no usable answer.", { cause: error });
  }
}

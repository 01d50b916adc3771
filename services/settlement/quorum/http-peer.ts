import { WattproofError } from "../../errors.ts";
import type { PeerAnswer, QuorumPeer } from "./peer.ts";
import { answerLimitBytes, decodeAnswer, encodeLowering, encodeRequest } from "./wire-format.ts";

/** How another oracle's service is reached. The key is known to these two services alone. */
export interface PeerEndpoint {
  readonly address: string;
  readonly url: string;
  readonly key: string;
}

/** Where a service takes requests for signatures. */
export const signaturesPath = "/v1/quorum/signatures";

/** Where a service takes requests to sign a lower price. */
export const loweringsPath = "/v1/quorum/lowerings";

/** Another oracle's service over HTTP. Every wait and every answer is limited. */
export function createHttpPeer(endpoint: PeerEndpoint, ownAddress: string, timeoutMs: number): QuorumPeer {
  const { address } = endpoint;

  async function ask(path: string, body: string, signal: AbortSignal): Promise<PeerAnswer> {
    try {
      const answer = await postToPeer(endpoint, ownAddress, path, body, timeoutMs, signal);
      if (answer.status !== 200) throw new RangeError(`Status ${answer.status}.`);
      return decodeAnswer(answer.body);
    } catch (error) {
      throw new WattproofError("PEER_UNAVAILABLE", `The oracle ${address} gave no usable answer.`, { cause: error });
    }
  }

  return {
    address,
    requestSignature: (claims, signal) => ask(signaturesPath, encodeRequest(claims), signal),
    requestLowering: (lowering, signal) => ask(loweringsPath, encodeLowering(lowering), signal),
  };
}

/** Posts JSON to another oracle's service. @throws where there is no answer in time, or one that is too long */
export async function postToPeer(
  { url, key }: PeerEndpoint,
  ownAddress: string,
  path: string,
  body: string,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<{ readonly status: number; readonly body: Uint8Array }> {
  const response = await fetch(`${url.replace(/\/$/, "")}${path}`, {
    method: "POST",
    headers: { authorization: `Bearer ${key}`, "x-oracle-address": ownAddress, "content-type": "application/json" },
    body,
    redirect: "error",
    signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
  });
  return { status: response.status, body: await readLimited(response) };
}

async function readLimited(response: Response): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  const body: AsyncIterable<Uint8Array> | null = response.body;
  for await (const chunk of body ?? []) {
    length += chunk.length;
    if (length > answerLimitBytes) throw new RangeError("The answer is too long.");
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

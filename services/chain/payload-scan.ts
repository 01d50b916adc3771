import type { Interface } from "ethers";
import { z } from "zod";

import { WattproofError } from "../errors.ts";
import type { Rpc } from "./rpc.ts";
import { RpcRefusal } from "./rpc.ts";

const bytes = z.string().regex(/^0x[0-9a-fA-F]*$/);

/**
 * Asks the deployed scanner whether it takes a payload.
 * Errors: CHAIN_UNAVAILABLE if it gave neither content nor its own refusal, CHAIN_MISMATCH if the content is none.
 */
export function createPayloadScan(deps: {
  readonly rpc: Rpc;
  readonly scanner: Interface;
  readonly readAddress: () => Promise<string>;
}): (payload: Uint8Array) => Promise<boolean> {
  const { rpc, scanner } = deps;
  const refusalSelector = selectorOfRefusal(scanner);
  let knownAddress: string | null = null;

  async function addressOf(): Promise<string> {
    const address = knownAddress ?? (await deps.readAddress());
    knownAddress = address;
    return address;
  }

  /** `null` if the scanner refuses. */
  async function scan(payload: Uint8Array): Promise<string | null> {
    const call = { to: await addressOf(), data: scanner.encodeFunctionData("scan", [payload]) };
    try {
      return await rpc.request("eth_call", [call, "latest"], bytes);
    } catch (error) {
      if (!(error instanceof RpcRefusal)) throw error;
      if (error.revertData?.startsWith(refusalSelector) === true) return null;
      throw new WattproofError("CHAIN_UNAVAILABLE", "The endpoint refused the call scan.", { cause: error });
    }
  }

  return async (payload) => {
    const content = await scan(payload);
    if (content === null) return false;
    try {
      // Where there is no contract, a call succeeds with nothing.
      scanner.decodeFunctionResult("scan", content);
      return true;
    } catch (error) {
      throw new WattproofError("CHAIN_MISMATCH", "The answer to scan cannot be read.", { cause: error });
    }
  };
}

function selectorOfRefusal(scanner: Interface): string {
  const refusal = scanner.getError("RecordRefused");
  if (refusal === null) throw new WattproofError("DEPLOYMENT_INVALID", "The scanner's interface has no RecordRefused.");
  return refusal.selector;
}

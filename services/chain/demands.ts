import { Result } from "ethers";
import { z } from "zod";

import type { Chain } from "./chain.ts";
import type { ContractInterfaces } from "./contracts.ts";
import type { Deployment } from "./deployment.ts";
import { encodeRecord } from "./proof-calls.ts";
import { RpcRefusal, type Rpc } from "./rpc.ts";

const hex = z.string().regex(/^0x[0-9a-fA-F]*$/);
const demand = z.object({
  status: z.bigint(),
  evidenceRoot: z.string(),
  index: z.bigint().transform(Number),
  answerableUntil: z.bigint().transform(Number),
});
/** `DemandStatus.Open` of the contract. */
const openStatus = 1n;

/** Asks the contracts about demands for records, prices that can be lowered, and what records prove. */
export function createDemandReader({
  rpc,
  deployment,
  interfaces,
}: {
  readonly rpc: Rpc;
  readonly deployment: Deployment;
  readonly interfaces: ContractInterfaces;
}): Pick<Chain, "readDemand" | "readLowerableUntil" | "measure"> {
  const { challenges, meterSettlement } = interfaces;
  const call = (to: string, data: string): Promise<string> => rpc.request("eth_call", [{ to, data }, "latest"], hex);

  return {
    async readDemand(sessionId) {
      const data = challenges.encodeFunctionData("demandOf", [sessionId]);
      const [answer] = challenges.decodeFunctionResult("demandOf", await call(deployment.contracts.challenges, data));
      const { status, ...open } = demand.parse(toObject(answer));
      return status === openStatus ? open : null;
    },
    async readLowerableUntil(sessionId) {
      const data = challenges.encodeFunctionData("lowerableUntil", [sessionId]);
      const answer = await call(deployment.contracts.challenges, data);
      const until = Number(z.bigint().parse(challenges.decodeFunctionResult("lowerableUntil", answer)[0]));
      return until === 0 ? null : until;
    },
    async measure({ terms, opening, toppedUpMicro, settledAt, records }) {
      const parameters = [terms, opening, toppedUpMicro, settledAt, records.map(encodeRecord)];
      const data = meterSettlement.encodeFunctionData("measure", parameters);
      try {
        const answer = await call(deployment.contracts.meterSettlement, data);
        return z.bigint().parse(meterSettlement.decodeFunctionResult("measure", answer)[0]);
      } catch (error) {
        // Bytes of a revert are the contracts' own words; without them the endpoint failed.
        if (error instanceof RpcRefusal && error.revertData !== null) return null;
        throw error;
      }
    },
  };
}

function toObject(value: unknown): unknown {
  return value instanceof Result ? value.toObject() : value;
}

import { z } from "zod";

import { unpackSettlementResult } from "../../domain/metering.ts";
import { settledInGroup } from "../../domain/settled-group.ts";
import { receiptInterface, type ChainLog } from "../../receipts/receipt-chain.ts";

/** The energy with which an event says that a session was settled, in 10⁻⁶ Wh; `null` if it says no such thing. */
export function settledMicroWhIn({ topics, data }: ChainLog, sessionId: string): bigint | null {
  try {
    const event = receiptInterface.parseLog({ topics: [...topics], data });
    const field = (name: string): unknown => event?.args.getValue(name);
    if (event?.name === "SessionSettled" && field("sessionId") === sessionId) {
      return unpackSettlementResult(z.bigint().parse(field("result"))).energyMicroWh;
    }
    if (event?.name !== "GroupSettled") return null;
    const settled = settledInGroup(field).find((one) => one.sessionId === sessionId);
    return settled?.result.energyMicroWh ?? null;
  } catch {
    // An event that only has the name of one of ours: the dossier names the contracts itself.
    return null;
  }
}

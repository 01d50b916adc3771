import { AbiCoder, hexlify, keccak256, randomBytes } from "ethers";
import { z } from "zod";

import type { HeldOpening } from "../../../services/chain/chain.ts";
import { findClaim } from "../../../services/chain/settled-claims.ts";
import { openingOf } from "../../../services/domain/opening.ts";
import { packTariff } from "../../../services/domain/packed-tariff.ts";
import { WattproofError } from "../../../services/errors.ts";
import { tokens } from "../../command-line/amounts.ts";
import { exitCode } from "../../command-line/exit-codes.ts";
import { sessionIdInput } from "../../command-line/inputs.ts";
import { registryOf } from "../../command-line/registry.ts";
import { defineVerb } from "../../command-line/verb.ts";
import { readSessions } from "../sessions/session-book.ts";

export const challengeDemand = defineVerb({
  path: ["challenge", "demand"],
  summary: "demands the records behind a settlement by oracles; their bonds pay if they show none",
  description:
    "Anybody can demand. The deposit is what an answer costs: whoever answers gets it, and it comes back where nobody does.\n" +
    "The demand is promised one block before it is made, so that nobody who sees it can take its reward.",
  arguments: [{ syntax: "<session-id>", description: "a session that oracles settled within the challenge window" }],
  options: [],
  access: "write",
  readsHistory: true,
  account: "OPERATOR",
  examples: ["challenge demand 0x… --dry-run"],
  input: z.object({ sessionId: sessionIdInput }),
  async run({ sessionId }, run) {
    const { output, isDryRun } = run;
    const writer = await run.openWriter("OPERATOR");
    const { chain } = writer;
    const sessions = await readSessions(run, chain);
    const session = sessions.get(sessionId);
    const settlement = session?.settlement ?? null;
    if (session === undefined || settlement === null || settlement.batch === null) {
      throw new WattproofError("REGISTRY_ENTRY_UNKNOWN", `No oracles settled a session ${sessionId}.`);
    }
    const receipt = await chain.provider.getTransactionReceipt(settlement.position.txHash);
    const logs = (receipt?.logs ?? []).map(({ address, topics, data }) => ({ address, topics: [...topics], data }));
    const sessionOf = (id: string): Promise<HeldOpening | null> => {
      const found = sessions.get(id);
      const held = found === undefined ? null : { ...openingOf(found.opening), holdMicro: found.terms.holdMicro };
      return Promise.resolve(held);
    };
    const place = await findClaim(logs, settlement.batch, sessionId, { ...chain, sessionOf });
    if (place === null) {
      throw new WattproofError("REGISTRY_ENTRY_UNKNOWN", `The claims of batch ${settlement.batch} cannot be read.`);
    }
    const { terms } = session;
    const claim = { ...place, terms, tariff: packTariff(await registryOf(chain).readTariff(terms.tariffId)) };
    const salt = hexlify(randomBytes(32));
    const types = ["address", "uint256", "uint256", "bytes32"];
    const commitment = keccak256(
      AbiCoder.defaultAbiCoder().encode(types, [writer.address, place.batch, place.index, salt]),
    );
    const depositMicro = await chain.contracts.challenges.demandDepositMicro();
    const unit = await chain.contracts.oracleBonds.unit();
    const spender = chain.deployment.contracts.oracleBonds;
    const approval = await writer.call({
      contract: "erc20",
      method: "approve",
      parameters: [spender, depositMicro * unit],
    });
    const promise = await writer.call({ contract: "challenges", method: "commit", parameters: [commitment] });
    const transactions = [approval.transaction, promise.transaction];
    // Before the promise is on the chain, nobody can say what the demand would cost.
    if (!isDryRun) {
      const demand = await writer.call({ contract: "challenges", method: "demandEvidence", parameters: [claim, salt] });
      transactions.push(demand.transaction);
    }
    output.json({ isDryRun, sessionId, batch: place.batch, index: place.index, depositMicro, transactions });
    output.line(`${isDryRun ? "would be demanded" : "demanded"}, deposit ${tokens(depositMicro)}`);

    return exitCode.done;
  },
});

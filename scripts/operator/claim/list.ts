import { z } from "zod";

import { topicOf } from "../../../services/dossier/format/evidence-interface.ts";
import { tableLines, tokens, utc } from "../../command-line/amounts.ts";
import { exitCode } from "../../command-line/exit-codes.ts";
import { addressInput } from "../../command-line/inputs.ts";
import { readLogs } from "../../command-line/logs.ts";
import { defineVerb } from "../../command-line/verb.ts";
import { kilowattHours } from "../../local-world/figures.ts";
import { energyClaimsOf } from "../market/contracts.ts";
import { requireClaim, type KnownClaim } from "./claims.ts";

export const claimList = defineVerb({
  path: ["claim", "list"],
  summary: "lists purposes and claims, with their holders and bonds",
  options: [{ flags: "--holder <address>", description: "only this holder's" }],
  access: "chain",
  readsHistory: true,
  examples: ["claim list", "claim list --holder 0x52908400098527886E0F7030069857D2E4169EE7"],
  input: z.object({ holder: addressInput.optional() }),
  async run({ holder }, run) {
    const chain = await run.openChain();
    const claims = energyClaimsOf(chain);
    const purposes = [];
    for (let number = 1; number <= Number(await claims.purposeCount()); number += 1) {
      const { name, group, activeFrom } = await claims.purposeOf(number);
      purposes.push({ purpose: number, name, group: Number(group), activeFrom: Number(activeFrom) });
    }
    const logs = await readLogs(run, chain, {
      address: await claims.getAddress(),
      topics: [topicOf("EnergyClaimed")],
    });
    const found: (KnownClaim & { readonly root: string })[] = [];
    for (const { topics, data } of logs) {
      const claim = await requireClaim(claims, BigInt(topics[1] ?? 0));
      // The root is the first word beside what is indexed.
      if (holder === undefined || claim.holder === holder) found.push({ ...claim, root: data.slice(0, 66) });
    }
    run.output.json({ purposes, claims: found });
    for (const { purpose, name, group, activeFrom } of purposes) {
      run.output.line(`purpose ${purpose}: ${name}, group ${group}, from ${utc(activeFrom)}`);
    }
    const rows = found.map(({ claimId, purpose, status, energyMicroWh, bondMicro, holder: of }) => [
      ...[String(claimId), String(purpose), status, `${kilowattHours(energyMicroWh)} kWh`, tokens(bondMicro), of],
    ]);
    for (const line of tableLines([["claim", "purpose", "status", "energy", "bond", "holder"], ...rows])) {
      run.output.line(line);
    }

    return exitCode.done;
  },
});

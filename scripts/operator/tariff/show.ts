import { z } from "zod";

import { WattproofError } from "../../../services/errors.ts";
import { exitCode } from "../../command-line/exit-codes.ts";
import { addressInput, tariffIdInput } from "../../command-line/inputs.ts";
import { readLogs } from "../../command-line/logs.ts";
import { registryOf } from "../../command-line/registry.ts";
import { defineVerb } from "../../command-line/verb.ts";
import { tariffLines } from "./read-tariff.ts";
import { tariffIdOf } from "../../../services/domain/packed-tariff.ts";
import { getAddress } from "ethers";

export const tariffShow = defineVerb({
  path: ["tariff", "show"],
  summary: "shows published tariffs in words: one, or all of an operator",
  arguments: [{ syntax: "[tariff-id]", description: "only this one" }],
  options: [{ flags: "--operator <address>", description: "only what this operator has published" }],
  access: "chain",
  readsHistory: true,
  examples: ["tariff show --operator 0x52908400098527886E0F7030069857D2E4169EE7"],
  input: z.object({ tariffId: tariffIdInput.optional(), operator: addressInput.optional() }),
  async run({ tariffId: only, operator: onlyOf }, run) {
    const chain = await run.openChain();
    const { tariffRegistry } = chain.contracts;
    const logs = await readLogs(run, chain, {
      address: chain.deployment.contracts.tariffRegistry,
      topics: chain.interfaces.tariffRegistry.encodeFilterTopics("TariffPublished", [only ?? null, onlyOf ?? null]),
    });
    const tariffs = [];
    for (const { topics } of logs) {
      const tariffId = topics[1] ?? "";
      const operator = getAddress(`0x${(topics[2] ?? "").slice(-40)}`);
      const tariff = await registryOf(chain).readTariff(tariffId);
      // The id is the hash of the content; an endpoint that shows another content is found out.
      if (tariffIdOf(tariff) !== tariffId)
        throw new WattproofError("CHAIN_MISMATCH", `Tariff ${tariffId} has another content.`);
      tariffs.push({ tariffId, operator, isOffered: await tariffRegistry.isOffered(operator, tariffId), tariff });
    }
    if (only !== undefined && tariffs.length === 0) {
      throw new WattproofError("REGISTRY_ENTRY_UNKNOWN", `Nobody has published tariff ${only}.`);
    }
    run.output.json({ tariffs });
    for (const { operator, isOffered, tariff } of tariffs) {
      for (const line of tariffLines(tariff)) run.output.line(line);
      run.output.line(`  ${isOffered ? "offered" : "retired"} by ${operator}`);
    }
    if (tariffs.length === 0) run.output.line("There are none.");

    return exitCode.done;
  },
});

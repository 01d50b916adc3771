import { z } from "zod";

import { tableLines, tokens, utc } from "../../command-line/amounts.ts";
import { exitCode } from "../../command-line/exit-codes.ts";
import { addressInput } from "../../command-line/inputs.ts";
import { defineVerb } from "../../command-line/verb.ts";
import { readSessions } from "../sessions/session-book.ts";
import { breachesOf, readCovenants } from "./covenants.ts";

export const covenantList = defineVerb({
  path: ["covenant", "list"],
  summary: "lists covenants, and the settled sessions that break them",
  description: "Exit 1 if a session breaks one that is active. Show it before the bond is released: covenant break.",
  options: [{ flags: "--share <address>", description: "only this share's" }],
  access: "chain",
  readsHistory: true,
  examples: ["covenant list", "covenant list --json | jq '.covenants[].breaches'"],
  input: z.object({ share: addressInput.optional() }),
  async run({ share }, run) {
    const chain = await run.openChain();
    const all = await readCovenants(run, chain);
    const found = share === undefined ? all : all.filter(({ terms }) => terms.share === share);
    const sessions = await readSessions(run, chain);
    const covenants = found.map((covenant) => ({ ...covenant, breaches: breachesOf(covenant, sessions.values()) }));
    run.output.json({ covenants });
    const rows = covenants.map(({ covenant, status, agreement, terms, breaches }) => [
      ...[String(covenant), status, String(agreement), terms.evses.join(" "), utc(terms.endsAt)],
      ...[tokens(terms.bondMicro), String(breaches.length)],
    ]);
    for (const line of tableLines([
      ["covenant", "status", "agreement", "EVSEs", "until", "bond", "breaches"],
      ...rows,
    ])) {
      run.output.line(line);
    }
    const isBroken = covenants.some(({ status, breaches }) => status === "active" && breaches.length > 0);

    return isBroken ? exitCode.differs : exitCode.done;
  },
});

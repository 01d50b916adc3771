import { toBeHex } from "ethers";
import { z } from "zod";

import type { RegisteredMeter } from "../../../services/chain/chain.ts";
import { packTariff } from "../../../services/domain/packed-tariff.ts";
import { WattproofError } from "../../../services/errors.ts";
import { nodeCryptography } from "../../../services/evidence/formats/ocmf/node-cryptography.ts";
import type { PublicKey } from "../../../services/evidence/formats/ocmf/types.ts";
import { createRecordJudge } from "../../../services/evidence/formats/all-formats.ts";
import { shown, utc } from "../../command-line/amounts.ts";
import { exitCode } from "../../command-line/exit-codes.ts";
import { readRecord } from "../../command-line/files.ts";
import { sessionIdInput } from "../../command-line/inputs.ts";
import { registryOf, requireMeter } from "../../command-line/registry.ts";
import { openService } from "../../command-line/service-client.ts";
import { defineVerb } from "../../command-line/verb.ts";
import { placesServiceOf, sessionReadingInput, sessionReadingOptions } from "../sessions/known-blocks.ts";
import { requireSession } from "../sessions/session-book.ts";

const receiptAnswer = z.object({
  records: z.array(z.union([z.object({ text: z.string() }), z.object({ base64: z.base64() })])),
});

export const challengeAnswer = defineVerb({
  path: ["challenge", "answer"],
  summary: "shows that the meter signed what the oracles claimed, so that no bond pays",
  description:
    "Anybody can answer, with the meter's records that give the charged price. They come from files, or from the session's\n" +
    "receipt at the service. Until the answer window is over; afterwards anybody can conclude the dispute.",
  arguments: [{ syntax: "<session-id>", description: "the challenged session" }],
  options: [
    { flags: "--record <file>", description: "a signed record; begin and end may be two", isRepeated: true },
    ...sessionReadingOptions,
  ],
  access: "write",
  readsHistory: true,
  account: "OPERATOR",
  examples: [
    "challenge answer 0x… --record session.ocmf --dry-run",
    "challenge answer 0x… --service https://charge.example",
  ],
  input: z.object({ sessionId: sessionIdInput, record: z.array(z.string()).default([]), ...sessionReadingInput }),
  async run({ sessionId, record: files, ...reading }, run) {
    const { output, isDryRun, environment } = run;
    const writer = await run.openWriter("OPERATOR");
    const { chain } = writer;
    const places = placesServiceOf(reading, chain, environment);
    const { terms, challenge } = await requireSession(run, chain, sessionId, places);
    if (challenge === null)
      throw new WattproofError("REGISTRY_ENTRY_UNKNOWN", `Nobody has challenged session ${sessionId}.`);
    const texts =
      files.length > 0
        ? files.map(readRecord)
        : (
            await openService(reading.service, chain.deploymentPath, environment).get(
              `/v1/receipts/${sessionId}`,
              receiptAnswer,
            )
          ).records.map((record) =>
            "text" in record ? Buffer.from(record.text) : Buffer.from(record.base64, "base64"),
          );
    const key = keyOf(await requireMeter(chain, terms.meter));
    const verifier = createRecordJudge({ cryptography: nodeCryptography });
    const records = texts.map((text) => {
      const verdict = verifier.verifyRecord(text, key);
      if (verdict.verdict === "accepted") {
        const { payload, signature } = verdict;
        return { payload, r: toBeHex(signature.r, 32), s: toBeHex(signature.s, 32) };
      }
      throw new WattproofError(verdict.reason, shown(verdict.detail));
    });
    const tariff = await registryOf(chain).readTariff(terms.tariffId);
    const intent = {
      contract: "challenges",
      method: "answer",
      parameters: [terms, packTariff(tariff), records],
    } as const;
    const { transaction } = await writer.call(intent);
    output.json({
      isDryRun,
      sessionId,
      records: records.length,
      answerableUntil: challenge.answerableUntil,
      transactions: [transaction],
    });
    output.line(`${isDryRun ? "would be answered" : "answered"}; until ${utc(challenge.answerableUntil)} it could be`);

    return exitCode.done;
  },
});

function keyOf({ curve, publicKey }: RegisteredMeter): PublicKey {
  const digits = publicKey.slice(2);
  const half = digits.length / 2;
  return { curve, x: BigInt(`0x${digits.slice(0, half)}`), y: BigInt(`0x${digits.slice(half)}`) };
}

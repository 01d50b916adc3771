import { readFileSync } from "node:fs";

import { z } from "zod";

import { exitCodes, UsageError, wholeNumber, type Output } from "../../command-line/command.ts";
import { askService, showRefusal } from "./ask-service.ts";

/** The options of the commands for cards and contracts. */
export interface TokenOptions {
  readonly type?: readonly string[] | undefined;
  readonly consent?: string | undefined;
  readonly tariff?: string | undefined;
  readonly agreement?: string | undefined;
  readonly "hold-micro"?: string | undefined;
  readonly certificate?: string | undefined;
}

const bindingAnswer = z.object({
  idToken: z.string(),
  type: z.string(),
  types: z.array(z.string()),
  consentId: z.string(),
  holdMicro: z.string(),
  tariffId: z.string(),
  consent: z.object({ driver: z.string(), lane: z.number(), expiresAt: z.number() }),
});
const openingAnswer = z.object({
  stationId: z.string(),
  ocppTransactionId: z.string(),
  idToken: z.string(),
  status: z.string(),
  sessionId: z.string().nullable(),
  reason: z.string().nullable(),
  atMs: z.number(),
});
const listAnswer = z.object({
  idTokens: z.array(bindingAnswer),
  latest: z.array(openingAnswer),
  unpaid: z.array(openingAnswer),
});

/** `bind-token <idToken>`: has a card or contract open sessions under a consent. @returns the exit code */
export async function bindToken(output: Output, url: string, idToken: string, options: TokenOptions): Promise<number> {
  const { type = ["ISO14443"], consent, tariff, certificate } = options;
  if (consent === undefined || tariff === undefined) {
    throw new UsageError("Say under which consent and at which price: --consent <file> --tariff <id>");
  }
  const body = {
    idToken,
    type,
    consent: readJson(consent),
    tariffId: tariff,
    agreement: wholeNumber("--agreement", options.agreement ?? "0", 0, 2 ** 32 - 1),
    ...(options["hold-micro"] === undefined ? {} : { holdMicro: options["hold-micro"] }),
    ...(certificate === undefined ? {} : { certificatePem: readText(certificate) }),
  };
  const answer = await askService(url, "/v1/id-tokens/bind", JSON.stringify(body));
  if (answer.status !== 200) {
    return showRefusal(output, answer.body);
  }
  const bound = bindingAnswer.parse(answer.body);
  output.json(answer.body);
  output.line(`${bound.idToken} (${bound.types.join(", ")}) opens sessions of ${bound.holdMicro} · 10⁻⁶ token each,`);
  output.line(`under consent ${bound.consentId}, until ${dateOf(bound.consent.expiresAt * 1_000)}.`);

  return exitCodes.asExpected;
}

/** `unbind-token <idToken>`: sessions that are open go on. @returns the exit code */
export async function unbindToken(
  output: Output,
  url: string,
  idToken: string,
  { type }: TokenOptions,
): Promise<number> {
  if (type !== undefined && type.length > 1) throw new UsageError("A binding is named by one of its types.");
  const [one] = type ?? [];
  const body = JSON.stringify({ idToken, ...(one === undefined ? {} : { type: one }) });
  const answer = await askService(url, "/v1/id-tokens/unbind", body);
  if (answer.status !== 200) {
    return showRefusal(output, answer.body);
  }
  output.json(answer.body);
  output.line(`${idToken} opens no more sessions.`);

  return exitCodes.asExpected;
}

/** `list-tokens`: the bindings, and charges that nobody pays for. @returns the exit code */
export async function listTokens(output: Output, url: string): Promise<number> {
  const answer = await askService(url, "/v1/id-tokens", null);
  if (answer.status !== 200) {
    return showRefusal(output, answer.body);
  }
  output.json(answer.body);
  const { idTokens, unpaid } = listAnswer.parse(answer.body);
  for (const { idToken, types, consentId, consent } of idTokens) {
    const until = dateOf(consent.expiresAt * 1_000);
    output.line(
      `${idToken.padEnd(36)}  ${types.join(",").padEnd(10)}  ${consentId}  lane ${consent.lane}  until ${until}`,
    );
  }
  output.line(`${idTokens.length} bindings`);
  for (const { idToken, stationId, ocppTransactionId, reason, atMs } of unpaid) {
    output.line(
      `unpaid: ${idToken} at ${stationId}, transaction ${ocppTransactionId}, ${reason ?? ""}, ${dateOf(atMs)}`,
    );
  }

  return exitCodes.asExpected;
}

function dateOf(atMs: number): string {
  return new Date(atMs).toISOString();
}

function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw new UsageError(`${path} cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function readJson(path: string): unknown {
  try {
    return JSON.parse(readText(path));
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new UsageError(`${path} is no JSON`);
  }
}

import { z } from "zod";

import { exitCode } from "../../command-line/exit-codes.ts";
import { readBytes, readJson } from "../../command-line/files.ts";
import { wholeInput } from "../../command-line/inputs.ts";
import { defineVerb } from "../../command-line/verb.ts";
import { openStationService, serviceInputs, serviceOptions } from "./service.ts";
import { bindingSchema, dateOf, idTokenArgument, typeOption } from "./token-options.ts";

export const stationBindToken = defineVerb({
  path: ["station", "bind-token"],
  summary: "has a card or contract open sessions under its driver's consent",
  description: "Asks with the operator's key of the service, WATTPROOF_OPERATOR_KEY.",
  arguments: [idTokenArgument],
  options: [
    {
      flags: "--consent <file>",
      description: "JSON of the consent to the vehicle, exactly as its driver granted it (docs/chargers.md)",
    },
    { flags: "--tariff <id>", description: "the price of the sessions: id of a published tariff" },
    typeOption,
    {
      flags: "--hold-micro <n>",
      description: "what each session holds, in micro-tokens (1e-6); default: the consent's cap for one session",
    },
    {
      flags: "--agreement <n>",
      description: "number of the partner agreement by which the operator shares; default 0",
    },
    { flags: "--certificate <file>", description: "PEM of the contract's certificate and its issuer's, for an eMAID" },
    ...serviceOptions,
    { flags: "--dry-run", description: "only reads the files, and says what would be asked" },
  ],
  access: "none",
  examples: ["station bind-token 04A1B2C3D4E5F6 --consent consent.json --tariff 0x…"],
  input: z.object({
    idToken: z.string().min(1),
    consent: z.string(),
    tariff: z.string(),
    type: z.array(z.string()).default(["ISO14443"]),
    holdMicro: z
      .string()
      .regex(/^[0-9]{1,20}$/u, "must be a whole number of micro-tokens")
      .optional(),
    agreement: wholeInput(0, 2 ** 32 - 1).default(0),
    certificate: z.string().optional(),
    ...serviceInputs,
  }),
  async run({ idToken, consent, tariff, type, holdMicro, agreement, certificate, ...place }, run) {
    const { output, isDryRun } = run;
    const order = {
      idToken,
      type,
      consent: readJson(consent),
      tariffId: tariff,
      agreement,
      ...(holdMicro === undefined ? {} : { holdMicro }),
      ...(certificate === undefined ? {} : { certificatePem: new TextDecoder().decode(readBytes(certificate)) }),
    };
    const service = openStationService(place, run);
    if (isDryRun) {
      output.json({ isDryRun, idToken, type, tariffId: tariff, agreement, service: service.url });
      output.line(`would bind ${idToken} (${type.join(", ")}) by ${service.url}; nothing was sent`);
      return exitCode.done;
    }
    const answer = await service.post("/v1/id-tokens/bind", z.looseObject(bindingSchema.shape), order);
    output.json(answer);
    output.line(
      `${answer.idToken} (${answer.types.join(", ")}) opens sessions of ${answer.holdMicro} micro-tokens each,`,
    );
    output.line(`under consent ${answer.consentId}, until ${dateOf(answer.consent.expiresAt * 1_000)}.`);

    return exitCode.done;
  },
});

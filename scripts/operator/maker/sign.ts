import { writeFileSync } from "node:fs";

import { z } from "zod";

import { exitCode } from "../../command-line/exit-codes.ts";
import { readBytes } from "../../command-line/files.ts";
import { registryNumberInput, timeInput } from "../../command-line/inputs.ts";
import { defineVerb } from "../../command-line/verb.ts";
import { curveNumbers } from "../../verify/contract-answers.ts";
import { readMeterKey, registryKeyOf } from "../meter/meter-key.ts";
import { keyInput, keyOptions } from "../meter/register-meter.ts";
import { signDigest, vouchingDigestOf } from "./statement.ts";

const mostTextBytes = 64;
const textInput = z
  .string()
  .min(1, "must not be empty")
  .refine((text) => Buffer.byteLength(text) <= mostTextBytes, `must be at most ${mostTextBytes} bytes`);

export const makerSign = defineVerb({
  path: ["maker", "sign"],
  summary: "signs, as a maker, that a key belongs to one of its meters",
  description:
    "The meter need not be registered or sold yet: the statement names its key, type, serial number and calibration. Nothing\n" +
    "is sent. The operator takes the file to meter vouch. A key in a hardware module signs the printed digest itself.",
  arguments: [{ syntax: "<maker>", description: "number of the maker's key in the registry" }],
  options: [
    ...keyOptions,
    { flags: "--type <text>", description: "model of the meter, as on its type plate" },
    { flags: "--serial <text>", description: "its serial number" },
    { flags: "--calibrated-until <day>", description: "the end of the calibration that the maker vouches for" },
    {
      flags: "--maker-key-file <file>",
      description: "the maker's private key as PEM; without it only the digest is said",
    },
    { flags: "--statement <file>", description: "where the signed statement is written" },
  ],
  access: "chain",
  examples: [
    "maker sign 2 --key-file meter.pem --type XM-3 --serial 1234567 --calibrated-until 2034-12-31 --maker-key-file maker.pem --statement vouched.json",
  ],
  input: keyInput.extend({
    maker: registryNumberInput,
    type: textInput,
    serial: textInput,
    calibratedUntil: timeInput,
    makerKeyFile: z.string().optional(),
    statement: z.string().optional(),
  }),
  async run({ maker, type, serial, calibratedUntil, makerKeyFile, statement: path, ...given }, { output, openChain }) {
    const key = readMeterKey(given);
    const chain = await openChain();
    const keyId = await chain.contracts.meterRegistry.keyIdOf(curveNumbers[key.curve], registryKeyOf(key));
    const content = { meterType: type, serialNumber: serial, calibrationExpiresAt: calibratedUntil };
    const { meterRegistry } = chain.deployment.contracts;
    const digest = vouchingDigestOf({ chainId: chain.chainId, meterRegistry }, keyId, content);
    const signed =
      makerKeyFile === undefined ? null : { maker, ...content, ...signDigest(digest, readBytes(makerKeyFile)) };
    if (signed !== null && path !== undefined) writeFileSync(path, `${JSON.stringify(signed, null, 2)}\n`);
    output.json({ maker, digest, statement: signed });
    output.line(signed === null ? digest : JSON.stringify(signed));

    return exitCode.done;
  },
});

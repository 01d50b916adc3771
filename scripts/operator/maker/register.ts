import { toBeHex } from "ethers";
import { z } from "zod";

import { WattproofError } from "../../../services/errors.ts";
import { utc } from "../../command-line/amounts.ts";
import { exitCode } from "../../command-line/exit-codes.ts";
import { defineVerb } from "../../command-line/verb.ts";
import { curveNumbers } from "../../verify/contract-answers.ts";
import { readMeterKey } from "../meter/meter-key.ts";
import { curvesOfContract } from "../meter/possession.ts";
import { keyInput, keyOptions } from "../meter/register-meter.ts";

export const makerRegister = defineVerb({
  path: ["maker", "register"],
  summary: "registers the key with which a maker vouches for its meters, as the owner of the oracle committee",
  description:
    "The key vouches for meters after the committee's change delay, so that everyone can object in time. Make sure that the\n" +
    "key is the maker's: nothing on the chain shows it. Where the owner is a multi-signature account, take --dry-run --from\n" +
    "<owner> --json: it gives the `to` and `data` to be signed.",
  options: [...keyOptions, { flags: "--name <text>", description: "the maker, as shown to people; 1 to 64 bytes" }],
  access: "write",
  account: "OWNER",
  examples: ['maker register --key-file maker.pem --name "Example Meters Ltd"'],
  input: keyInput.extend({ name: z.string().min(1, "must not be empty") }),
  async run({ name, ...given }, { openWriter, output, isDryRun }) {
    const key = readMeterKey(given);
    if (!curvesOfContract.has(key.curve)) {
      throw new WattproofError("METER_KEY_INVALID", `A maker's key is of secp256r1 or secp256k1, not of ${key.curve}.`);
    }
    const writer = await openWriter("OWNER");
    const { oracleCommittee, meterRegistry } = writer.chain.contracts;
    const { result, transaction } = await writer.call({
      contract: "meterRegistry",
      method: "registerMaker",
      parameters: [curveNumbers[key.curve], toBeHex(key.x, 32), toBeHex(key.y, 32), name],
    });
    const maker = z.bigint().transform(Number).parse(result);
    const nowSeconds = (await writer.chain.provider.getBlock("latest"))?.timestamp ?? 0;
    const activeFrom = isDryRun
      ? nowSeconds + Number(await oracleCommittee.changeDelaySeconds())
      : Number((await meterRegistry.makerOf(maker)).activeFrom);
    output.json({ isDryRun, maker, name, curve: key.curve, activeFrom, transactions: [transaction] });
    output.line(`maker ${maker} ${isDryRun ? "would vouch" : "vouches"} for meters from ${utc(activeFrom)}`);

    return exitCode.done;
  },
});

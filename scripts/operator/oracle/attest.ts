import { Signature } from "ethers";
import { z } from "zod";

import { accountFromEnvironment } from "../../command-line/account-key.ts";
import { WattproofError } from "../../../services/errors.ts";
import { exitCode } from "../../command-line/exit-codes.ts";
import { registryNumberInput } from "../../command-line/inputs.ts";
import { requireEvse, requireMeter } from "../../command-line/registry.ts";
import { defineVerb } from "../../command-line/verb.ts";
import { possessionTagOf, requirePossessionRecord } from "../meter/possession.ts";

export const oracleAttest = defineVerb({
  path: ["oracle", "attest"],
  summary: "signs, as an oracle, that an operator has a meter whose curve the contract cannot verify",
  description:
    "Verifies the record under the registered key and its tag first; nothing is signed without. Nothing is sent: the operator\n" +
    "takes the signature to meter add --attestation.",
  arguments: [{ syntax: "<meter>", description: "number of the pending meter" }],
  options: [
    { flags: "--record <file>", description: "the record that the meter signed for its registration" },
    { flags: "--account <name>", description: "whose key signs; default: ORACLE" },
  ],
  access: "chain",
  examples: ["oracle attest 12 --record possession.ocmf"],
  input: z.object({ meter: registryNumberInput, record: z.string(), account: z.string().default("ORACLE") }),
  async run({ meter: number, record, account }, { output, openChain, environment }) {
    const chain = await openChain();
    const meter = await requireMeter(chain, number);
    const { operator } = await requireEvse(chain, meter.evse);
    const digits = meter.publicKey.slice(2);
    const [x, y] = [digits.slice(0, digits.length / 2), digits.slice(digits.length / 2)];
    const key = { curve: meter.curve, x: BigInt(`0x${x}`), y: BigInt(`0x${y}`) };
    requirePossessionRecord(record, key, await possessionTagOf(chain, operator, meter.evse, key));
    if (meter.status !== "pending") {
      throw new WattproofError(
        "POSSESSION_UNPROVEN",
        `Meter ${number} is ${meter.status}; only a pending one is attested.`,
      );
    }
    const wallet = await accountFromEnvironment(account, environment);
    const digest = await chain.contracts.meterRegistry.attestationDigestOf(number);
    const signature = Signature.from(wallet.signingKey.sign(digest)).serialized;
    output.json({ meter: number, oracle: wallet.address, digest, signature });
    output.line(signature);

    return exitCode.done;
  },
});

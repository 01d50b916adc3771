import { exitCode } from "../../command-line/exit-codes.ts";
import { registryNumberInput } from "../../command-line/inputs.ts";
import { requireEvse } from "../../command-line/registry.ts";
import { defineVerb } from "../../command-line/verb.ts";
import { readMeterKey } from "./meter-key.ts";
import { possessionTagOf } from "./possession.ts";
import { keyInput, keyOptions, registrationArguments } from "./register-meter.ts";

export const meterTag = defineVerb({
  path: ["meter", "tag"],
  summary: "says which tag a meter has to sign to prove possession",
  arguments: registrationArguments,
  options: keyOptions,
  access: "chain",
  examples: ["meter tag 7 --key-file meter.pem"],
  input: keyInput.extend({ evse: registryNumberInput }),
  async run({ evse, ...given }, { output, openChain }) {
    const key = readMeterKey(given);
    const chain = await openChain();
    const { operator } = await requireEvse(chain, evse);
    const possessionTag = await possessionTagOf(chain, operator, evse, key);
    output.json({ evse, curve: key.curve, possessionTag });
    output.line(possessionTag);

    return exitCode.done;
  },
});

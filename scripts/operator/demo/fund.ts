import { parseEther } from "ethers";
import { z } from "zod";

import { WattproofError } from "../../../services/errors.ts";
import { demoAccount } from "../../local-world/accounts.ts";
import { coins, tokens } from "../../command-line/amounts.ts";
import { exitCode } from "../../command-line/exit-codes.ts";
import { addressInput, tokenAmountInput } from "../../command-line/inputs.ts";
import { profilePathOf, readProfile } from "../../command-line/profile.ts";
import { defineVerb } from "../../command-line/verb.ts";
import { openDemoChain } from "./demo-chain.ts";

/** Enough gas money for thousands of calls on a chain on which gas costs next to nothing. */
const gasMoneyWei = parseEther("1");

export const demoFund = defineVerb({
  path: ["demo", "fund"],
  summary: "gives an account coins for gas and play money, on the chain of npm start",
  description: "Works on the local chain alone. Without an address it is the account of the operator's profile.",
  arguments: [{ syntax: "[address]", description: "who gets it; default: the operator" }],
  options: [
    { flags: "--tokens <amount>", description: "play money; default: 100" },
    { flags: "--dry-run", description: "says what would be sent; nothing is sent" },
  ],
  access: "chain",
  examples: ["demo fund", "demo fund 0x52908400098527886E0F7030069857D2E4169EE7 --tokens 50"],
  input: z.object({ address: addressInput.optional(), tokens: tokenAmountInput.default(100_000_000n) }),
  async run({ address: given, tokens: tokensMicro }, run) {
    const chain = await openDemoChain(run);
    const address = given ?? readProfile(profilePathOf(chain.deploymentPath, run.environment))?.address;
    if (address === undefined) {
      throw new WattproofError("USAGE_INVALID", "Say whose account: demo fund <address>, or make one: operator add.");
    }
    const faucet = demoAccount("faucet").connect(chain.provider);
    if (!run.isDryRun) {
      await (await faucet.sendTransaction({ to: address, value: gasMoneyWei })).wait();
      await (await chain.contracts.erc20.connect(faucet).mint(address, tokensMicro)).wait();
    }
    run.output.json({ isDryRun: run.isDryRun, address, coinsWei: gasMoneyWei, tokensMicro });
    const what = `${coins(gasMoneyWei)} coins and ${tokens(tokensMicro)} of play money`;
    run.output.line(`${address} ${run.isDryRun ? "would get" : "got"} ${what}`);

    return exitCode.done;
  },
});

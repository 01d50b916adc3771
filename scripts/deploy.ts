import { WattproofError } from "../services/errors.ts";
import { accountFromEnvironment } from "./command-line/account-key.ts";
import { connectToChain } from "./command-line/chain-endpoint.ts";
import { exitCodes, runCommand, UsageError } from "./command-line/command.ts";
import { deployContracts } from "./deploy/deploy-contracts.ts";
import { deploymentPathOf } from "./deploy/deployment-file.ts";
import { addressFrom, readPlan, ruleDefaults } from "./deploy/read-plan.ts";
import { localChainId } from "./local-world/chain-id.ts";

const help = `
Deploys the contracts and writes scripts/deployments/<chainId>.json. Each address follows from the account, the options
and the code (CREATE2); contracts that the file names, or that are there already, are checked and left alone, so running
it again changes nothing.

Usage: npm run deploy -- [options]

  --rpc <url>                    JSON-RPC endpoint of the chain; default: WATTPROOF_RPC_URL
  --erc20 <address>              token to settle in, 6 to 18 decimals; a local chain gets play money without it
  --owner <address>              names oracles and guardian later; meant to be a multi-signature account
  --guardian <address>           can pause opening and nothing else; default: the owner
  --oracle <address>             a member of the first committee, 1 to 16; may be given several times
  --threshold <n>                signatures that a batch needs; default: more than half of the oracles
  --maximum-session-hours <n>    longest session, 1 to 720; default 48
  --change-delay-hours <n>       delay of another committee, longer than the longest session; default 72
  --liability-hours <n>          how long oracles answer for what they signed; default 48
  --challenge-window-hours <n>   how long a settled session can be challenged; default 24
  --answer-window-hours <n>      how long oracles can answer a challenge; default 12
  --epoch-hours <n>              credit is final when the epoch after its own is over; default 24
  --epoch-limit <tokens>         what oracles can credit one operator with in an epoch; default 100000
  --challenge-reward <tokens>    what a right challenge earns from the bonds; default 5
  --challenge-ring <n>           batches that can be challenged at once, 1 to 1000000; default 10000
  --deployment <path>            another place for the deployment file
  --dry-run                      says what would be done; needs no key
  --json                         JSON on stdout
  --help                         this text

The deployer's key comes from WATTPROOF_DEPLOYER_PRIVATE_KEY, or from WATTPROOF_DEPLOYER_KEYSTORE (a path) and
WATTPROOF_DEPLOYER_KEYSTORE_PASSWORD. Exit: 0 done, 1 what is on the chain differs from the file, 2 could not be done.

Example:
  WATTPROOF_DEPLOYER_PRIVATE_KEY=0x… npm run deploy -- --rpc http://127.0.0.1:8545 \\
    --owner 0x52908400098527886E0F7030069857D2E4169EE7 --oracle 0x8617E340B3D01FA5F11F306F4090FD50E238070D
`;

await runCommand(
  {
    help,
    options: {
      rpc: { type: "string" },
      erc20: { type: "string" },
      owner: { type: "string" },
      oracle: { type: "string", multiple: true },
      guardian: { type: "string" },
      threshold: { type: "string" },
      "maximum-session-hours": { type: "string", default: ruleDefaults["maximum-session-hours"] },
      "change-delay-hours": { type: "string", default: ruleDefaults["change-delay-hours"] },
      "liability-hours": { type: "string", default: ruleDefaults["liability-hours"] },
      "challenge-window-hours": { type: "string", default: ruleDefaults["challenge-window-hours"] },
      "answer-window-hours": { type: "string", default: ruleDefaults["answer-window-hours"] },
      "epoch-hours": { type: "string", default: ruleDefaults["epoch-hours"] },
      "epoch-limit": { type: "string", default: ruleDefaults["epoch-limit"] },
      "challenge-reward": { type: "string", default: ruleDefaults["challenge-reward"] },
      "challenge-ring": { type: "string", default: ruleDefaults["challenge-ring"] },
      deployment: { type: "string" },
      "dry-run": { type: "boolean" },
    },
  },
  async ({ values, positionals }, output) => {
    if (positionals[0] !== undefined) {
      throw new UsageError(`There is nothing to do with "${positionals[0]}"`);
    }
    const rpc = values.rpc ?? process.env["WATTPROOF_RPC_URL"];
    if (rpc === undefined) {
      throw new UsageError("Say which chain: --rpc <url>");
    }
    const { appointments, rules } = readPlan({ ...values, oracle: values.oracle ?? [] });
    const { chainId, provider } = await connectToChain(rpc);
    try {
      if (values.erc20 === undefined && chainId !== localChainId) {
        throw new UsageError(`Chain ${chainId} is not a local one: say which token to settle in with --erc20`);
      }
      const plan = {
        chainId,
        path: values.deployment ?? deploymentPathOf(chainId),
        erc20: values.erc20 === undefined ? undefined : addressFrom("--erc20", values.erc20),
        appointments,
        rules,
      };
      const isDryRun = values["dry-run"] === true;
      const signer = isDryRun ? undefined : (await accountFromEnvironment("DEPLOYER")).connect(provider);
      const { steps, deployment } = await deployContracts(plan, provider, signer);

      output.json({ chainId, path: plan.path, isDryRun, steps, blockNumber: deployment?.blockNumber ?? null });
      if (!output.isJson) {
        for (const step of steps) {
          output.line(`${step.action.padEnd(9)}${step.contract.padEnd(20)}${step.address ?? "not yet"}`);
        }
        output.line(isDryRun ? "Nothing was sent." : `Deployment file: ${plan.path}`);
      }

      return exitCodes.asExpected;
    } catch (error) {
      if (error instanceof WattproofError && error.code === "DEPLOYMENT_DIFFERS") {
        output.json({ error: { code: error.code, detail: error.detail } });
        process.stderr.write(`${error.message}\n`);

        return exitCodes.differs;
      }
      throw error;
    } finally {
      provider.destroy();
    }
  },
);

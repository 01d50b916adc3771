import { isAddress } from "ethers";
import { z } from "zod";

import { requireInstructions } from "../../../services/chain/chain-abilities.ts";
import { chainPresetOf, type ChainPreset, type KnownToken } from "../../../services/domain/chain-presets.ts";
import { WattproofError } from "../../../services/errors.ts";
import { accountFromEnvironment } from "../../command-line/account-key.ts";
import { contractNames } from "../../deploy/contract-set.ts";
import { evidenceRoles } from "../../../services/contracts.ts";
import { waysWith } from "../../deploy/ways-set.ts";
import { deployContracts, type DeploymentStep } from "../../deploy/deploy-contracts.ts";
import { deploymentPathOf } from "../../deploy/deployment-file.ts";
import { readPlan, ruleDefaults } from "../../deploy/read-plan.ts";
import { verificationFolderOf, writeVerification } from "../../deploy/verification.ts";
import { localChainId } from "../../local-world/chain-id.ts";
import { coins, tableLines } from "../../command-line/amounts.ts";
import { connect } from "../../command-line/chain-access.ts";
import { exitCode } from "../../command-line/exit-codes.ts";
import { addressInput } from "../../command-line/inputs.ts";
import { defineVerb } from "../../command-line/verb.ts";

const hours = (name: keyof typeof ruleDefaults): z.ZodDefault<z.ZodString> => z.string().default(ruleDefaults[name]);

export const deploy = defineVerb({
  path: ["deploy"],
  summary: "deploys the contracts and writes the deployment file",
  description:
    "Each address follows from the account, the options and the code (CREATE2). Contracts that the file names, or that are\n" +
    "there already, are checked and left alone, so running it again changes nothing. With --dry-run it says what it would cost, measured on a chain of its own, and needs no key.\n" +
    "Rules cannot be changed afterwards. The owner names oracles and guardian later: take a multi-signature account.",
  options: [
    {
      flags: "--erc20 <token>",
      description:
        "token to settle in, 6 to 18 decimals: its address, or the symbol of one that is known on the chain, as USDC; a local chain gets play money without it",
    },
    {
      flags: "--across-spoke-pool <address>",
      description: "Across on this chain: deploys what takes money from other chains",
    },
    { flags: "--owner <address>", description: "owner of committee and guardian" },
    { flags: "--guardian <address>", description: "can pause opening and nothing else; default: the owner" },
    { flags: "--oracle <address>", description: "a member of the first committee, 1 to 16", isRepeated: true },
    { flags: "--threshold <n>", description: "signatures that a batch needs; default: more than half" },
    { flags: "--maximum-session-hours <n>", description: "longest session; default 48" },
    { flags: "--change-delay-hours <n>", description: "delay of another committee; default 72" },
    { flags: "--liability-hours <n>", description: "how long oracles answer for what they signed; default 48" },
    { flags: "--challenge-window-hours <n>", description: "how long a settled session can be challenged; default 24" },
    { flags: "--answer-window-hours <n>", description: "how long a demand can be answered; default 12" },
    { flags: "--epoch-hours <n>", description: "credit is final when the epoch after its own is over; default 24" },
    {
      flags: "--epoch-limit <tokens>",
      description: "most that oracles can credit one operator in an epoch; default 100000",
    },
    {
      flags: "--epoch-return-limit <tokens>",
      description: "most that oracles can give back to one operator's drivers in an epoch; default 1000000",
    },
    {
      flags: "--epoch-unreadable-limit <tokens>",
      description: "holds that can be settled by records that the contract cannot read; default 10000",
    },
    { flags: "--least-bond <tokens>", description: "what each signer of a batch must have bonded; default 10000" },
    { flags: "--challenge-reward <tokens>", description: "least reward for a demand without an answer; default 5" },
    { flags: "--challenge-reward-percent <n>", description: "share of a loss that is the reward; default 10" },
    { flags: "--demand-deposit <tokens>", description: "what an answer to a demand costs; default 1" },
    { flags: "--challenge-ring <n>", description: "batches that can be challenged at once; default 10000" },
    { flags: "--dry-run", description: "measure what it would cost; nothing is sent" },
    { flags: "--account <name>", description: "whose key deploys; default: DEPLOYER" },
  ],
  access: "chain",
  examples: [
    "deploy --rpc http://127.0.0.1:8545 --owner 0x52908400098527886E0F7030069857D2E4169EE7 --oracle 0x8617E340B3D01FA5F11F306F4090FD50E238070D",
  ],
  input: z.object({
    rpc: z.string().optional(),
    deployment: z.string().optional(),
    account: z.string().default("DEPLOYER"),
    erc20: z.union([z.string().regex(/^[A-Za-z]{2,11}$/u), addressInput]).optional(),
    acrossSpokePool: addressInput.optional(),
    owner: z.string().optional(),
    guardian: z.string().optional(),
    oracle: z.array(z.string()).default([]),
    threshold: z.string().optional(),
    maximumSessionHours: hours("maximum-session-hours"),
    changeDelayHours: hours("change-delay-hours"),
    liabilityHours: hours("liability-hours"),
    challengeWindowHours: hours("challenge-window-hours"),
    answerWindowHours: hours("answer-window-hours"),
    epochHours: hours("epoch-hours"),
    epochLimit: hours("epoch-limit"),
    epochReturnLimit: hours("epoch-return-limit"),
    epochUnreadableLimit: hours("epoch-unreadable-limit"),
    leastBond: hours("least-bond"),
    challengeReward: hours("challenge-reward"),
    challengeRewardPercent: hours("challenge-reward-percent"),
    demandDeposit: hours("demand-deposit"),
    challengeRing: hours("challenge-ring"),
  }),
  async run(input, { output, isDryRun, environment, startProgress }) {
    const { appointments, rules } = readPlan({
      ...input,
      "maximum-session-hours": input.maximumSessionHours,
      "change-delay-hours": input.changeDelayHours,
      "liability-hours": input.liabilityHours,
      "challenge-window-hours": input.challengeWindowHours,
      "answer-window-hours": input.answerWindowHours,
      "epoch-hours": input.epochHours,
      "epoch-limit": input.epochLimit,
      "epoch-return-limit": input.epochReturnLimit,
      "epoch-unreadable-limit": input.epochUnreadableLimit,
      "least-bond": input.leastBond,
      "challenge-reward": input.challengeReward,
      "challenge-reward-percent": input.challengeRewardPercent,
      "demand-deposit": input.demandDeposit,
      "challenge-ring": input.challengeRing,
    });
    const { chainId, provider, rpc } = await connect({
      rpcUrl: input.rpc ?? environment["WATTPROOF_RPC_URL"],
      deploymentPath: undefined,
    });
    try {
      if (input.erc20 === undefined && chainId !== localChainId) {
        throw new WattproofError("USAGE_INVALID", `Chain ${chainId} is not a local one: name the token with --erc20.`);
      }
      const path = input.deployment ?? environment["WATTPROOF_DEPLOYMENT"] ?? deploymentPathOf(chainId);
      await requireInstructions(rpc);
      const { acrossSpokePool } = input;
      const { erc20, known } = tokenOf(input.erc20, chainPresetOf(chainId));
      const plan = { chainId, path, erc20, acrossSpokePool, appointments, rules };
      const signer = isDryRun
        ? undefined
        : (await accountFromEnvironment(input.account, environment)).connect(provider);
      const count = contractNames.length + evidenceRoles.length + waysWith(plan).length;
      const progress = startProgress("deploying", isDryRun ? 0 : count);
      const { steps, deployment, placed } = await deployContracts(plan, provider, signer, () => {
        progress.advance();
      }).finally(() => {
        progress.stop();
      });
      const verificationFolder = verificationFolderOf(path);
      if (placed.length > 0) writeVerification(verificationFolder, chainId, placed);
      const isPlanned = steps.some(({ action }) => action === "planned");
      // It brings a whole simulated chain along, which no other verb needs.
      const costs = isPlanned ? await (await import("../../deploy/measure-deployment.ts")).measureDeployment(plan) : [];
      const gas = costs.reduce((sum, cost) => sum + cost.gas, 0n);
      const { gasPrice, maxFeePerGas } = await provider.getFeeData();
      const gasPriceWei = gasPrice ?? maxFeePerGas ?? 0n;
      const gasOf = ({ contract }: DeploymentStep): bigint | null =>
        costs.find((cost) => cost.contract === contract)?.gas ?? null;
      output.json({
        isDryRun,
        chainId,
        path,
        chain: chainPresetOf(chainId).name,
        token: known,
        verificationFolder: placed.length > 0 ? verificationFolder : null,
        blockNumber: deployment?.blockNumber ?? null,
        steps: steps.map((step) => ({ ...step, gas: gasOf(step) })),
        gas,
        gasPriceWei,
        costWei: gas * gasPriceWei,
      });
      if (known !== null) output.line(`${known.symbol} at ${known.address}: ${known.quirks}`);
      const rows = steps.map((step) => [
        step.action,
        step.contract,
        step.address ?? "not yet",
        String(gasOf(step) ?? ""),
      ]);
      for (const line of tableLines(rows)) output.line(line);
      if (isPlanned) output.line(`${gas} gas, about ${coins(gas * gasPriceWei)} coins at the present price`);
      output.line(isDryRun ? "Nothing was sent." : `Deployment file: ${path}`);
      if (placed.length > 0) output.line(`For the verification of sources: ${verificationFolder}`);

      return exitCode.done;
    } finally {
      provider.destroy();
    }
  },
});

/** The token by its address or by its symbol; `known` is what the preset of the chain says of it. */
function tokenOf(
  given: string | undefined,
  { name, tokens: knownTokens }: ChainPreset,
): { readonly erc20: string | undefined; readonly known: KnownToken | null } {
  if (given === undefined) return { erc20: undefined, known: null };
  const known = knownTokens.find(({ symbol, address }) => symbol === given || address === given) ?? null;
  const isOther: boolean = isAddress(given);
  if (known === null && !isOther) {
    const symbols = knownTokens.map(({ symbol }) => symbol).join(", ") || "none";
    throw new WattproofError(
      "USAGE_INVALID",
      `--erc20 ${given} is not known on ${name} (${symbols}). Give its address.`,
    );
  }
  return { erc20: known?.address ?? given, known };
}

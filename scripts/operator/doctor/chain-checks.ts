import type { JsonRpcProvider, Provider } from "ethers";
import { z } from "zod";

import { readChainAbilities } from "../../../services/chain/chain-abilities.ts";
import { checkDeployment } from "../../deploy/check-deployment.ts";
import { defaultRules } from "../../deploy/contract-set.ts";
import { localChainId } from "../../local-world/chain-id.ts";
import { coins, tokens } from "../../command-line/amounts.ts";
import type { ChainAccess } from "../../command-line/chain-access.ts";
import { clockFinding } from "./clock-check.ts";
import { failing, ok, tryCheck, warning, type Finding } from "./finding.ts";

/** Gas of ten batches of a hundred sessions (docs/gas.md). */
const usualGas = 10n * 1_100_000n;
/** A block that is not there yet has no number, which is more than ethers takes. */
const nextBlock = z.object({ timestamp: z.string().transform(Number) });

/** The chain, and what is on it. */
export async function checkChain(chain: ChainAccess, nowMs: number): Promise<readonly Finding[]> {
  const { provider, deployment, deploymentPath, chainId } = chain;
  const { gasPrice, maxFeePerGas } = await provider.getFeeData();
  const gasPriceWei = gasPrice ?? maxFeePerGas ?? 0n;
  const plan = {
    chainId,
    path: deploymentPath,
    erc20: undefined,
    rules: defaultRules,
    appointments: { owner: "", guardian: "", oracles: [], threshold: 1 },
  };
  return [
    ...(await tryCheck("clock", "Is the endpoint in step with the chain?", async () => [
      await checkClock(provider, chainId, nowMs),
    ])),
    ...(await tryCheck(
      "contracts",
      `${deploymentPath} is not of this chain, or was made by another version of this program.`,
      async () => {
        await checkDeployment(plan, deployment, provider);
        return [ok("contracts", `those of ${deploymentPath}, with the code of this version`)];
      },
    )),
    ...(await tryCheck("instructions", "Use another endpoint of the chain.", () => checkAbilities(chain))),
    ...(await tryCheck("committee", "The deployment may be of another version.", () =>
      checkCommittee(chain, gasPriceWei),
    )),
    ...(await tryCheck("opening", "The deployment may be of another version.", async () => [
      await checkOpening(chain),
    ])),
  ];
}

/** The account has coins for some time. */
export async function checkGasMoney(name: string, address: string, provider: Provider): Promise<readonly Finding[]> {
  const { gasPrice, maxFeePerGas } = await provider.getFeeData();
  return [moneyFinding(name, address, await provider.getBalance(address), gasPrice ?? maxFeePerGas ?? 0n)];
}

function moneyFinding(name: string, address: string, balanceWei: bigint, gasPriceWei: bigint): Finding {
  const detail = `${address} has ${coins(balanceWei)} coins`;
  const isEnough = balanceWei > 0n && balanceWei >= usualGas * gasPriceWei;
  return isEnough
    ? ok(name, detail)
    : warning(
        name,
        detail,
        `Send it coins: ten batches of a hundred sessions take ${coins(usualGas * gasPriceWei)} now.`,
      );
}

async function checkClock(provider: JsonRpcProvider, chainId: number, nowMs: number): Promise<Finding> {
  const head = await provider.getBlock("latest");
  if (head === null) return failing("clock", "the endpoint has no newest block", "Wait until it is in step.");
  const next =
    chainId === localChainId ? nextBlock.parse(await provider.send("eth_getBlockByNumber", ["pending", false])) : null;
  return clockFinding({
    headNumber: head.number,
    headSeconds: head.timestamp,
    nextBlockSeconds: next?.timestamp ?? null,
    nowMs,
  });
}

/** What the chain can do that not every chain can. */
async function checkAbilities({ rpc }: ChainAccess): Promise<readonly Finding[]> {
  const { hasClz, hasP256 } = await readChainAbilities(rpc);
  return [
    hasClz
      ? ok("instructions", "the chain has CLZ (EIP-7939)")
      : failing(
          "instructions",
          "the chain has no CLZ (EIP-7939)",
          "The contracts cannot run on it. Use another chain.",
        ),
    hasP256
      ? ok("secp256r1", "the chain verifies meters' signatures at the price of EIP-7951")
      : warning(
          "secp256r1",
          "the chain has no EIP-7951",
          "Meters on secp256r1 cost some 250,000 gas more for each record; oracles settle as ever.",
        ),
  ];
}

async function checkCommittee(chain: ChainAccess, gasPriceWei: bigint): Promise<readonly Finding[]> {
  const { oracleCommittee, oracleBonds } = chain.contracts;
  const leastMicro = await oracleBonds.leastBondMicro();
  const version = await oracleCommittee.currentVersion();
  const [members, threshold] = await oracleCommittee.committeeOf(version);
  const findings: Finding[] = [];
  let left = 0;
  for (const member of members) {
    if (!(await oracleCommittee.isMember(member))) continue;
    left += 1;
    findings.push(moneyFinding("oracle's coins", member, await chain.provider.getBalance(member), gasPriceWei));
    const bondMicro = await oracleBonds.bondOf(member);
    findings.push(
      bondMicro >= leastMicro && bondMicro > 0n
        ? ok("oracle's bond", `${member}: ${tokens(bondMicro)}`)
        : warning(
            "oracle's bond",
            `${member}: ${tokens(bondMicro)} of ${tokens(leastMicro)}`,
            "Post the rest (oracle post-bond): what it signs settles nothing until then.",
          ),
    );
  }
  const detail = `${left} members, ${threshold} must sign`;
  return [
    left >= Number(threshold)
      ? ok("committee", detail)
      : failing("committee", detail, "Nothing settles by oracles. The owner has to schedule another committee."),
    ...findings,
  ];
}

async function checkOpening({ openingGuard }: ChainAccess): Promise<Finding> {
  return (await openingGuard.isOpeningPaused())
    ? warning(
        "opening",
        "the guardian has paused it",
        "Guardian or owner can resume it; open sessions are not concerned.",
      )
    : ok("opening", "sessions can be opened");
}

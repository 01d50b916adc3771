import { z } from "zod";

import { tokens, utc } from "../../command-line/amounts.ts";
import { exitCode } from "../../command-line/exit-codes.ts";
import { defineVerb } from "../../command-line/verb.ts";

export const oracleStatus = defineVerb({
  path: ["oracle", "status"],
  summary: "shows the committee in force, the scheduled one, their bonds, and the rules",
  description: "Exit 1 if fewer members are left than must sign: then nothing settles by oracles.",
  access: "chain",
  examples: ["oracle status"],
  input: z.object({}),
  async run(_input, { output, openChain }) {
    const { contracts } = await openChain();
    const { oracleCommittee, oracleBonds, chargingSettlement, challenges } = contracts;
    const membersOf = async (version: bigint) => {
      const [accounts, threshold] = await oracleCommittee.committeeOf(version);
      const members = [];
      for (const account of accounts) {
        members.push({
          account,
          isMember: await oracleCommittee.isMember(account),
          isLiable: await oracleCommittee.isLiable(account),
          bondMicro: await oracleBonds.bondOf(account),
        });
      }
      return { version: Number(version), threshold: Number(threshold), members };
    };
    const current = await membersOf(await oracleCommittee.currentVersion());
    const [version, activeFrom] = await oracleCommittee.scheduledVersion();
    const scheduled = version === 0n ? null : { ...(await membersOf(version)), activeFrom: Number(activeFrom) };
    const hasQuorum = current.members.filter(({ isMember }) => isMember).length >= current.threshold;
    const rules = {
      changeDelaySeconds: await oracleCommittee.changeDelaySeconds(),
      liabilitySeconds: await oracleCommittee.liabilitySeconds(),
      challengeWindowSeconds: await challenges.challengeWindowSeconds(),
      answerWindowSeconds: await challenges.answerWindowSeconds(),
      epochSeconds: await chargingSettlement.epochSeconds(),
      epochLimitMicro: await chargingSettlement.epochLimitMicro(),
      epochReturnLimitMicro: await chargingSettlement.epochReturnLimitMicro(),
      epochUnreadableLimitMicro: await chargingSettlement.epochUnreadableLimitMicro(),
      leastBondMicro: await oracleBonds.leastBondMicro(),
      demandDepositMicro: await challenges.demandDepositMicro(),
    };
    output.json({ hasQuorum, current, scheduled, rules });
    output.line(`committee ${current.version}: ${current.threshold} of ${current.members.length} must sign`);
    for (const { account, isMember, bondMicro } of current.members) {
      output.line(`  ${account}  bond ${tokens(bondMicro)}${isMember ? "" : "  has resigned"}`);
    }
    if (scheduled !== null) {
      output.line(`committee ${scheduled.version} from ${utc(scheduled.activeFrom)}: ${scheduled.threshold} must sign`);
      for (const { account, bondMicro } of scheduled.members) output.line(`  ${account}  bond ${tokens(bondMicro)}`);
    }
    if (!hasQuorum) output.line("Fewer members are left than must sign: nothing settles by oracles.");

    return hasQuorum ? exitCode.done : exitCode.differs;
  },
});

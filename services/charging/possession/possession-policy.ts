import type { IdTokenDecision, IdTokenPolicy, IdTokenQuestion, IdTokenStatus } from "../../ocpp/id-token-policy.ts";
import type { MeterPossession } from "../../store/possessions.ts";
import type { PossessionDesk } from "./possession-desk.ts";

/** Decides about possession tags that the operator has named, and leaves every other idToken to `others`. */
export function createPossessionPolicy(
  possessions: Pick<PossessionDesk, "find" | "judge">,
  others: IdTokenPolicy,
): IdTokenPolicy {
  async function statusOf(possession: MeterPossession, question: IdTokenQuestion): Promise<IdTokenStatus> {
    const { stationId, stationEvse, occasion } = question;
    const isThere =
      possession.stationId === stationId && (stationEvse ?? possession.stationEvse) === possession.stationEvse;
    if (!isThere) return "Invalid";
    // Who began may end.
    if (occasion === "ended") return "Accepted";
    return possessions.judge(possession, occasion, question.ocppTransactionId);
  }

  return {
    async decide(question): Promise<IdTokenDecision> {
      const possession = await possessions.find(question.idToken);
      if (possession === null) return others.decide(question);
      return { status: await statusOf(possession, question), expiresAtMs: null };
    },
  };
}

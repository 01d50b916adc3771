import type { AnswerPayload } from "../action.ts";
import { ocppAmount, type ToldSession } from "../session-teller.ts";
import type { OcppProtocol } from "../../store/ocpp.ts";

/** How a station of 2.x is told what a session costs, and in 2.1 what it may cost at most (E16, I02, I03). */
export function sessionPayload(
  protocol: OcppProtocol,
  told: ToldSession | null,
  { isBegin }: { readonly isBegin: boolean },
): AnswerPayload {
  if (told === null) return {};
  return {
    totalCost: ocppAmount(told.costMicro),
    ...(protocol === "ocpp2.1" ? limitOf(told) : {}),
    ...(isBegin ? { updatedPersonalMessage: messageOf(told) } : {}),
  };
}

/** Only limits that the station knows; without one it is ordered to stop when the hold is used up. */
function limitOf({ limits, holdMicro, holdWh }: ToldSession): AnswerPayload {
  if (limits.has("MaxCost")) return { transactionLimit: { maxCost: ocppAmount(holdMicro) } };
  if (limits.has("MaxEnergy") && holdWh !== null) return { transactionLimit: { maxEnergy: holdWh } };
  return {};
}

function messageOf({ holdMicro, currency }: ToldSession): AnswerPayload {
  const most = ocppAmount(holdMicro).toFixed(2);
  return { format: "UTF8", language: "en", content: `At most ${most} ${currency}. The price of the begin holds.` };
}

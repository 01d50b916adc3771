import type { StatedCost } from "../../domain/charging/message.ts";
import { recordOf, type JsonRecord } from "../payload.ts";

const microPerToken = 1_000_000;
/** No charging session costs as much; what is beyond is no amount. */
const most = 1_000_000_000;

/** `costDetails` of OCPP 2.1 (I07): what the station computed by the tariff that it has; `null` where it says none. */
export function statedCostOf(payload: JsonRecord): StatedCost | null {
  const details = recordOf(payload, "costDetails");
  if (details["failureToCalculate"] === true) return null;
  const total = recordOf(recordOf(details, "totalCost"), "total");
  const [netMicro, grossMicro] = [microOf(total, "exclTax"), microOf(total, "inclTax")];
  return netMicro === null && grossMicro === null ? null : { netMicro, grossMicro };
}

function microOf(total: JsonRecord, name: string): bigint | null {
  const amount = total[name];
  if (typeof amount !== "number" || Math.abs(amount) > most) return null;
  return BigInt(Math.round(amount * microPerToken));
}

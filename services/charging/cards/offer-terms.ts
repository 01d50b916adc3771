import type { OfferedTerms } from "../../chain/vehicle-openings.ts";
import type { IdTokenBinding } from "../../store/tokens.ts";
import type { MeterDirectory } from "../../evidence/meter-directory.ts";

/** What is offered for a session at an EVSE, by what was bound and registered; `null` where nobody measures there. */
export async function offerTerms(
  meters: Pick<MeterDirectory, "readEvse">,
  { tariffId, agreement, holdMicro }: IdTokenBinding,
  evse: number,
): Promise<OfferedTerms | null> {
  const registered = await meters.readEvse(evse);
  if (registered === null || registered.activeMeter === 0) return null;
  const { operator, maximumPowerW, activeMeter: meter } = registered;
  return { operator, agreement, evse, meter, maximumPowerW, tariffId, holdMicro };
}

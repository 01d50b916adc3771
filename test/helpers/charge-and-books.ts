import { expect } from "chai";

import type { Service } from "../../services/index.ts";
import { getAsOperator, post, type StationCredentials } from "./running-service.ts";
import type { ChargingPoint } from "./service-chain.ts";

/** Ends a charge of an hour and 5 kWh: the station posts what the meter signed, and the service settles it. */
export async function endCharge(
  service: Service,
  { point, station }: { readonly point: ChargingPoint; readonly station: StationCredentials },
  idTag: string,
  beginSeconds: number,
): Promise<void> {
  const times = { beginSeconds, endSeconds: beginSeconds + 3_600 };
  const record = point.device.record({ idTag, energyMicroWh: 5_000_000_000n, ...times });
  expect((await post(service.url, station, record)).status).to.equal(200);
  await service.synchronise();
  await service.synchronise();
}

/** What the operator's sums and the sessions' states are. */
export async function booksOf(
  service: Service,
): Promise<{ readonly sum: unknown; readonly sessions: readonly (readonly unknown[])[] }> {
  const sessions = await service.store.listSessions({ status: null, limit: 100, after: null });
  const { body } = await getAsOperator(service.url, "/v1/operator/totals?by=day&count=1");
  return {
    sum: (body as { readonly sum: unknown }).sum,
    sessions: sessions.map(({ sessionId, state }) => [sessionId, state.status, state.closing]),
  };
}

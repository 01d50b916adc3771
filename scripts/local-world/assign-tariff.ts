import { tariffIdOf } from "../../services/domain/packed-tariff.ts";
import { atEvse } from "../../services/domain/tariff-scope.ts";
import type { Tariff } from "../../services/domain/tariff.ts";
import type { Store } from "../../services/store/store.ts";

/**
 * Has EVSEs offer a tariff from the chain's beginning on, straight in a store that no operator uses yet. Doing it again
 * changes nothing. An operator asks the service: `wattproof tariff assign`.
 */
export async function assignTariff(
  store: Pick<Store, "assignTariffs">,
  evses: readonly number[],
  tariff: Tariff,
): Promise<void> {
  await store.assignTariffs({
    scopes: evses.map(atEvse),
    tariffs: [{ tariffId: tariffIdOf(tariff), tariff }],
    isReplacing: false,
    at: { blockNumber: 0, atSeconds: 0 },
    atMs: Date.now(),
    by: "demo",
  });
}

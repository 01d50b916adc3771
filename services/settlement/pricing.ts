import type { Chain } from "../chain/chain.ts";
import { createPriceJudge, type PriceJudge } from "../evidence/judge-price.ts";
import type { OperatorDesk } from "../observability/operator-desk.ts";
import type { Store } from "../store/store.ts";
import { createPlanRoller, type PlanRoller } from "../evidence/roll-plans.ts";
import type { MeterDirectory } from "../evidence/meter-directory.ts";
import { createTariffDirectory, type TariffDirectory } from "../evidence/tariff-directory.ts";
import { createShortMemory } from "../http/operator/short-memory.ts";

/** Whether a tariff is offered is asked whenever somebody looks at a charger. */
const offerMemory = { keptMs: 2_000, entryLimit: 10_000 };
/** Most EVSEs that one alert names. */
const unpricedLimit = 100;

export interface Pricing {
  readonly tariffs: TariffDirectory;
  readonly prices: PriceJudge;
  readonly plans: PlanRoller;
  alertUnpriced(): Promise<void>;
}

/** What applies at charging points, and who keeps sessions from beginning at anything else. */
export function createPricing(deps: {
  readonly store: Store;
  readonly chain: Chain;
  readonly meters: MeterDirectory;
  readonly desk: OperatorDesk;
  readonly now: () => number;
  readonly graceSeconds: number;
  /** Whether tariffs that count time are offered at any meter. */
  readonly takesAnyTime: boolean;
  readonly pollIntervalMs: number;
  readonly signal: AbortSignal;
}): Pricing {
  const { store, chain, desk, now } = deps;
  const remember = createShortMemory<boolean>({ ...offerMemory, now });
  const tariffs = createTariffDirectory({
    ...deps,
    chain: {
      readBlock: (number) => chain.readBlock(number),
      readHead: () => chain.readHead(),
      isOffered: (operator, tariffId) => remember(`${operator} ${tariffId}`, () => chain.isOffered(operator, tariffId)),
    },
  });

  return {
    tariffs,
    plans: createPlanRoller({ ...deps, pauseMs: deps.pollIntervalMs }),
    prices: createPriceJudge({ store, tariffs, desk, now }),
    async alertUnpriced() {
      const evses = await store.listEvsesWithoutTariff(unpricedLimit);
      if (evses.length > 0) desk.alert("evse-without-tariff", { evses });
    },
  };
}

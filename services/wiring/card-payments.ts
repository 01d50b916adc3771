import { setTimeout as sleep } from "node:timers/promises";

import type { Relays } from "../chain/open-relays.ts";
import { createCardDesk, type CardDesk } from "../card-payments/card-desk.ts";
import { readCardLanes } from "../card-payments/card-lanes.ts";
import { createHttpProvider } from "../card-payments/http-provider.ts";
import { createCardOpener } from "../card-payments/open-for-card.ts";
import { createCardPursuit } from "../card-payments/pursue-card-payment.ts";
import { findObstacleAtEvse, findUnserved } from "../charging/evse-availability.ts";
import { isOvertaken } from "../replicas/overtaken.ts";
import type { Store } from "../store/store.ts";
import type { Charging } from "./charging.ts";
import type { Evidence } from "./evidence.ts";
import type { Foundation } from "./foundation.ts";

/** Payments by card. */
export interface CardPayments {
  /** `null`: no card pays here. */
  readonly desk: CardDesk | null;
  /** What the provider signs its notices with; `null` as the desk is. */
  readonly noticeSecret: string | null;
  /** What is due now. @throws what the ledger throws */
  runOnce(): Promise<void>;
  /** Again and again until the signal. A round that fails is an alert and is tried again. */
  run(): Promise<void>;
}

const paymentsAtOnce = 32;

/** @throws CARD_LANES_INVALID */
export function wireCardPayments(
  foundation: Foundation,
  evidence: Evidence,
  charging: Charging,
  { vehicles }: Pick<Relays, "vehicles">,
): CardPayments {
  const { config, desk, now, signal, pageSettings } = foundation;
  const { cards, pageOrigin } = config;
  if (cards === null || vehicles === null) {
    return { desk: null, noticeSecret: null, runOnce: () => Promise.resolve(), run: () => Promise.resolve() };
  }
  const lanes = readCardLanes(cards.consentsPath);
  const provider = createHttpProvider({ ...cards, signal });
  const findObstacle = (evse: number): Promise<string | null> =>
    findObstacleAtEvse({ store: foundation.store, connections: charging.calls }, evse);
  // Whoever changes a payment says which version it has seen: a door and a round never undo each other's work.
  const pursuitOn = (store: Store) =>
    createCardPursuit({
      ...{ ...foundation, store, provider, vehicles },
      open: createCardOpener({
        ...{ ...evidence, store, lanes, vehicles, findObstacle },
        findUnserved: (terms) => findUnserved({ store, meters: evidence.meters }, terms),
        agreement: pageSettings.partnerAgreement ?? 0,
        sessionSeconds: config.fleets.sessionSeconds,
      }),
      returnUrlOf: (evse) => `${pageOrigin ?? ""}/#/evse/${evse}`,
    });
  const lease = foundation.replica.leases["card-payments"];
  const pursue = pursuitOn(lease.store);

  async function runOnce(): Promise<void> {
    await lease.whileHeld(async () => {
      await Promise.all((await lease.store.listDueCardPayments(now(), paymentsAtOnce)).map(pursue));
    });
  }

  return {
    desk: createCardDesk({
      ...{ ...evidence, store: foundation.store, pursue: pursuitOn(foundation.store), lanes, findObstacle, now },
      ...{ currency: config.currency, pageMs: cards.pageMs, leastHoldMicro: config.spending.leastHoldMicro },
    }),
    noticeSecret: cards.noticeSecret,
    runOnce,
    async run() {
      while (!signal.aborted) {
        await runOnce().catch((error: unknown) => {
          if (!signal.aborted && !isOvertaken(error)) desk.alert("loop-failed", { err: error });
        });
        await sleep(config.pollIntervalMs, undefined, { signal }).catch(() => undefined);
      }
    },
  };
}

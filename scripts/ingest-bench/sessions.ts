import { openSession } from "../../services/domain/session.ts";
import { tariffIdOf } from "../../services/domain/packed-tariff.ts";
import type { NewSession, Store } from "../../services/store/store.ts";
import { demoTariff } from "../local-world/tariff.ts";
import { benchIdTagOf, benchOpening, benchSessionIdOf } from "./messages.ts";

/** Nobody is stopped because the money is used up: a million tokens. */
const holdMicro = 10n ** 12n;
const nobody = `0x${"11".repeat(20)}`;

/** Gives each charger of the benchmark a session, as if the chain had said so. */
export async function openSessions(store: Store, stations: number): Promise<void> {
  const tariffId = tariffIdOf(demoTariff);
  const openings = Array.from({ length: stations }, (_item, index): NewSession => {
    const sessionId = benchSessionIdOf(index);
    const opening = {
      txHash: `0x${"22".repeat(32)}`,
      blockNumber: 1,
      blockHash: `0x${"33".repeat(32)}`,
      logIndex: index,
      ...benchOpening,
    };
    const event = { kind: "opened", opening, unservableReason: null } as const;
    const terms = {
      ...{ driver: nobody, lane: index, nonce: 0, operator: nobody, agreement: 0, tariffId, holdMicro },
      ...{ evse: index + 1, meter: index + 1, maximumPowerW: 22_000, expiresAt: 4_000_000_000 },
    };
    return { sessionId, idTag: benchIdTagOf(index), terms, event, state: openSession(event), atMs: Date.now() };
  });
  await store.commitChain({
    ...{
      expectedCursor: null,
      cursor: null,
      forgetAboveBlock: null,
      tariffs: [{ tariffId, tariff: demoTariff }],
      openings,
    },
    ...{ changes: [], reopenings: [], transactions: [], acts: [], finishedActs: [], reopenedActs: [] },
  });
}

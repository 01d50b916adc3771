import { Client } from "pg";
import { z } from "zod";

import { priceOf } from "../../services/domain/tariff.ts";
import { depositMicro, testTariff, type OpenedSession } from "../helpers/service-chain.ts";
import { readChargesOnChain } from "../helpers/settlement-events.ts";
import type { History } from "../simulation/history.ts";
import type { ChaosStation, PlannedCharge } from "./chaos-charger.ts";
import type { ChaosWorld } from "./chaos-world.ts";

/** A session that a station was to charge. */
export interface PlayedSession {
  readonly station: ChaosStation;
  readonly session: OpenedSession;
  readonly plan: PlannedCharge;
}

const frameLimit = 1_000_000;
const messageSchema = z.object({ station_id: z.string(), body: z.instanceof(Buffer) });

/** What has happened by now, for the check of promises: by the stations, the ledger and the chain. */
export async function readHistory(world: ChaosWorld, played: readonly PlayedSession[]): Promise<History> {
  const { chain, store, stations } = world;
  const charges = await readChargesOnChain(chain.contracts.chargingSettlement);
  const settled: History["settled"][number][] = [];
  let paidMicro = 0n;
  for (const { session, plan } of played) {
    const onChain = charges.get(session.sessionId) ?? [];
    const closing = (await store.findSession(session.sessionId))?.state.closing ?? null;
    if (closing === null && onChain.length === 0) continue;
    settled.push({
      sessionId: session.sessionId,
      settlements: onChain.length,
      ledgerMicro: closing?.kind === "settled" ? closing.chargedMicro : null,
      chainMicro: onChain[0] ?? null,
      meterMicro: priceOf(testTariff, plan.energyMicroWh, plan.seconds, plan.seconds).grossMicro,
    });
    // Each session has a lane of its own.
    paidMicro += depositMicro - (await chain.readFree(session));
  }
  return {
    ...{ kept: await readKept(world), acknowledged: stations.flatMap(({ acknowledged }) => acknowledged) },
    ...{ rights: [], batches: [], settled, paidMicro },
    ...{ creditMicro: await chain.readCredit(), withdrawnMicro: 0n },
  };
}

async function readKept({ postgres, store, stations }: ChaosWorld): Promise<History["kept"]> {
  const kept: History["kept"][number][] = [];
  for (const { stationId } of stations) {
    for (const { text, stationOrdinal } of await store.listFrames(stationId, 0, frameLimit)) {
      kept.push({ stationId, text, place: stationOrdinal });
    }
  }
  const { port } = postgres.primary;
  const client = new Client({ host: "127.0.0.1", port, user: "postgres", database: postgres.database });
  await client.connect();
  try {
    const { rows } = await client.query("SELECT station_id, body FROM messages WHERE source = 'http' ORDER BY ordinal");
    const places = new Map<string, number>();
    for (const { station_id: stationId, body } of z.array(messageSchema).parse(rows)) {
      const place = (places.get(stationId) ?? 0) + 1;
      places.set(stationId, place);
      kept.push({ stationId, text: body.toString(), place });
    }
  } finally {
    await client.end();
  }
  return kept;
}

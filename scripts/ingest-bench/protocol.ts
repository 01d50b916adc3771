import { z } from "zod";

const protocol = z.enum(["ocpp1.6", "ocpp2.0.1"]);
const connect = z.object({
  kind: z.literal("connect"),
  /** The chargers connect to them in turns. */
  urls: z.array(z.string()),
  key: z.string(),
  protocol,
  chargers: z.number(),
  isIdle: z.boolean(),
});

/** What the benchmark tells its chargers. */
export const orders = z.discriminatedUnion("kind", [
  /** Answered when every charger has begun a transaction, or is connected if it is idle. */
  connect,
  /** From now on what is acknowledged counts. */
  z.object({ kind: z.literal("measure") }),
  z.object({ kind: z.literal("run") }),
  /** Answered when every charger has the answer to its last message. */
  z.object({ kind: z.literal("pause") }),
  z.object({ kind: z.literal("stop") }),
]);
export type ChargersOrder = z.output<typeof connect>;

/** What processes of the benchmark tell it. */
export const answers = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("listening"), url: z.string() }),
  z.object({ kind: z.literal("connected") }),
  z.object({ kind: z.literal("paused") }),
  z.object({
    kind: z.literal("stopped"),
    messages: z.number(),
    p50Ms: z.number(),
    p99Ms: z.number(),
    acknowledged: z.number(),
  }),
  z.object({ kind: z.literal("read"), unread: z.number() }),
  z.object({ kind: z.literal("counted"), stored: z.number() }),
  z.object({ kind: z.literal("weighed"), liveBytes: z.number() }),
]);
export type BenchAnswer = z.output<typeof answers>;

/** What the benchmark tells a server of it. */
export const serverOrders = z.discriminatedUnion("kind", [
  /** Answered when all that was acknowledged is read and judged, with how much of it was not when the order came. */
  z.object({ kind: z.literal("read-all") }),
  /** Answered with what is in memory and still used. */
  z.object({ kind: z.literal("weigh") }),
  z.object({ kind: z.literal("stop") }),
]);

/** How a server of the benchmark is started. */
export const serverSettings = z.object({
  folder: z.string(),
  key: z.string(),
  protocol,
  stations: z.number(),
  /** Address of PostgreSQL; `null`: the store is in the folder. */
  store: z.string().nullable(),
  /** 0 makes the store and puts into it what the benchmark needs; the others come after it. */
  replica: z.number(),
});

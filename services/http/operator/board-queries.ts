import { getAddress } from "ethers";
import { z } from "zod";

import { WattproofError } from "../../errors.ts";
import { stationIdGrammar } from "../station/authentication.ts";

/** Most of anything in one answer. */
const mostRows = 100;
const mostHours = 168;
const mostDays = 62;

const sessionId = z
  .string()
  .regex(/^0x[0-9a-fA-F]{64}$/)
  .transform((text) => text.toLowerCase());
const operator = z
  .string()
  .regex(/^0x[0-9a-fA-F]{40}$/)
  .transform((text) => getAddress(text.toLowerCase()))
  .optional();
const limit = z
  .string()
  .regex(/^[1-9][0-9]{0,2}$/)
  .transform(Number)
  .pipe(z.number().max(mostRows))
  .default(50);
const count = z
  .string()
  .regex(/^[1-9][0-9]{0,2}$/)
  .transform(Number);
const timeZone = z
  .string()
  .max(60)
  .refine((name) => {
    try {
      return new Intl.DateTimeFormat("en", { timeZone: name }).resolvedOptions().timeZone.length > 0;
    } catch {
      // The runtime throws for what is no time zone; the query is refused then.
      return false;
    }
  })
  .default("UTC");

const evse = z
  .string()
  .regex(/^[1-9][0-9]{0,9}$/)
  .transform(Number)
  .pipe(z.number().max(2 ** 32 - 1))
  .optional();
const seconds = z
  .string()
  .regex(/^(?:0|[1-9][0-9]{0,11})$/)
  .transform(Number)
  .optional();
/** The beginning of a session's id, or of an idTag; fewer characters would find anything. */
const sessionBeginning = z
  .string()
  .regex(/^(?:0[xX][0-9a-fA-F]{4,64}|[A-Za-z2-7]{4,20})$/)
  .transform((text) =>
    /^0x/i.test(text)
      ? ({ kind: "session", prefix: text.toLowerCase() } as const)
      : ({ kind: "tag", prefix: text.toUpperCase() } as const),
  )
  .optional();

export const stationsQuery = z.strictObject({
  limit,
  after: z.string().regex(stationIdGrammar).optional(),
  /** What the id begins with. */
  find: z.string().regex(stationIdGrammar).optional(),
  connection: z.enum(["online", "offline"]).optional(),
});
export const overviewQuery = z.strictObject({ operator });
export const evidenceQuery = z.strictObject({ operator });
export const sessionsQuery = z.strictObject({
  show: z.enum(["running", "hanging", "ended", "all"]).default("running"),
  operator,
  evse,
  /** At the EVSEs of this station. */
  station: z.string().regex(stationIdGrammar).optional(),
  /** Opened from then on, before then; seconds since 1970. */
  from: seconds,
  until: seconds,
  find: sessionBeginning,
  limit,
  before: sessionId.optional(),
});
export const moneyQuery = z.strictObject({
  operator,
  limit: limit.pipe(z.number().max(20)).default(20),
  after: z
    .string()
    .regex(/^0x[0-9a-fA-F]{40}:(?:0|[1-9][0-9]{0,9})$/)
    .transform((text) => ({ operator: text.slice(0, 42), agreement: Number(text.slice(43)) }))
    .optional(),
});
export const totalsQuery = z.discriminatedUnion("by", [
  z.strictObject({
    by: z.literal("hour"),
    count: count.pipe(z.number().max(mostHours)).default(24),
    timeZone,
    operator,
  }),
  z.strictObject({ by: z.literal("day"), count: count.pipe(z.number().max(mostDays)).default(30), timeZone, operator }),
]);

/** @throws QUERY_INVALID naming what is wrong */
export function readQuery<Value>(schema: z.ZodType<Value>, query: unknown): Value {
  const parsed = schema.safeParse(query);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map((issue) => `${issue.path.join(".") || "query"}: ${issue.code}`);
  throw new WattproofError("QUERY_INVALID", problems.join("; ").slice(0, 300));
}

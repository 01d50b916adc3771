import { z } from "zod";

/** What the process of the stations is told. */
export const stormOrderSchema = z.object({
  /** Without a slash at the end. */
  url: z.string(),
  /** The key of every station. */
  key: z.string(),
  stations: z.number(),
  /** That each station has kept when it comes back. */
  messages: z.number(),
});
export type StormOrder = z.infer<typeof stormOrderSchema>;

/** What it says when every station is back and has an answer to every message. */
export const stormAnswerSchema = z.object({
  /** From the end of all connections until half of the stations had all their answers, and until all had. */
  halfBackMs: z.number(),
  allBackMs: z.number(),
  /** How often a station was told to come back later, and the longest time that one was told. */
  deferred: z.number(),
  longestRetryAfterSeconds: z.number(),
});
export type StormAnswer = z.infer<typeof stormAnswerSchema>;

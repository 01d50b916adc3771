import { z } from "zod";

/** A message of a station that the service could not work on. */
export const parkedFrame = z.object({
  frameId: z.string(),
  stationId: z.string(),
  protocol: z.string(),
  action: z.string().nullable(),
  receivedAt: z.string(),
  text: z.string(),
});

export function lineOfFrame(frame: z.infer<typeof parkedFrame>, nowMs: number): string {
  const { frameId, stationId, action, receivedAt } = frame;
  const minutes = Math.max(0, Math.floor((nowMs - Date.parse(receivedAt)) / 60_000));
  return `${frameId} of ${stationId}: ${action ?? "no action"}, came ${receivedAt}, ${minutes} minutes ago`;
}

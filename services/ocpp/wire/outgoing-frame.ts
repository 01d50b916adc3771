import { z } from "zod";

import { withoutKeys } from "./key-change.ts";

const call = z.tuple([z.literal(2), z.string(), z.string(), z.unknown()]);

/** What is kept of a frame of ours. */
export interface OutgoingFrame {
  readonly messageId: string | null;
  readonly action: string | null;
  /** The frame, with keys blanked that it hands out. */
  readonly storedText: string;
}

export function describeOutgoing(text: string): OutgoingFrame {
  const parsed = call.safeParse(JSON.parse(text));
  if (!parsed.success) return { messageId: null, action: null, storedText: text };
  const [type, messageId, action, payload] = parsed.data;
  const stored = withoutKeys(action, payload);
  return {
    messageId,
    action,
    storedText: stored === payload ? text : JSON.stringify([type, messageId, action, stored]),
  };
}

import type { StoredFrame } from "../../store/ocpp.ts";

/**
 * The next layer, which reads what the frames mean. It gets the CALLs of stations only after they are on disk, those of
 * one station one after the other in the order in which they came, each at least once, also across restarts. A rejection
 * means that it could not do its work; the frame comes again, and later ones of that station wait.
 */
export interface FrameInbox {
  /** @param payload What the door has parsed, if it is in memory still; nobody changes it. */
  take(frame: StoredFrame, payload?: unknown): Promise<void>;
  /** Resolves when what was taken is on disk, so that it need not come again. */
  settled(): Promise<void>;
}

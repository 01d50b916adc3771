import { utc } from "../../command-line/amounts.ts";
import { failing, ok, warning, type Finding } from "./finding.ts";

/** What the chain and this machine say about the time. */
export interface ClockView {
  readonly headNumber: number;
  /** Of the newest block; seconds since 1970. */
  readonly headSeconds: number;
  /**
   * Of the block that would come now, on a local chain alone: it has blocks when there is something to put in, so that
   * its newest one may be old while its clock is right. `null` on any other.
   */
  readonly nextBlockSeconds: number | null;
  /** By this machine's clock; milliseconds since 1970. */
  readonly nowMs: number;
}

/** Clocks of block producers and machines that are kept in time differ by less, and blocks come more often. */
const toleranceSeconds = 60;
/** A node that is minutes behind has lost its peers. */
const oldHeadSeconds = 300;

/** Whether the chain's clock and this machine's agree; neither may be ahead. */
export function clockFinding({ headNumber, headSeconds, nextBlockSeconds, nowMs }: ClockView): Finding {
  const chainSeconds = Math.max(headSeconds, nextBlockSeconds ?? headSeconds);
  const behindSeconds = Math.floor(nowMs / 1_000) - chainSeconds;
  const detail = `newest block ${headNumber} of ${utc(headSeconds)}, ${said(behindSeconds, nextBlockSeconds !== null)}`;
  if (behindSeconds < -toleranceSeconds) {
    return failing(
      "clock",
      detail,
      nextBlockSeconds === null
        ? "This machine's clock is slow. Switch on its synchronisation (chrony, systemd-timesyncd)."
        : "This chain was put forward. Meters and drivers live in its past: begin a new one.",
    );
  }
  if (behindSeconds <= toleranceSeconds) return ok("clock", detail);
  const advice =
    nextBlockSeconds === null
      ? "The endpoint has fallen behind, or this machine's clock is fast."
      : "This chain's clock is set back. Deadlines come later on it than for people.";
  return nextBlockSeconds === null && behindSeconds <= oldHeadSeconds
    ? warning("clock", detail, advice)
    : failing("clock", detail, advice);
}

function said(behindSeconds: number, isLocal: boolean): string {
  const what = isLocal ? "the chain's clock is" : "it is";
  return behindSeconds < 0
    ? `${what} ${-behindSeconds} s ahead of this machine's clock`
    : `${what} ${behindSeconds} s behind this machine's clock`;
}

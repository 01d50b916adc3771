import { Presets, SingleBar } from "cli-progress";

/** How far a work of many steps is. */
export interface Progress {
  advance(steps?: number): void;
  stop(): void;
}

/** A bar on stderr where that is a terminal; nothing elsewhere, so that logs stay readable. */
export function startProgress(label: string, total: number): Progress {
  if (!process.stderr.isTTY || total <= 1) return { advance: () => undefined, stop: () => undefined };
  const bar = new SingleBar(
    { stream: process.stderr, format: `${label} {bar} {value}/{total}`, clearOnComplete: true, hideCursor: true },
    Presets.shades_classic,
  );
  bar.start(total, 0);
  return {
    advance(steps = 1) {
      bar.increment(steps);
    },
    stop() {
      bar.stop();
    },
  };
}

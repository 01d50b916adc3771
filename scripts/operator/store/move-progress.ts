import type { MoveOptions } from "../../../services/store/move/move-ledger.ts";
import type { Progress } from "../../command-line/progress.ts";
import type { Run } from "../../command-line/verb.ts";

/** Runs what moves a ledger with a bar on a terminal. */
export async function withMoveProgress<Result>(
  { signal, startProgress }: Pick<Run, "signal" | "startProgress">,
  isAnew: boolean,
  work: (options: MoveOptions) => Promise<Result>,
): Promise<Result> {
  const bar: { progress: Progress | null } = { progress: null };
  try {
    return await work({
      isAnew,
      signal,
      onBegin(steps) {
        bar.progress = startProgress("rows", steps);
      },
      onSteps(steps) {
        bar.progress?.advance(steps);
      },
    });
  } finally {
    bar.progress?.stop();
  }
}

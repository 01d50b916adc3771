/** A wait that somebody else can end. One at a time. */
export interface Pause {
  /** Resolves after this time, when somebody ends the wait, or at the signal. `undefined`: there is no time limit. */
  wait(ms: number | undefined, signal: AbortSignal): Promise<void>;
  /** Ends the wait that is under way, if there is one. */
  end(): void;
}

export function createPause(): Pause {
  let end = (): void => undefined;
  return {
    wait: (ms, signal) =>
      new Promise((resolve) => {
        const timer = ms === undefined ? undefined : setTimeout(done, ms);
        function done(): void {
          clearTimeout(timer);
          signal.removeEventListener("abort", done);
          end = () => undefined;
          resolve();
        }
        signal.addEventListener("abort", done, { once: true });
        end = done;
      }),
    end() {
      end();
    },
  };
}

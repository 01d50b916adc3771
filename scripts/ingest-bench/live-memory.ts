/**
 * What a server of the benchmark holds in memory, without what it no longer uses. The operating system's figure holds that,
 * too: V8 gives freed memory back when it likes. The process has to be started with `--expose-gc`.
 */
export function weighLiveBytes(): number {
  if (globalThis.gc === undefined) throw new Error("The server was started without --expose-gc");
  globalThis.gc();
  const { heapUsed, external } = process.memoryUsage();

  return heapUsed + external;
}

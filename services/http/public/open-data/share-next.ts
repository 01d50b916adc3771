/**
 * Has those who ask while the work is being done share the next run of it. So each gets what was read after it asked, and
 * however many ask, one run follows another.
 */
export function shareNext<Result>(work: () => Promise<Result>): () => Promise<Result> {
  let last: Promise<unknown> = Promise.resolve();
  let next: Promise<Result> | null = null;
  return () => {
    if (next !== null) return next;
    const before = last;
    next = (async () => {
      await before.catch(() => undefined);
      next = null;
      return work();
    })();
    last = next;
    return next;
  };
}

/** Resolves when the work is done or the time is over, whichever comes first; the work goes on. */
export async function withinTime(work: Promise<void>, limitMs: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, limitMs);
  });
  await Promise.race([work, late]).finally(() => {
    clearTimeout(timer);
  });
}

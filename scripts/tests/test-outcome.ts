/** Instead of a file: there is none left for this process. */
export const theEnd = "";

/** How one test ended. */
export interface TestOutcome {
  /** With the names of the suites that it is in. */
  readonly title: string;
  readonly state: "passed" | "failed" | "pending";
  readonly elapsedMs: number;
  /** Why it failed: message, difference and stack; empty unless it failed. */
  readonly reason: string;
}

/** How a file of tests ended. */
export interface FileOutcome {
  readonly file: string;
  /** Tests that are in the file. */
  readonly total: number;
  /** Tests that ran, and hooks that failed. */
  readonly tests: readonly TestOutcome[];
  readonly elapsedMs: number;
  /** Processor time of the process meanwhile, without that of its children. */
  readonly processorMs: number;
  /** Memory of the process at the end, in bytes. */
  readonly memoryBytes: number;
}

/** What is wrong with how a file ended; empty if nothing is. */
export function faultsOf({ total, tests }: FileOutcome): readonly string[] {
  const failed = tests.filter(({ state }) => state === "failed");
  const faults = failed.map(({ title, reason }) => `${title}\n${reason}`);
  const ran = tests.length;
  if (total === 0) faults.push("There is no test in it.");
  else if (ran < total && failed.length === 0) faults.push(`Of its ${total} tests ${ran} ran.`);
  return faults;
}

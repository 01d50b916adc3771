import { compile, type CompilerAnswer } from "./compiler.ts";

/**
 * proved: no sequence of calls of any length breaks the assertion. refuted: the solver shows a sequence that does.
 * undecided: it found neither. invalid: the source does not compile, or the compiler remarks on something else, so that
 * nothing can be said.
 */
export type Verdict = "proved" | "refuted" | "undecided" | "invalid" | "time exceeded";

export interface Judgement {
  readonly verdict: Verdict;
  /** What the compiler said, if it was anything but that the assertion holds. */
  readonly remarks: readonly string[];
  readonly elapsedMs: number;
}

/** The solver inside the compiler, without its own time limit, which proves less when the machine is busy. */
const settings = {
  modelChecker: {
    engine: "chc",
    solvers: ["z3"],
    targets: ["assert"],
    showProvedSafe: true,
    showUnproved: true,
    showUnsupported: true,
  },
  outputSelection: { "*": { "*": ["abi"] } },
};

/** From the compiler: an assertion that is safe has this code, one that is not, or may not be, the other. */
const provedCode = "9576";
const assertionCode = "6328";

/** Judges the one assertion of a model. */
export async function judgeModel(source: string, timeLimitMs: number): Promise<Judgement> {
  const startedAt = performance.now();
  const run = await compile(source, settings, timeLimitMs);
  const elapsedMs = Math.round(performance.now() - startedAt);
  if (run.outcome === "time exceeded") return { verdict: "time exceeded", remarks: [], elapsedMs };

  const remarks = run.answer.errors.filter((remark) => !isProof(remark)).map(({ message }) => message);
  return { verdict: verdictOf(run.answer.errors), remarks, elapsedMs };
}

type Remark = CompilerAnswer["errors"][number];

/** Anything that the compiler says besides one statement on one assertion makes it invalid. */
export function verdictOf(remarks: readonly Remark[]): Verdict {
  const [remark, ...others] = remarks;
  if (remark === undefined || others.length > 0) return "invalid";
  if (isProof(remark)) return "proved";
  if (remark.errorCode !== assertionCode) return "invalid";

  return remark.message.startsWith("CHC: Assertion violation happens here.") ? "refuted" : "undecided";
}

function isProof({ severity, errorCode, message }: Remark): boolean {
  return severity === "info" && errorCode === provedCode && message === "CHC: Assertion violation check is safe!";
}

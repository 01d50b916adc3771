import { type Judgement, judgeModel } from "./model-checker.ts";
import { type Model, withError } from "./models.ts";

/** One proof that was tried: of a model as it is, or of a model with an error, which must not succeed. */
export interface Proof extends Judgement {
  readonly model: string;
  /** The planted error; null for the model as it is. */
  readonly plantedError: string | null;
  /** fails: the model is not proved, or the error not noticed. not done: nothing can be said. */
  readonly outcome: "holds" | "fails" | "not done";
}

export interface ProofLimits {
  /** For each proof. */
  readonly timeLimitMs: number;
  /** Proofs that run at a time. */
  readonly jobs: number;
}

/** Tries to prove every model and every model with an error; `onProof` hears of each as soon as it is done. */
export async function runProofs(
  models: readonly Model[],
  { timeLimitMs, jobs }: ProofLimits,
  onProof: (proof: Proof) => void,
): Promise<readonly Proof[]> {
  const tasks = models.flatMap(({ name, source, plantedErrors }) => [
    { model: name, plantedError: null, source },
    ...plantedErrors.map((planted) => ({
      model: name,
      plantedError: planted.error,
      source: withError(source, planted),
    })),
  ]);
  const proofs: Proof[] = [];
  const waiting = tasks.values();
  const work = async (): Promise<void> => {
    for (const { model, plantedError, source } of waiting) {
      const judgement = await judgeModel(source, timeLimitMs);
      const proof = { model, plantedError, ...judgement, outcome: outcomeOf(judgement, plantedError !== null) };
      proofs.push(proof);
      onProof(proof);
    }
  };
  await Promise.all(Array.from({ length: jobs }, work));

  return proofs;
}

function outcomeOf({ verdict }: Judgement, hasError: boolean): Proof["outcome"] {
  if (verdict === "invalid" || verdict === "time exceeded") return "not done";

  // An undecided proof is a failed one. The solver cannot find the calls that break every model, only some.
  return (verdict === "proved") !== hasError ? "holds" : "fails";
}

import { type SyntaxNode } from "./syntax-tree.ts";

/** A place where the code decides: it has two ways out. */
export interface Decision {
  readonly file: string;
  /** The contract or library and the function: `Challenges.answer`. */
  readonly subject: string;
  /**
   * What is decided, as the source says it, on one line: a condition, or `try …`, which is true when the call succeeds.
   * A number follows where a function decides the same again.
   */
  readonly text: string;
  readonly line: number;
}

/** Where the way is told: around a condition, or at the beginning of the blocks that follow a call. */
export type Probe =
  | { readonly kind: "condition"; readonly start: number; readonly end: number }
  | { readonly kind: "blocks"; readonly whenTrue: number; readonly whenFalse: readonly number[] };

/** A decision, and where its way can be told. */
export interface ProbedDecision {
  readonly decision: Decision;
  readonly probe: Probe;
}

/**
 * The decisions of a source: `if`, `require`, `assert`, `? :` and `try`. Not loops, `&&`, `||` and assembly.
 *
 * @param source The file's text, in UTF-8.
 */
export function decisionsIn(file: string, source: Buffer, tree: SyntaxNode): readonly ProbedDecision[] {
  const found: ProbedDecision[] = [];
  const seen = new Map<string, number>();
  const textOf = (start: number, end: number) =>
    source
      .toString("utf8", start, end)
      .replace(/\/\/[^\n]*/gu, "")
      .replace(/\s+/gu, " ")
      .trim();

  function add(subject: string, { start, end }: SyntaxNode, text: string, probe: Probe): void {
    const key = `${subject} ${text}`;
    const count = (seen.get(key) ?? 0) + 1;
    seen.set(key, count);
    const line = source.toString("utf8", 0, start).split("\n").length;
    const numbered = count === 1 ? text : `${text} (${count})`;
    if (end > start) found.push({ decision: { file, subject, text: numbered, line }, probe });
  }

  function addCondition(subject: string, condition: SyntaxNode | undefined): void {
    if (condition === undefined) return;
    const { start, end } = condition;
    add(subject, condition, textOf(start, end), { kind: "condition", start, end });
  }

  function addTry(subject: string, node: SyntaxNode): void {
    const call = node.child("externalCall");
    const [success, ...failures] = node.childrenIn("clauses").flatMap((clause) => clause.child("block") ?? []);
    if (call === undefined || success === undefined) return;
    // Behind the brace that opens the block.
    add(subject, node, `try ${textOf(call.start, call.end)}`, {
      kind: "blocks",
      whenTrue: success.start + 1,
      whenFalse: failures.map((block) => block.start + 1),
    });
  }

  function visit(node: SyntaxNode, contract: string, subject: string | undefined): void {
    if (node.nodeType === "ContractDefinition") {
      for (const part of node.children()) visit(part, node.name ?? "", undefined);
      return;
    }
    if (node.nodeType === "FunctionDefinition" || node.nodeType === "ModifierDefinition") {
      const name = node.name === undefined || node.name === "" ? "constructor" : node.name;
      const body = node.child("body");
      if (body !== undefined) visit(body, contract, contract === "" ? name : `${contract}.${name}`);
      return;
    }
    if (subject !== undefined) {
      if (node.nodeType === "IfStatement" || node.nodeType === "Conditional") {
        addCondition(subject, node.child("condition"));
      } else if (node.nodeType === "FunctionCall" && isRequirement(node)) {
        addCondition(subject, node.childrenIn("arguments")[0]);
      } else if (node.nodeType === "TryStatement") {
        addTry(subject, node);
      }
    }
    for (const part of node.children()) visit(part, contract, subject);
  }

  visit(tree, "", undefined);

  return found;
}

function isRequirement(call: SyntaxNode): boolean {
  const called = call.child("expression");
  return called?.nodeType === "Identifier" && (called.name === "require" || called.name === "assert");
}

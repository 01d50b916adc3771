/** One thing that was checked. */
export interface ReceiptCheck {
  readonly name: string;
  /** `warning`: true as the receipt says it, and still something its holder should know. */
  readonly outcome: "holds" | "fails" | "warning";
  readonly detail: string;
}

export function check(name: string, holds: boolean, detail: string): ReceiptCheck {
  return { name, outcome: holds ? "holds" : "fails", detail };
}

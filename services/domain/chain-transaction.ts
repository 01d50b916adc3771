/** Where a settlement transaction is. `replaced`: another transaction took its nonce. */
export type TransactionStatus = "prepared" | "sent" | "confirmed" | "reverted" | "replaced";

/** What is known about the newest attempt of a batch when the next step is chosen. */
export interface AttemptView {
  readonly status: "prepared" | "sent";
  /** When it was first handed to the endpoint; `null` if never. */
  readonly sentAtMs: number | null;
  readonly nonce: number;
  /** The endpoint has the transaction, pending or mined. */
  readonly isKnown: boolean;
  /** The receipt of this or any earlier attempt; `null` while none is mined. */
  readonly receipt: { readonly isSuccess: boolean; readonly isConfirmed: boolean } | null;
  /** The account's next nonce at the newest block. */
  readonly accountNonce: number;
}

/**
 * `wait`: nothing to do. `broadcast`: hand over the signed transaction (again). `replace`: the same nonce at a higher
 * fee. `fail`: it reverted for good. `renumber`: its nonce went to a transaction that is not ours.
 */
export type TransactionStep = "wait" | "broadcast" | "replace" | "fail" | "renumber";

/** The next step for a batch that has a transaction. */
export function nextStep(view: AttemptView, stuckAfterMs: number, nowMs: number): TransactionStep {
  if (view.receipt !== null) {
    return view.receipt.isSuccess || !view.receipt.isConfirmed ? "wait" : "fail";
  }
  if (view.accountNonce > view.nonce) return "renumber";
  if (view.status === "prepared" || view.sentAtMs === null) return "broadcast";
  if (nowMs - view.sentAtMs >= stuckAfterMs) return "replace";
  return view.isKnown ? "wait" : "broadcast";
}

/** Fees of a transaction, in wei per gas. */
export interface Fees {
  readonly maxFeePerGas: bigint;
  readonly maxPriorityFeePerGas: bigint;
}

// Nodes take a replacement from 10 % more on (go-ethereum's txpool.pricebump); an eighth leaves room for rounding.
const bumpDivisor = 8n;

/** Fees of a replacement: at least an eighth above the old ones, and not below what the chain asks now. */
export function bumpFees(old: Fees, current: Fees): Fees {
  return {
    maxFeePerGas: greater(old.maxFeePerGas + old.maxFeePerGas / bumpDivisor + 1n, current.maxFeePerGas),
    maxPriorityFeePerGas: greater(
      old.maxPriorityFeePerGas + old.maxPriorityFeePerGas / bumpDivisor + 1n,
      current.maxPriorityFeePerGas,
    ),
  };
}

function greater(left: bigint, right: bigint): bigint {
  return left > right ? left : right;
}

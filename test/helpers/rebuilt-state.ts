import type { Interface, Log } from "ethers";

import { settlementResultOf } from "./session-terms.ts";

/** What the settlement contract stores, as far as anybody can know it from its events. */
export interface RebuiltState {
  readonly owedMicro: bigint;
  /** By driver and lane, as `driver/lane`. */
  readonly accounts: ReadonlyMap<string, RebuiltAccount>;
  readonly operators: ReadonlyMap<string, { readonly creditMicro: bigint; readonly creditedMicro: bigint }>;
  /** Live sessions by id. */
  readonly live: ReadonlyMap<string, { readonly account: string; readonly holdMicro: bigint }>;
}

export interface RebuiltAccount {
  readonly freeMicro: bigint;
  readonly nonce: bigint;
  readonly liveSessionId: string | null;
}

export const EMPTY_STATE: RebuiltState = {
  owedMicro: 0n,
  accounts: new Map(),
  operators: new Map(),
  live: new Map(),
};

const NO_ACCOUNT: RebuiltAccount = { freeMicro: 0n, nonce: 0n, liveSessionId: null };
const NO_CREDIT = { creditMicro: 0n, creditedMicro: 0n };

function field(packed: bigint, fromBit: number, bits: number): bigint {
  return (packed >> BigInt(fromBit)) % 2n ** BigInt(bits);
}

function withAccount(
  state: RebuiltState,
  key: string,
  change: (account: RebuiltAccount) => Partial<RebuiltAccount>,
): RebuiltState {
  const account = state.accounts.get(key) ?? NO_ACCOUNT;
  return { ...state, accounts: new Map(state.accounts).set(key, { ...account, ...change(account) }) };
}

function withCredit(state: RebuiltState, operator: string, credit: bigint, credited: bigint): RebuiltState {
  const before = state.operators.get(operator) ?? NO_CREDIT;
  const after = { creditMicro: before.creditMicro + credit, creditedMicro: before.creditedMicro + credited };
  return { ...state, operators: new Map(state.operators).set(operator, after) };
}

function withoutSession(state: RebuiltState, sessionId: string, returnedMicro: bigint): RebuiltState {
  const session = state.live.get(sessionId);
  if (session === undefined) throw new Error(`The session ${sessionId} ended without having begun`);
  const live = new Map(state.live);
  live.delete(sessionId);
  return withAccount({ ...state, live }, session.account, ({ freeMicro }) => ({
    freeMicro: freeMicro + returnedMicro,
    liveSessionId: null,
  }));
}

/** The state after one more log; every event that the contract can emit is named here. */
export function afterLog(state: RebuiltState, log: Log, contract: Interface): RebuiltState {
  const parsed = contract.parseLog(log);
  if (parsed === null) throw new Error("The contract emitted an event that its interface does not name");
  const text = (name: string): string => String(parsed.args.getValue(name));
  const number = (name: string): bigint => BigInt(text(name));
  switch (parsed.name) {
    case "Deposited":
    case "Withdrawn": {
      const amount = parsed.name === "Deposited" ? number("amountMicro") : -number("amountMicro");
      const owedMicro = state.owedMicro + amount;
      return withAccount({ ...state, owedMicro }, `${text("driver")}/${text("lane")}`, ({ freeMicro }) => ({
        freeMicro: freeMicro + amount,
      }));
    }
    case "NonceAdvanced":
      return withAccount(state, `${text("driver")}/${text("lane")}`, () => ({ nonce: number("nonce") }));
    case "SessionOpened": {
      const packed = number("terms");
      const account = `${text("driver")}/${field(packed, 200, 32)}`;
      const holdMicro = field(packed, 40, 64);
      const live = new Map(state.live).set(text("sessionId"), { account, holdMicro });
      return withAccount({ ...state, live }, account, ({ freeMicro }) => ({
        freeMicro: freeMicro - holdMicro,
        nonce: field(packed, 168, 32) + 1n,
        liveSessionId: text("sessionId"),
      }));
    }
    case "SessionSettled":
      return withoutSession(state, text("sessionId"), settlementResultOf(number("result")).returnedMicro);
    case "SessionExpired":
      return withoutSession(state, text("sessionId"), number("returnedMicro"));
    case "OperatorCredited":
      return withCredit(state, text("operator"), number("amountMicro"), number("amountMicro"));
    case "CreditWithdrawn": {
      const amount = number("amountMicro");
      return withCredit({ ...state, owedMicro: state.owedMicro - amount }, text("operator"), -amount, 0n);
    }
    case "OpeningSkipped":
    case "SettlementSkipped":
    case "EIP712DomainChanged":
      return state;
    default:
      throw new Error(`The event ${parsed.name} is not folded into the state`);
  }
}

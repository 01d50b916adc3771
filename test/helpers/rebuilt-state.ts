import { type Interface, type Log, ZeroHash } from "ethers";

import { type LiveTerms, NEVER_OPENED, settlementResultOf } from "./session-terms.ts";

/** What the settlement contract stores, as far as anybody can know it from its events and the times of their blocks. */
export interface RebuiltState {
  readonly owedMicro: bigint;
  /** By driver and lane, as `driver/lane`. */
  readonly accounts: ReadonlyMap<string, RebuiltAccount>;
  /** By operator and agreement, as `operator/agreement`. */
  readonly credits: ReadonlyMap<string, RebuiltCredit>;
  /** By id: all that were ever opened. */
  readonly sessions: ReadonlyMap<string, RebuiltSession>;
  /** What the sessions have in common that open next. */
  readonly openingGroup: Pick<LiveTerms, "operator" | "agreement" | "tariffId" | "opening">;
}

export interface RebuiltAccount {
  readonly freeMicro: bigint;
  readonly nonce: bigint;
  readonly liveSessionId: string | null;
}

export interface RebuiltCredit {
  /** Credited for good at once. */
  readonly finalMicro: bigint;
  /** By the epoch in which oracles credited it. */
  readonly byEpochMicro: ReadonlyMap<bigint, bigint>;
  readonly withdrawnMicro: ReadonlyMap<string, bigint>;
}

export interface RebuiltSession {
  readonly account: string;
  readonly credit: string;
  readonly holdMicro: bigint;
  readonly toppedUpMicro: bigint;
  /** All that the driver agreed to, and when it opened. */
  readonly terms: LiveTerms;
  readonly isLive: boolean;
  readonly settledInEpoch: bigint;
}

export const EMPTY_STATE: RebuiltState = {
  owedMicro: 0n,
  accounts: new Map(),
  credits: new Map(),
  sessions: new Map(),
  openingGroup: { operator: "", agreement: 0n, tariffId: "", opening: NEVER_OPENED },
};

const NO_ACCOUNT: RebuiltAccount = { freeMicro: 0n, nonce: 0n, liveSessionId: null };
const NO_CREDIT: RebuiltCredit = { finalMicro: 0n, byEpochMicro: new Map(), withdrawnMicro: new Map() };

/** What is final in an epoch, and what is not. */
export function creditIn(credit: RebuiltCredit | undefined, epoch: bigint): { final: bigint; provisional: bigint } {
  let final = credit?.finalMicro ?? 0n;
  let provisional = 0n;
  for (const [creditedIn, amount] of credit?.byEpochMicro ?? []) {
    if (creditedIn + 2n <= epoch) final += amount;
    else provisional += amount;
  }
  return { final, provisional };
}

function field(packed: bigint, fromBit: number, bits: number): bigint {
  return (packed >> BigInt(fromBit)) % 2n ** BigInt(bits);
}

function withAmount<Key>(amounts: ReadonlyMap<Key, bigint>, key: Key, amount: bigint): Map<Key, bigint> {
  return new Map(amounts).set(key, (amounts.get(key) ?? 0n) + amount);
}

function withAccount(
  state: RebuiltState,
  key: string,
  change: (account: RebuiltAccount) => Partial<RebuiltAccount>,
): RebuiltState {
  const account = state.accounts.get(key) ?? NO_ACCOUNT;
  return { ...state, accounts: new Map(state.accounts).set(key, { ...account, ...change(account) }) };
}

function withFree(state: RebuiltState, key: string, amount: bigint): RebuiltState {
  return withAccount(state, key, ({ freeMicro }) => ({ freeMicro: freeMicro + amount }));
}

function withCredit(
  state: RebuiltState,
  key: string,
  change: (credit: RebuiltCredit) => Partial<RebuiltCredit>,
): RebuiltState {
  const credit = state.credits.get(key) ?? NO_CREDIT;
  return { ...state, credits: new Map(state.credits).set(key, { ...credit, ...change(credit) }) };
}

function withWithdrawn(state: RebuiltState, key: string, party: string, amount: bigint): RebuiltState {
  return withCredit(state, key, ({ withdrawnMicro }) => ({
    withdrawnMicro: withAmount(withdrawnMicro, party, amount),
  }));
}

function sessionOf(state: RebuiltState, sessionId: string): RebuiltSession {
  const session = state.sessions.get(sessionId);
  if (session === undefined) throw new Error(`Nothing tells of the opening of the session ${sessionId}`);
  return session;
}

function withSession(state: RebuiltState, sessionId: string, change: Partial<RebuiltSession>): RebuiltState {
  const session = { ...sessionOf(state, sessionId), ...change };
  return { ...state, sessions: new Map(state.sessions).set(sessionId, session) };
}

function ended(state: RebuiltState, sessionId: string, returnedMicro: bigint, settledInEpoch: bigint): RebuiltState {
  const { account, isLive } = sessionOf(state, sessionId);
  if (!isLive) throw new Error(`The session ${sessionId} ended twice`);
  return withAccount(withSession(state, sessionId, { isLive: false, settledInEpoch }), account, ({ freeMicro }) => ({
    freeMicro: freeMicro + returnedMicro,
    liveSessionId: null,
  }));
}

/** The state after one more log, of a block in `epoch`; every event that the contract can emit is named here. */
export function afterLog(state: RebuiltState, log: Log, contract: Interface, epoch: bigint): RebuiltState {
  const parsed = contract.parseLog(log);
  if (parsed === null) throw new Error("The contract emitted an event that its interface does not name");
  const text = (name: string): string => String(parsed.args.getValue(name));
  const number = (name: string): bigint => BigInt(text(name));
  const account = (): string => `${text("driver")}/${text("lane")}`;
  const credit = (): string => `${text("operator")}/${text("agreement")}`;
  switch (parsed.name) {
    case "Deposited":
      return withFree(
        { ...state, owedMicro: state.owedMicro + number("amountMicro") },
        account(),
        number("amountMicro"),
      );
    case "Withdrawn":
      return withFree(
        { ...state, owedMicro: state.owedMicro - number("amountMicro") },
        account(),
        -number("amountMicro"),
      );
    case "NonceAdvanced":
      return withAccount(state, account(), () => ({ nonce: number("nonce") }));
    case "GroupOpened":
      return {
        ...state,
        openingGroup: {
          operator: text("operator"),
          agreement: number("agreement"),
          tariffId: text("tariffId"),
          opening: { openedAt: number("openedAt"), salt: number("salt") },
        },
      };
    case "SessionOpened": {
      const packed = number("terms");
      const terms = {
        ...state.openingGroup,
        driver: text("driver"),
        lane: field(packed, 200, 32),
        nonce: field(packed, 168, 32),
        evse: field(packed, 136, 32),
        meter: field(packed, 104, 32),
        maximumPowerW: field(packed, 232, 24),
        holdMicro: field(packed, 40, 64),
        expiresAt: field(packed, 0, 40),
      };
      const { operator, agreement, holdMicro } = terms;
      const opened = `${terms.driver}/${terms.lane}`;
      const parties = { account: opened, credit: `${operator}/${agreement}`, terms };
      const session = { ...parties, holdMicro, toppedUpMicro: 0n, isLive: true, settledInEpoch: 0n };
      const sessions = new Map(state.sessions).set(text("sessionId"), session);
      return withAccount({ ...state, sessions }, opened, ({ freeMicro }) => ({
        freeMicro: freeMicro - holdMicro,
        nonce: terms.nonce + 1n,
        liveSessionId: text("sessionId"),
      }));
    }
    case "SessionToppedUp": {
      const before = sessionOf(state, text("sessionId"));
      const toppedUpMicro = number("toppedUpMicro");
      const raised = withSession(state, text("sessionId"), { toppedUpMicro });
      return withFree(raised, before.account, before.toppedUpMicro - toppedUpMicro);
    }
    case "SessionSettled":
      return ended(state, text("sessionId"), settlementResultOf(number("result")).returnedMicro, epoch);
    case "SessionAgreed":
      return ended(state, text("sessionId"), number("returnedMicro"), 0n);
    case "GroupSettled": {
      const sessionIds = [...(parsed.args.getValue("sessionIds") as Iterable<string>)];
      const results = [...(parsed.args.getValue("results") as Iterable<bigint>)];
      return sessionIds.reduce((before, sessionId, place) => {
        if (sessionId === ZeroHash) return before;
        return ended(before, sessionId, settlementResultOf(results[place] ?? 0n).returnedMicro, epoch);
      }, state);
    }
    case "SessionReleased":
    case "SessionExpired":
      return ended(state, text("sessionId"), number("returnedMicro"), 0n);
    case "OperatorCredited":
      return withCredit(state, credit(), ({ finalMicro, byEpochMicro }) =>
        text("isFinal") === "true"
          ? { finalMicro: finalMicro + number("amountMicro") }
          : { byEpochMicro: withAmount(byEpochMicro, epoch, number("amountMicro")) },
      );
    case "SessionCorrected": {
      const session = sessionOf(state, text("sessionId"));
      const corrected = withCredit(state, session.credit, ({ byEpochMicro }) => ({
        byEpochMicro: withAmount(byEpochMicro, session.settledInEpoch, -number("refundedMicro")),
      }));
      return withFree(corrected, session.account, number("refundedMicro"));
    }
    case "CreditWithdrawn": {
      const owedMicro = state.owedMicro - number("amountMicro");
      return withWithdrawn({ ...state, owedMicro }, credit(), text("party"), number("amountMicro"));
    }
    case "SessionRefunded": {
      const taken = withWithdrawn(state, credit(), text("operator"), number("amountMicro"));
      return withFree(taken, account(), number("amountMicro"));
    }
    case "OpeningSkipped":
    case "SettlementSkipped":
    case "ReleaserChanged":
    case "EIP712DomainChanged":
      return state;
    default:
      throw new Error(`The event ${parsed.name} is not folded into the state`);
  }
}

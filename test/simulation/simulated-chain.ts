import { createHash } from "node:crypto";

import type { Chain, ChainBlock } from "../../services/chain/chain.ts";
import type { ChainEvent } from "../../services/chain/events.ts";
import { sessionIdOf } from "../../services/domain/terms.ts";
import { priceOf } from "../../services/domain/tariff.ts";
import type { SessionTerms } from "../../services/domain/terms.ts";
import { testTariff } from "../helpers/test-tariff.ts";
import type { Random } from "../helpers/random.ts";

/** What the simulated contract is told about one session. */
export interface SettledItem {
  readonly sessionId: string;
  readonly energyMicroWh: string;
  readonly chargingSeconds: number;
  readonly connectedSeconds: number;
}

/** A transaction of the oracle, or of a driver (`nonce` null). */
interface PendingTransaction {
  readonly txHash: string;
  readonly nonce: number | null;
  readonly fee: bigint;
  readonly batchId: string | null;
  readonly items: readonly SettledItem[];
  readonly terms: SessionTerms | null;
}

interface Block extends ChainBlock {
  readonly transactions: readonly (PendingTransaction & { readonly isSuccess: boolean })[];
  readonly events: readonly ChainEvent[];
  readonly undo: readonly (() => void)[];
}

/** A session as the contract has it. */
interface ContractSession {
  readonly terms: SessionTerms;
  readonly openedAt: number;
  readonly salt: number;
  chargedMicro: bigint | null;
}

/** One chain with one contract, whose newest blocks may be replaced by others. */
export interface SimulatedChain {
  readonly chain: Chain;
  /** A driver opens a session; it is mined some time. @returns its id */
  open(terms: SessionTerms): string;
  mine(timestamp: number): void;
  /** Replaces so many of the newest blocks; their transactions are mined again, in another order and other blocks. */
  reorganise(depth: number, timestamp: number): void;
  /** The operator takes out what the contract owes it, or less. */
  withdraw(amountMicro: bigint): void;
  /** What the contract charged for each session that it has. */
  charged(): ReadonlyMap<string, bigint | null>;
  readonly books: { readonly creditMicro: bigint; readonly withdrawnMicro: bigint; readonly paidMicro: bigint };
  /** How often the chain says that the session was settled. */
  settlementsOf(sessionId: string): number;
  /** Transactions that are part of the chain, by their batch. */
  batchesSent(): ReadonlyMap<string, readonly string[]>;
}

export const oracle = `0x${"0a".repeat(20)}`;
const chainId = 31_337;
const contract = `0x${"0c".repeat(20)}`;
const domain = { chainId, verifyingContract: contract };
const unasked = (): never => {
  throw new Error("Nobody asks the simulated chain for this.");
};
const hashOf = (text: string): string => `0x${createHash("sha256").update(text).digest("hex")}`;

export function createSimulatedChain(random: Random, genesisSeconds: number): SimulatedChain {
  const sessions = new Map<string, ContractSession>();
  const blocks: Block[] = [
    { number: 0, hash: hashOf("genesis"), timestamp: genesisSeconds, transactions: [], events: [], undo: [] },
  ];
  let pending: PendingTransaction[] = [];
  let accountNonce = 0;
  let paidMicro = 0n;
  let creditMicro = 0n;
  let withdrawnMicro = 0n;
  let branch = 0;
  const head = (): Block => blocks.at(-1) ?? unasked();

  function execute(transaction: PendingTransaction, block: ChainBlock, events: ChainEvent[], undo: (() => void)[]) {
    const { txHash, terms, items } = transaction;
    const position = () => ({
      ...{ txHash, blockNumber: block.number, blockHash: block.hash, logIndex: events.length },
    });
    if (terms !== null) {
      const sessionId = sessionIdOf(terms, domain);
      const opening = { openedAt: block.timestamp, salt: Number.parseInt(head().hash.slice(2, 8), 16) };
      sessions.set(sessionId, { terms, ...opening, chargedMicro: null });
      undo.push(() => sessions.delete(sessionId));
      events.push({ kind: "session-opened", position: position(), sessionId, terms, opening });
      return true;
    }
    for (const item of items) settle(item, position, events, undo);
    return true;
  }

  function settle(
    { sessionId, energyMicroWh, chargingSeconds, connectedSeconds }: SettledItem,
    position: () => ChainEvent["position"],
    events: ChainEvent[],
    undo: (() => void)[],
  ): void {
    const session = sessions.get(sessionId);
    if (session === undefined || session.chargedMicro !== null) {
      const reason = session === undefined ? "SESSION_UNKNOWN" : "SESSION_NOT_LIVE";
      events.push({ kind: "settlement-skipped", position: position(), sessionId, reason });
      return;
    }
    const energy = BigInt(energyMicroWh);
    const { grossMicro } = priceOf(testTariff, energy, chargingSeconds, connectedSeconds);
    const { holdMicro } = session.terms;
    const chargedMicro = grossMicro < holdMicro ? grossMicro : holdMicro;
    session.chargedMicro = chargedMicro;
    paidMicro += chargedMicro;
    creditMicro += chargedMicro;
    undo.push(() => {
      session.chargedMicro = null;
      paidMicro -= chargedMicro;
      creditMicro -= chargedMicro;
    });
    events.push({
      ...{ kind: "session-settled", position: position(), sessionId, batch: null, isReadable: null },
      ...{ energyMicroWh: energy, chargingSeconds, connectedSeconds },
      ...{ chargedMicro, returnedMicro: holdMicro - chargedMicro },
    });
  }

  /** What can be mined now: openings of drivers, and the oracle's transactions in the order of their nonces. */
  function takeMineable(): readonly PendingTransaction[] {
    const taken = pending.filter(({ nonce }) => nonce === null);
    for (let next = accountNonce; ; next += 1) {
      const rivals = pending.filter(({ nonce }) => nonce === next);
      const best = rivals.reduce<PendingTransaction | undefined>(
        (found, one) => (found === undefined || one.fee > found.fee ? one : found),
        undefined,
      );
      if (best === undefined) break;
      taken.push(best);
    }
    pending = pending.filter(({ nonce }) => nonce !== null && !taken.some((one) => one.nonce === nonce));
    return taken;
  }

  function mine(timestamp: number): void {
    const number = blocks.length;
    const block = { number, hash: hashOf(`${head().hash}:${number}:${branch}`), timestamp };
    const events: ChainEvent[] = [];
    const undo: (() => void)[] = [];
    const transactions = takeMineable().map((transaction) => {
      if (transaction.nonce !== null) {
        accountNonce += 1;
        undo.push(() => {
          accountNonce -= 1;
        });
      }
      return { ...transaction, isSuccess: execute(transaction, block, events, undo) };
    });
    blocks.push({ ...block, transactions, events, undo });
  }

  const chain: Chain = {
    ...{ domain, oracle },
    checkDeployment: () => Promise.resolve(),
    isMember: () => Promise.resolve(true),
    readHead: () => Promise.resolve(head()),
    readBlock: (number) => Promise.resolve(blocks[number] ?? null),
    readEvents(from, to, parentHash) {
      const isSame = blocks[to.number]?.hash === to.hash;
      const isAttached = parentHash === null || blocks[from - 1]?.hash === parentHash;
      if (!isSame || !isAttached) return Promise.resolve(null);
      const events = blocks.slice(from, to.number + 1).flatMap((block) => block.events);
      return Promise.resolve({ events, omissions: [] });
    },
    readEvse: (evse) =>
      Promise.resolve({ operator: oracle, maximumPowerW: 22_000, activeMeter: evse, evseId: `DE*SIM*E${evse}` }),
    readAgreement: unasked,
    readMeter: (number) =>
      Promise.resolve({
        ...{ number, evse: number, curve: "secp256r1", status: "active", possession: "proven-on-chain" },
        ...{
          provenance: "vouched-by-maker",
          maker: 0,
          validFrom: 0,
          validUntil: 2 ** 40,
          calibrationExpiresAt: 2 ** 40,
        },
        publicKey: `0x${"22".repeat(64)}`,
      }),
    canContractRead: () => Promise.resolve(false),
    readTariff: () => Promise.resolve(testTariff),
    isOffered: () => Promise.resolve(true),
    readAccountNonce: () => Promise.resolve(accountNonce),
    readFees: () => Promise.resolve({ maxFeePerGas: 100n, maxPriorityFeePerGas: 2n }),
    estimateCall: () => Promise.resolve({ kind: "estimated", gas: 100_000n }),
    signCall({ calldata, nonce, maxFeePerGas }) {
      const rawTransaction = JSON.stringify({ calldata, nonce, fee: maxFeePerGas.toString() });
      return Promise.resolve({ txHash: hashOf(rawTransaction), rawTransaction });
    },
    broadcast(rawTransaction) {
      const { calldata, nonce, fee } = JSON.parse(rawTransaction) as { calldata: string; nonce: number; fee: string };
      const txHash = hashOf(rawTransaction);
      if (nonce < accountNonce) return Promise.resolve({ kind: "nonce-used", detail: "nonce too low" });
      const call = JSON.parse(calldata) as { readonly batchId: string; readonly items: readonly SettledItem[] };
      if (pending.every((one) => one.txHash !== txHash)) {
        pending.push({ txHash, nonce, fee: BigInt(fee), ...call, terms: null });
      }
      return Promise.resolve({ kind: "taken", detail: "" });
    },
    readReceipt(txHash) {
      const block = blocks.find(({ transactions }) => transactions.some((one) => one.txHash === txHash));
      if (block === undefined) return Promise.resolve(null);
      return Promise.resolve({ isSuccess: true, blockNumber: block.number, blockHash: block.hash });
    },
    isKnown: (txHash) => Promise.resolve(pending.some((one) => one.txHash === txHash)),
    ...{ readCommittee: unasked, readEpochSeconds: unasked, readChangeDelaySeconds: unasked, isSignedBy: unasked },
    ...{ claimsOf: unasked, signClaims: unasked, recoverSigner: unasked, signDossier: unasked, measure: unasked },
    ...{ signOffer: unasked },
    ...{ encodeSettlement: unasked, encodeMeterSettlement: unasked, encodeChallenge: unasked, encodeAnswer: unasked },
    ...{ readDemand: unasked, findClaim: unasked, signLowering: unasked, recoverLoweringSigner: unasked },
    ...{ encodeLowering: unasked, readLowerableUntil: unasked },
  };

  return {
    chain,
    open(terms) {
      const sessionId = sessionIdOf(terms, domain);
      pending.push({ txHash: hashOf(`open ${sessionId}`), nonce: null, fee: 0n, batchId: null, items: [], terms });
      return sessionId;
    },
    mine,
    reorganise(depth, timestamp) {
      const removed = blocks.splice(Math.max(1, blocks.length - depth));
      for (const { undo } of removed.toReversed()) for (const step of undo.toReversed()) step();
      const back = removed.flatMap(({ transactions }) => transactions);
      // The other branch has its openings in another order.
      pending.push(...back.toSorted(() => random.below(3) - 1));
      branch += 1;
      for (let index = 0; index <= removed.length; index += 1) mine(timestamp + index);
    },
    withdraw(amountMicro) {
      const taken = amountMicro < creditMicro - withdrawnMicro ? amountMicro : creditMicro - withdrawnMicro;
      if (taken > 0n) withdrawnMicro += taken;
    },
    charged: () => new Map([...sessions].map(([sessionId, { chargedMicro }]) => [sessionId, chargedMicro])),
    get books() {
      return { creditMicro, withdrawnMicro, paidMicro };
    },
    settlementsOf: (sessionId) =>
      blocks
        .flatMap(({ events }) => events)
        .filter((event) => event.kind === "session-settled" && event.sessionId === sessionId).length,
    batchesSent() {
      const sent = new Map<string, string[]>();
      for (const { transactions } of blocks) {
        for (const { batchId, txHash } of transactions) {
          if (batchId !== null) sent.set(batchId, [...(sent.get(batchId) ?? []), txHash]);
        }
      }
      return sent;
    },
  };
}

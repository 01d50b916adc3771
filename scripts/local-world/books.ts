import type { Provider } from "ethers";

import { settledInGroup } from "../../services/domain/settled-group.ts";
import { unpackSettlementResult } from "../../services/domain/metering.ts";
import { unpackTerms, type SessionTerms } from "../../services/domain/terms.ts";
import type { TypedContractEvent, TypedDeferredTopicFilter, TypedEventLog } from "../../types/common.ts";
import type { Contracts } from "./contract-handles.ts";

/** What the chain says happened to one session. */
export interface BookedSession {
  readonly sessionId: string;
  readonly terms: SessionTerms;
  readonly toppedUpMicro: bigint;
  readonly openingTxHash: string;
  readonly closing:
    | {
        readonly kind: "settled";
        readonly txHash: string;
        readonly energyMicroWh: bigint;
        readonly chargingSeconds: number;
        readonly connectedSeconds: number;
        readonly chargedMicro: bigint;
        readonly returnedMicro: bigint;
        /** What challenges gave back to the driver. */
        readonly refundedMicro: bigint;
      }
    | { readonly kind: "expired"; readonly txHash: string; readonly returnedMicro: bigint }
    | { readonly kind: "live" };
}

/** One equation between what is on the chain. */
export interface BookCheck {
  readonly name: string;
  readonly left: bigint;
  readonly right: bigint;
  readonly holds: boolean;
}

/** All money in one settlement contract, read from its events and its state. Amounts are in 10⁻⁶ token. */
export interface Books {
  readonly sessions: ReadonlyMap<string, BookedSession>;
  readonly depositedMicro: bigint;
  readonly withdrawnMicro: bigint;
  readonly freeMicro: bigint;
  readonly heldMicro: bigint;
  /** What the operator and its partners can withdraw, now or when it is final. */
  readonly creditMicro: bigint;
  /** What oracles have bonded, those in cases included. */
  readonly bondsMicro: bigint;
  readonly chargedMicro: bigint;
  readonly returnedMicro: bigint;
  readonly energyMicroWh: bigint;
  readonly openingGas: bigint;
  readonly settlementGas: bigint;
  readonly checks: readonly BookCheck[];
}

/** How many questions are asked at once. */
const concurrency = 64;

/** Reads the books of one operator's settlements from `fromBlock` on and checks that they agree with each other. */
export async function readBooks(
  contracts: Contracts,
  provider: Provider,
  operator: string,
  fromBlock: number,
): Promise<Books> {
  const { chargingSettlement } = contracts;
  const { filters } = chargingSettlement;
  const eventsOf = <Event extends TypedContractEvent>(
    filter: TypedDeferredTopicFilter<Event>,
  ): Promise<TypedEventLog<Event>["args"][]> => queryArgs(chargingSettlement, filter, fromBlock);
  const deposited = await eventsOf(filters.Deposited());
  const withdrawn = await eventsOf(filters.Withdrawn());
  const creditWithdrawn = await eventsOf(filters.CreditWithdrawn(operator));
  const credited = await eventsOf(filters.OperatorCredited(operator));
  const refunded = await eventsOf(filters.SessionRefunded());
  const corrected = await eventsOf(filters.SessionCorrected());
  const bonds = await readBonds(contracts, fromBlock);
  const sessions = await readSessions(contracts, fromBlock);

  const accounts = new Map<string, readonly [driver: string, lane: bigint]>();
  const owners = [
    ...deposited.map(({ driver, lane }) => [driver, lane] as const),
    ...refunded.map(({ driver, lane }) => [driver, lane] as const),
  ];
  for (const owner of owners) {
    accounts.set(owner.join(" "), owner);
  }
  const balances = await mapConcurrently([...accounts.values()], ([driver, lane]) =>
    chargingSettlement.accountOf(driver, lane),
  );
  const agreements = new Set([0, ...[...sessions.values()].map(({ terms }) => terms.agreement)]);
  const credits = await mapConcurrently([...agreements], (agreement) =>
    chargingSettlement.creditOf(operator, agreement),
  );
  const unit = await chargingSettlement.unit();
  const tokenBalance = await contracts.erc20.balanceOf(await chargingSettlement.getAddress());

  const all = [...sessions.values()];
  const settled = all.flatMap(({ closing }) => (closing.kind === "settled" ? [closing] : []));
  const amountOf = ({ amountMicro }: { readonly amountMicro: bigint }): bigint => amountMicro;
  const depositedMicro = sumOf(deposited, amountOf);
  const creditTakenMicro = sumOf(creditWithdrawn, amountOf) + sumOf(refunded, amountOf);
  const withdrawnMicro = sumOf(withdrawn, amountOf) + sumOf(creditWithdrawn, amountOf);
  const freeMicro = sumOf(balances, (balance) => balance.freeMicro);
  const heldMicro = sumOf(all, (session) => (session.closing.kind === "live" ? heldOf(session) : 0n));
  const creditMicro = sumOf(credits, (credit) => credit.finalMicro + credit.provisionalMicro) - creditTakenMicro;
  const chargedMicro = sumOf(settled, (closing) => closing.chargedMicro);
  const correctedMicro = sumOf(corrected, (correction) => correction.refundedMicro);
  const owedMicro = await chargingSettlement.owedMicro();
  const unequalSplits = all.filter((session) => partsOf(session) !== heldOf(session));
  const totals = freeMicro + heldMicro + creditMicro;

  return {
    sessions,
    depositedMicro,
    withdrawnMicro,
    freeMicro,
    heldMicro,
    creditMicro,
    bondsMicro: bonds.heldMicro,
    chargedMicro,
    returnedMicro: sumOf(settled, (closing) => closing.returnedMicro),
    energyMicroWh: sumOf(settled, (closing) => closing.energyMicroWh),
    openingGas: await gasOf(provider, new Set(all.map((session) => session.openingTxHash))),
    settlementGas: await gasOf(provider, new Set(settled.map((closing) => closing.txHash))),
    checks: [
      check("deposited = free + held + operator credit + withdrawn", depositedMicro, totals + withdrawnMicro),
      check("owed = free + held + operator credit", owedMicro, totals),
      check("the contract's token balance = owed", tokenBalance, owedMicro * unit),
      check("operator credited = charged", sumOf(credited, amountOf), chargedMicro),
      check(
        "operator credit = charged - corrections - withdrawn - given back",
        creditMicro,
        chargedMicro - correctedMicro - creditTakenMicro,
      ),
      check("bonds = bonded - withdrawn - used by closed cases", bonds.heldMicro, bonds.expectedMicro),
      check("the bonds' token balance = owed + burnt", bonds.balance, bonds.owedAndBurntMicro * unit),
      check("sessions whose charge and return are not what was held", BigInt(unequalSplits.length), 0n),
    ],
  };
}

/** What oracles have at stake, by events and by state. */
async function readBonds(
  { oracleBonds, erc20 }: Contracts,
  fromBlock: number,
): Promise<Readonly<Record<"heldMicro" | "expectedMicro" | "balance" | "owedAndBurntMicro", bigint>>> {
  const { filters } = oracleBonds;
  const posted = (await oracleBonds.queryFilter(filters.BondPosted(), fromBlock)).map(({ args }) => args);
  const withdrawn = await oracleBonds.queryFilter(filters.BondWithdrawn(), fromBlock);
  const closed = await oracleBonds.queryFilter(filters.CaseClosed(), fromBlock);
  const held = await mapConcurrently([...new Set(posted.map(({ oracle }) => oracle))], async (oracle) => {
    const number = await oracleBonds.caseCountOf(oracle);
    const last = await oracleBonds.caseOf(oracle, number);
    return (await oracleBonds.bondOf(oracle)) + (last.isClosed ? 0n : last.poolMicro);
  });
  const usedMicro = sumOf(closed, ({ args }) => args.paidLossMicro + args.paidRewardMicro + args.burntMicro);
  return {
    heldMicro: sumOf(held, (amount) => amount),
    expectedMicro:
      sumOf(posted, ({ amountMicro }) => amountMicro) - sumOf(withdrawn, ({ args }) => args.amountMicro) - usedMicro,
    balance: await erc20.balanceOf(await oracleBonds.getAddress()),
    owedAndBurntMicro: (await oracleBonds.owedMicro()) + (await oracleBonds.burntMicro()),
  };
}

/** The arguments of events, in the order of the chain. */
async function queryArgs<Event extends TypedContractEvent>(
  contract: Contracts["chargingSettlement"],
  filter: TypedDeferredTopicFilter<Event>,
  fromBlock: number,
): Promise<TypedEventLog<Event>["args"][]> {
  return (await contract.queryFilter(filter, fromBlock)).map(({ args }) => args);
}

/** Every session that was opened, in order, with how it ended. */
async function readSessions(contracts: Contracts, fromBlock: number): Promise<Map<string, BookedSession>> {
  const { chargingSettlement } = contracts;
  const { filters } = chargingSettlement;
  const sessions = new Map<string, BookedSession>();
  const groups = await chargingSettlement.queryFilter(filters.GroupOpened(), fromBlock);
  const groupsOf = Map.groupBy(groups, ({ transactionHash }) => transactionHash);
  for (const { args, transactionHash, index } of await chargingSettlement.queryFilter(
    filters.SessionOpened(),
    fromBlock,
  )) {
    const group = groupsOf.get(transactionHash)?.findLast((candidate) => candidate.index < index)?.args;
    if (group === undefined) {
      throw new Error(`The chain opened ${args.sessionId} outside any group`);
    }
    const { operator, agreement, tariffId } = group;
    const shared = { driver: args.driver, operator, agreement: Number(agreement), tariffId };
    sessions.set(args.sessionId, {
      sessionId: args.sessionId,
      terms: unpackTerms(args.terms, shared),
      toppedUpMicro: 0n,
      openingTxHash: transactionHash,
      closing: { kind: "live" },
    });
  }
  const find = (sessionId: string): BookedSession => {
    const session = sessions.get(sessionId);
    if (session === undefined) {
      throw new Error(`The chain never opened ${sessionId}`);
    }

    return session;
  };
  for (const { sessionId, toppedUpMicro } of await queryArgs(
    chargingSettlement,
    filters.SessionToppedUp(),
    fromBlock,
  )) {
    sessions.set(sessionId, { ...find(sessionId), toppedUpMicro });
  }
  const close = (sessionId: string, closing: BookedSession["closing"]): void => {
    const session = find(sessionId);
    if (session.closing.kind !== "live") {
      throw new Error(`The chain closed ${sessionId} twice`);
    }
    sessions.set(sessionId, { ...session, closing });
  };
  for (const { args, transactionHash } of await chargingSettlement.queryFilter(filters.SessionSettled(), fromBlock)) {
    const result = unpackSettlementResult(args.result);
    close(args.sessionId, { kind: "settled", txHash: transactionHash, ...result, refundedMicro: 0n });
  }
  for (const { args, transactionHash } of await chargingSettlement.queryFilter(filters.GroupSettled(), fromBlock)) {
    const field = (name: string): unknown => Reflect.get(args, name);
    for (const { sessionId, result } of settledInGroup(field)) {
      close(sessionId, { kind: "settled", txHash: transactionHash, ...result, refundedMicro: 0n });
    }
  }
  for (const { args, transactionHash } of await chargingSettlement.queryFilter(filters.SessionExpired(), fromBlock)) {
    close(args.sessionId, { kind: "expired", txHash: transactionHash, returnedMicro: args.returnedMicro });
  }
  for (const { args, transactionHash } of await chargingSettlement.queryFilter(filters.SessionReleased(), fromBlock)) {
    close(args.sessionId, { kind: "expired", txHash: transactionHash, returnedMicro: args.returnedMicro });
  }
  for (const { args, transactionHash } of await chargingSettlement.queryFilter(filters.SessionAgreed(), fromBlock)) {
    const { chargedMicro, returnedMicro } = args;
    // An agreement says nothing of the energy.
    const nothing = { energyMicroWh: 0n, chargingSeconds: 0, connectedSeconds: 0, refundedMicro: 0n };
    close(args.sessionId, { kind: "settled", txHash: transactionHash, ...nothing, chargedMicro, returnedMicro });
  }
  for (const correction of await queryArgs(chargingSettlement, filters.SessionCorrected(), fromBlock)) {
    const { sessionId, refundedMicro } = correction;
    const session = find(sessionId);
    if (session.closing.kind !== "settled") {
      throw new Error(`The chain corrected ${sessionId} and had not settled it`);
    }
    const closing = { ...session.closing, refundedMicro: session.closing.refundedMicro + refundedMicro };
    sessions.set(sessionId, { ...session, closing });
  }

  return sessions;
}

function heldOf({ terms, toppedUpMicro }: BookedSession): bigint {
  return terms.holdMicro + toppedUpMicro;
}

function partsOf(session: BookedSession): bigint {
  const { closing } = session;
  if (closing.kind === "live") {
    return heldOf(session);
  }

  return closing.kind === "expired" ? closing.returnedMicro : closing.chargedMicro + closing.returnedMicro;
}

async function gasOf(provider: Provider, txHashes: ReadonlySet<string>): Promise<bigint> {
  const receipts = await mapConcurrently([...txHashes], (txHash) => provider.getTransactionReceipt(txHash));

  return sumOf(receipts, (receipt) => receipt?.gasUsed ?? 0n);
}

/** One equation, and whether it holds. */
export function check(name: string, left: bigint, right: bigint): BookCheck {
  return { name, left, right, holds: left === right };
}

export function sumOf<Item>(items: readonly Item[], amountOf: (item: Item) => bigint): bigint {
  return items.reduce((total, item) => total + amountOf(item), 0n);
}

async function mapConcurrently<Item, Result>(
  items: readonly Item[],
  map: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  for (let start = 0; start < items.length; start += concurrency) {
    results.push(...(await Promise.all(items.slice(start, start + concurrency).map(map))));
  }

  return results;
}

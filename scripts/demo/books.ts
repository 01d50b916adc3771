import type { Provider } from "ethers";

import { unpackSettlementResult } from "../../services/domain/metering.ts";
import { unpackTerms, type SessionTerms } from "../../services/domain/terms.ts";
import type { Contracts } from "./contracts.ts";

/** What the chain says happened to one session. */
export interface BookedSession {
  readonly sessionId: string;
  readonly terms: SessionTerms;
  readonly openingTxHash: string;
  readonly closing:
    | {
        readonly kind: "settled";
        readonly txHash: string;
        readonly energyMicroWh: bigint;
        readonly chargingSeconds: number;
        readonly idleSeconds: number;
        readonly chargedMicro: bigint;
        readonly returnedMicro: bigint;
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
  readonly creditMicro: bigint;
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
  const deposited = await chargingSettlement.queryFilter(filters.Deposited(), fromBlock);
  const withdrawn = await chargingSettlement.queryFilter(filters.Withdrawn(), fromBlock);
  const creditWithdrawn = await chargingSettlement.queryFilter(filters.CreditWithdrawn(), fromBlock);
  const sessions = await readSessions(contracts, fromBlock);

  const accounts = new Map<string, readonly [driver: string, lane: bigint]>();
  for (const { args } of deposited) {
    accounts.set(`${args.driver} ${args.lane.toString()}`, [args.driver, args.lane]);
  }
  const balances = await mapConcurrently([...accounts.values()], ([driver, lane]) =>
    chargingSettlement.accountOf(driver, lane),
  );
  const operatorAccount = await chargingSettlement.operatorAccountOf(operator);
  const unit = await chargingSettlement.unit();
  const tokenBalance = await contracts.erc20.balanceOf(await chargingSettlement.getAddress());

  const all = [...sessions.values()];
  const settled = all.flatMap(({ closing }) => (closing.kind === "settled" ? [closing] : []));
  const depositedMicro = sumOf(deposited, ({ args }) => args.amountMicro);
  const withdrawnMicro =
    sumOf(withdrawn, ({ args }) => args.amountMicro) + sumOf(creditWithdrawn, ({ args }) => args.amountMicro);
  const freeMicro = sumOf(balances, (balance) => balance.freeMicro);
  const heldMicro = sumOf(all, ({ closing, terms }) => (closing.kind === "live" ? terms.holdMicro : 0n));
  const chargedMicro = sumOf(settled, (closing) => closing.chargedMicro);
  const owedMicro = await chargingSettlement.owedMicro();
  const unequalSplits = all.filter(({ closing, terms }) => partsOf(closing, terms.holdMicro) !== terms.holdMicro);
  const totals = freeMicro + heldMicro + operatorAccount.creditMicro;

  return {
    sessions,
    depositedMicro,
    withdrawnMicro,
    freeMicro,
    heldMicro,
    creditMicro: operatorAccount.creditMicro,
    chargedMicro,
    returnedMicro: sumOf(settled, (closing) => closing.returnedMicro),
    energyMicroWh: sumOf(settled, (closing) => closing.energyMicroWh),
    openingGas: await gasOf(provider, new Set(all.map((session) => session.openingTxHash))),
    settlementGas: await gasOf(provider, new Set(settled.map((closing) => closing.txHash))),
    checks: [
      check("deposited = free + held + operator credit + withdrawn", depositedMicro, totals + withdrawnMicro),
      check("owed = free + held + operator credit", owedMicro, totals),
      check("the contract's token balance = owed", tokenBalance, owedMicro * unit),
      check("operator credited = charged", operatorAccount.creditedMicro, chargedMicro),
      check("sessions whose charge and return are not the hold", BigInt(unequalSplits.length), 0n),
    ],
  };
}

/** Every session that was opened, in order, with how it ended. */
async function readSessions(contracts: Contracts, fromBlock: number): Promise<Map<string, BookedSession>> {
  const { chargingSettlement } = contracts;
  const { filters } = chargingSettlement;
  const sessions = new Map<string, BookedSession>();
  for (const { args, transactionHash } of await chargingSettlement.queryFilter(filters.SessionOpened(), fromBlock)) {
    const { sessionId, driver, operator, tariffId } = args;
    const terms = unpackTerms(args.terms, { driver, operator, tariffId });
    sessions.set(sessionId, { sessionId, terms, openingTxHash: transactionHash, closing: { kind: "live" } });
  }
  const close = (sessionId: string, closing: BookedSession["closing"]): void => {
    const session = sessions.get(sessionId);
    if (session?.closing.kind !== "live") {
      throw new Error(`The chain closed ${sessionId} twice, or without having opened it`);
    }
    sessions.set(sessionId, { ...session, closing });
  };
  for (const { args, transactionHash } of await chargingSettlement.queryFilter(filters.SessionSettled(), fromBlock)) {
    close(args.sessionId, { kind: "settled", txHash: transactionHash, ...unpackSettlementResult(args.result) });
  }
  for (const { args, transactionHash } of await chargingSettlement.queryFilter(filters.SessionExpired(), fromBlock)) {
    close(args.sessionId, { kind: "expired", txHash: transactionHash, returnedMicro: args.returnedMicro });
  }

  return sessions;
}

function partsOf(closing: BookedSession["closing"], holdMicro: bigint): bigint {
  if (closing.kind === "live") {
    return holdMicro;
  }

  return closing.kind === "expired" ? closing.returnedMicro : closing.chargedMicro + closing.returnedMicro;
}

async function gasOf(provider: Provider, txHashes: ReadonlySet<string>): Promise<bigint> {
  const receipts = await mapConcurrently([...txHashes], (txHash) => provider.getTransactionReceipt(txHash));

  return sumOf(receipts, (receipt) => receipt?.gasUsed ?? 0n);
}

function check(name: string, left: bigint, right: bigint): BookCheck {
  return { name, left, right, holds: left === right };
}

function sumOf<Item>(items: readonly Item[], amountOf: (item: Item) => bigint): bigint {
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

import { type Interface, type Result, type TransactionReceipt, type TransactionResponse, ZeroHash } from "ethers";

import type { DemoToken, HostileToken } from "../../types/index.ts";
import type { SettlementFixture } from "./settlement-fixture.ts";

type AnyFixture = SettlementFixture<DemoToken | HostileToken>;

/** An event as its name and arguments in order. */
export type PlainEvent = readonly unknown[];

/** All numbers that a call could change, each under a name. */
export type Books = Record<string, bigint>;

export interface Outcome {
  readonly events: PlainEvent[];
  /** Only what differs: the value after minus the value before. */
  readonly changes: Books;
}

/** The events that one contract emitted in a transaction, in order. */
export function eventsOf(
  receipt: TransactionReceipt | null,
  contract: { readonly interface: Interface; readonly target: unknown },
): PlainEvent[] {
  if (receipt === null) throw new Error("The transaction has no receipt");
  return receipt.logs
    .filter((log) => log.address === contract.target)
    .flatMap((log) => {
      const parsed = contract.interface.parseLog(log);
      if (parsed === null) throw new Error("The contract emitted an event that its interface does not name");
      const values: unknown[] = parsed.args.toArray();
      return parsed.name === "GroupSettled" ? settledOf(parsed.args) : [[parsed.name, ...values]];
    });
}

/** A group's event tells of each session what the event of a single one does; here they read alike. */
function settledOf(group: Result): PlainEvent[] {
  const sessionIds = [...(group.getValue("sessionIds") as Iterable<unknown>)];
  const results = [...(group.getValue("results") as Iterable<unknown>)];
  return sessionIds.flatMap((sessionId, place) =>
    sessionId === ZeroHash ? [] : [["SessionSettled", sessionId, results[place]]],
  );
}

/** Every account, credit, bond and token balance of the fixture's people; credit without agreement and under the first. */
export async function booksOf({
  settlement,
  oracleBonds,
  erc20,
  partnerAgreements,
  ...people
}: AnyFixture): Promise<Books> {
  const books: Books = { owed: await settlement.owedMicro() };
  const accounts = {
    driver: people.driver,
    otherDriver: people.otherDriver,
    payer: people.payer,
    operator: people.operator,
    otherOperator: people.otherOperator,
    relayer: people.relayer,
    thief: people.thief,
  };
  for (const [name, { address }] of Object.entries(accounts)) {
    books[`${name} tokens`] = await erc20.balanceOf(address);
  }
  books["settlement tokens"] = await erc20.balanceOf(await settlement.getAddress());
  for (const [name, lanes] of Object.entries({ driver: 2, otherDriver: 2, relayer: 1, thief: 1 } as const)) {
    for (let lane = 0; lane < lanes; lane += 1) {
      const account = await settlement.accountOf(accounts[name as keyof typeof accounts].address, lane);
      books[`${name}/${lane.toString()} free`] = account.freeMicro;
      books[`${name}/${lane.toString()} nonce`] = account.nonce;
      books[`${name}/${lane.toString()} commitment`] = account.commitment;
    }
  }
  for (const name of ["operator", "otherOperator"] as const) {
    for (const [agreement, suffix] of [
      [0, ""],
      [1, " shared"],
    ] as const) {
      const { address } = people[name];
      const credit = await settlement.creditOf(address, agreement);
      const partMicro = await partnerAgreements.partOf(address, agreement, address, credit.finalMicro);
      books[`${name}${suffix} withdrawn`] = partMicro - (await settlement.withdrawableOf(address, agreement, address));
      books[`${name}${suffix} final`] = credit.finalMicro;
      books[`${name}${suffix} provisional`] = credit.provisionalMicro;
    }
  }
  for (const [index, { address }] of people.oracles.entries()) {
    books[`oracle ${index.toString()} bond`] = await oracleBonds.bondOf(address);
  }
  books["bonds tokens"] = await erc20.balanceOf(await oracleBonds.getAddress());
  books["bonds owed"] = await oracleBonds.owedMicro();
  for (const [name, { address }] of Object.entries(accounts)) {
    books[`${name} bonds credit`] = await oracleBonds.withdrawableOf(address, 0, address);
  }
  return books;
}

/** Does something and tells everything that came of it, so that a test can compare it whole. */
export async function outcomeOf(fixture: AnyFixture, action: () => Promise<TransactionResponse>): Promise<Outcome> {
  const before = await booksOf(fixture);
  const receipt = await (await action()).wait();
  const after = await booksOf(fixture);
  const changes: Books = {};
  for (const [name, value] of Object.entries(after)) {
    const difference = value - (before[name] ?? 0n);
    if (difference !== 0n) changes[name] = difference;
  }
  return { events: eventsOf(receipt, fixture.settlement), changes };
}

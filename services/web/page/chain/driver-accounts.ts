import type { DriverAccount } from "./chain-reader.ts";

/**
 * The lanes that the page uses. A charger that does not start keeps one busy until its session expires; with two more a
 * family charges on.
 */
export const lanes = [0, 1, 2] as const;

/** Whether a session holds money of this account. */
export function isBusy({ commitment }: DriverAccount): boolean {
  return commitment !== 0n;
}

/** The account that the next charge is paid from: of those that are not busy the one with most money; `null` if all are. */
export function chooseAccount(accounts: readonly DriverAccount[]): DriverAccount | null {
  const idle = accounts.filter((account) => !isBusy(account));
  return idle.reduce<DriverAccount | null>(
    (best, account) => (best === null || account.freeMicro > best.freeMicro ? account : best),
    null,
  );
}

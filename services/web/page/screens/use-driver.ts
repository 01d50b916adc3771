import type { DriverAccount } from "../chain/chain-reader.ts";
import { chooseAccount, isBusy } from "../chain/driver-accounts.ts";
import { readSessionsOf, type ChainSession } from "../chain/session-history.ts";
import { useApp } from "../shell/app-context.ts";
import { useAnswer } from "../shell/use-answer.ts";

/** Who stands at a charger, once a way to pay is chosen. */
export interface DriverHere {
  /** The account that the next charge is paid from; `null` where every one is busy. */
  readonly account: DriverAccount | null;
  /** What all accounts have free together, in 10⁻⁶ token. */
  readonly freeMicro: bigint;
  /** A charge that is under way: that of this charger before any other. */
  readonly running: ChainSession | null;
  readonly isHere: boolean;
}

/**
 * A charge that is under way here is shown instead of a new one. One that is under way elsewhere, say at a charger that never
 * started, keeps nobody from charging here: another account of the driver pays.
 */
export function useDriver(evse: number): readonly [DriverHere | null, () => void] {
  const { reader, readLogs, configuration, connection } = useApp();
  const driver = connection?.chainId === configuration.chainId ? connection.account : null;
  const [answer, askAgain] = useAnswer(async (): Promise<DriverHere | null> => {
    if (driver === null) return null;
    const accounts = await reader.readAccounts(driver);
    const sessions = accounts.some(isBusy)
      ? await readSessionsOf(readLogs, configuration.contracts.chargingSettlement, driver)
      : [];
    const running = sessions.filter(({ ending }) => ending.kind === "live");
    const here = running.find(({ terms }) => terms.evse === evse);
    return {
      account: chooseAccount(accounts),
      freeMicro: accounts.reduce((sum, { freeMicro }) => sum + freeMicro, 0n),
      running: here ?? running[0] ?? null,
      isHere: here !== undefined,
    };
  }, [reader, readLogs, driver, evse]);
  return [answer.kind === "answered" ? answer.value : null, askAgain];
}

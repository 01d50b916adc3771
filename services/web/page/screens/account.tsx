import type { JSX } from "preact";
import { useState } from "preact/hooks";

import type { DriverAccount, TokenAccount } from "../chain/chain-reader.ts";
import { isBusy } from "../chain/driver-accounts.ts";
import { readSessionsOf, type ChainSession } from "../chain/session-history.ts";
import { depositCalls, withdrawCall, type ContractCall } from "../chain/transactions.ts";
import { useApp } from "../shell/app-context.ts";
import { Answered, Facts, Field } from "../shell/parts.tsx";
import { useAnswer } from "../shell/use-answer.ts";
import { parseMicro, plainMicro } from "../text/amounts.ts";
import type { WalletConnection } from "../wallet/wallet-connection.ts";
import { WithWallet } from "../wallet/wallet-panel.tsx";
import { TransactionButton } from "./transaction-button.tsx";
import { WithdrawElsewhere } from "./withdraw-elsewhere.tsx";

/** Balance, paying in and withdrawing: from the chain alone. */
export function AccountScreen(): JSX.Element {
  const { text } = useApp();
  return (
    <>
      <h1>{text("accountTitle")}</h1>
      <WithWallet>{(connection) => <Account key={connection.account} connection={connection} />}</WithWallet>
    </>
  );
}

function Account({ connection }: { readonly connection: WalletConnection }): JSX.Element {
  const { text, money, reader, readLogs, configuration } = useApp();
  const [answer, askAgain] = useAnswer(async () => {
    const accounts = await reader.readAccounts(connection.account);
    const token = await reader.readToken(connection.account);
    const sessions = accounts.some(isBusy)
      ? await readSessionsOf(readLogs, configuration.contracts.chargingSettlement, connection.account)
      : [];
    const live = sessions.filter(({ ending }) => ending.kind === "live");
    const heldMicro = live.reduce((sum, session) => sum + heldOf(session), 0n);
    const freeMicro = accounts.reduce((sum, account) => sum + account.freeMicro, 0n);
    return { accounts, token, freeMicro, heldMicro };
  }, [reader, readLogs, connection.account]);

  return (
    <Answered answer={answer} askAgain={askAgain}>
      {({ accounts, token, freeMicro, heldMicro }) => (
        <>
          <Facts
            facts={[
              [text("accountFree"), <strong key="free">{money(freeMicro)}</strong>],
              [text("accountHeld"), money(heldMicro)],
              [text("accountWallet"), money(token.balanceMicro)],
            ]}
          />
          <p class="hint">{text("accountFreeText")}</p>
          <Deposit connection={connection} token={token} onDone={askAgain} />
          {accounts
            .filter(({ lane, freeMicro: own }) => lane === 0 || own > 0n)
            .map((account) => (
              <Withdraw key={account.lane} connection={connection} account={account} token={token} onDone={askAgain} />
            ))}
        </>
      )}
    </Answered>
  );
}

function Deposit(properties: {
  readonly connection: WalletConnection;
  readonly token: TokenAccount;
  readonly onDone: () => void;
}): JSX.Element {
  const { connection, token, onDone } = properties;
  const { text, symbol, configuration } = useApp();
  const [amount, setAmount] = useState("");

  function callsFor(amountMicro: bigint): readonly ContractCall[] {
    return depositCalls(configuration.contracts, connection.account, amountMicro * token.unit, token.allowance);
  }

  return (
    <section aria-labelledby="deposit-title">
      <h2 id="deposit-title">{text("depositTitle")}</h2>
      <p class="hint">{text("depositText")}</p>
      <AmountForm
        label={text("depositAmount", { symbol })}
        amount={amount}
        onAmount={setAmount}
        limitMicro={token.balanceMicro}
        buttonText={text("depositButton")}
        connection={connection}
        callsFor={callsFor}
        onDone={() => {
          setAmount("");
          onDone();
        }}
      />
    </section>
  );
}

function Withdraw(properties: {
  readonly connection: WalletConnection;
  readonly account: DriverAccount;
  readonly token: TokenAccount;
  readonly onDone: () => void;
}): JSX.Element {
  const { connection, account, token, onDone } = properties;
  const { text, money, symbol, language, configuration } = useApp();
  const titleId = `withdraw-title-${account.lane}`;
  const [amount, setAmount] = useState("");
  const [hasFailed, setHasFailed] = useState(false);
  return (
    <section aria-labelledby={titleId}>
      <h2 id={titleId}>
        {account.lane === 0 ? text("withdrawTitle") : text("withdrawBesideTitle", { number: account.lane + 1 })}
      </h2>
      {account.lane !== 0 && <p class="hint">{text("withdrawBesideText", { free: money(account.freeMicro) })}</p>}
      <AmountForm
        label={text("withdrawAmount", { symbol })}
        amount={amount}
        onAmount={setAmount}
        limitMicro={account.freeMicro}
        buttonText={text("withdrawButton")}
        connection={connection}
        callsFor={(amountMicro) => [
          withdrawCall(
            configuration.contracts.chargingSettlement,
            account.lane,
            connection.account,
            amountMicro * token.unit,
          ),
        ]}
        onFailed={() => {
          setHasFailed(true);
        }}
        onDone={() => {
          setAmount("");
          onDone();
        }}
      />
      <button
        class="quiet"
        disabled={account.freeMicro === 0n}
        onClick={() => {
          setAmount(plainMicro(account.freeMicro, language));
        }}
      >
        {text("withdrawAll")}
      </button>
      <WithdrawElsewhere connection={connection} account={account} token={token} isOpen={hasFailed} onDone={onDone} />
    </section>
  );
}

function AmountForm(properties: {
  readonly label: string;
  readonly amount: string;
  readonly onAmount: (amount: string) => void;
  readonly limitMicro: bigint;
  readonly buttonText: string;
  readonly connection: WalletConnection;
  readonly callsFor: (amountMicro: bigint) => readonly ContractCall[];
  readonly onDone: () => void;
  readonly onFailed?: () => void;
}): JSX.Element {
  const { label, amount, onAmount, limitMicro, buttonText, connection, callsFor, onDone, onFailed } = properties;
  const { text, money } = useApp();
  const amountMicro = parseMicro(amount);
  const problem =
    amount === ""
      ? null
      : amountMicro === null
        ? text("amountInvalid")
        : amountMicro > limitMicro
          ? text("amountTooHigh", { amount: money(limitMicro) })
          : null;
  return (
    <>
      <Field label={label} value={amount} onInput={onAmount} inputMode="decimal" problem={problem} />
      <TransactionButton
        connection={connection}
        calls={amountMicro === null || problem !== null ? [] : callsFor(amountMicro)}
        onDone={onDone}
        {...(onFailed === undefined ? {} : { onFailed })}
      >
        {buttonText}
      </TransactionButton>
    </>
  );
}

function heldOf({ terms, toppedUpMicro }: ChainSession): bigint {
  return terms.holdMicro + toppedUpMicro;
}

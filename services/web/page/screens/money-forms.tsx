import type { JSX } from "preact";
import { useState } from "preact/hooks";

import type { DriverAccount, TokenAccount } from "../chain/chain-reader.ts";
import { depositCalls, withdrawCall, type ContractCall } from "../chain/transactions.ts";
import { Field } from "../components/fields.tsx";
import { useApp } from "../shell/app-context.ts";
import { parseMicro, plainMicro } from "../text/amounts.ts";
import type { WalletConnection } from "../wallet/wallet-connection.ts";
import { TransactionButton } from "./transaction-button.tsx";
import { WithdrawElsewhere } from "./withdraw-elsewhere.tsx";

/** Pays in from the wallet. */
export function Deposit(properties: {
  readonly connection: WalletConnection;
  readonly token: TokenAccount;
  readonly onDone: () => void;
}): JSX.Element {
  const { connection, token, onDone } = properties;
  const { text, coin, configuration } = useApp();
  const [amount, setAmount] = useState("");

  function callsFor(amountMicro: bigint): readonly ContractCall[] {
    return depositCalls(configuration.contracts, connection.account, amountMicro * token.unit, token.allowance);
  }

  return (
    <section class="stack">
      <AmountForm
        label={text("depositAmount", { symbol: coin.symbol })}
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
      <p class="soft">{text("depositText")}</p>
    </section>
  );
}

/** Pays one of the driver's accounts out to the wallet. */
export function Withdraw(properties: {
  readonly connection: WalletConnection;
  readonly account: DriverAccount;
  readonly token: TokenAccount;
  readonly onDone: () => void;
}): JSX.Element {
  const { connection, account, token, onDone } = properties;
  const { text, exactMoney: money, coin, locale, configuration } = useApp();
  const titleId = `withdraw-title-${account.lane}`;
  const [amount, setAmount] = useState("");
  const [hasFailed, setHasFailed] = useState(false);
  return (
    <section class="stack" aria-labelledby={titleId}>
      <h3 id={titleId}>
        {account.lane === 0 ? text("withdrawMainTitle") : text("withdrawBesideTitle", { number: account.lane + 1 })}
      </h3>
      {account.lane !== 0 && <p class="hint">{text("withdrawBesideText", { free: money(account.freeMicro) })}</p>}
      <AmountForm
        label={text("withdrawAmount", { symbol: coin.symbol })}
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
          setAmount(plainMicro(account.freeMicro, locale));
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
  const { text, exactMoney: money } = useApp();
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

import { getAddress, isAddress, ZeroAddress } from "ethers";
import type { JSX } from "preact";
import { useState } from "preact/hooks";

import { typedWithdrawalOf } from "../../../domain/driver-orders.ts";
import type { DriverAccount, TokenAccount } from "../chain/chain-reader.ts";
import { withdrawCall } from "../chain/transactions.ts";
import { Field } from "../components/fields.tsx";
import { Fold } from "../components/rows.tsx";
import { useApp } from "../shell/app-context.ts";
import { parseMicro } from "../text/amounts.ts";
import type { WalletConnection } from "../wallet/wallet-connection.ts";
import { OrderButton, type PreparedOrder } from "./order-button.tsx";

/** A signed withdrawal is sent at once; an hour leaves room for a chain that is slow. */
const deadlineSeconds = 3_600;

/** Pays out to an address that the driver names, by one signature: for who has no gas, or whom the token denies. */
export function WithdrawElsewhere(properties: {
  readonly connection: WalletConnection;
  readonly account: DriverAccount;
  readonly token: TokenAccount;
  /** The usual way has failed. */
  readonly isOpen: boolean;
  readonly onDone: () => void;
}): JSX.Element {
  const { connection, account, token, isOpen, onDone } = properties;
  const { text, exactMoney: money, coin, reader, configuration } = useApp();
  const [recipient, setRecipient] = useState("");
  const [amount, setAmount] = useState("");
  const { chargingSettlement } = configuration.contracts;
  const to = recipientOf(recipient, [chargingSettlement, ZeroAddress]);
  const amountMicro = parseMicro(amount);
  const problem =
    amount === ""
      ? null
      : amountMicro === null
        ? text("amountInvalid")
        : amountMicro > account.freeMicro
          ? text("amountTooHigh", { amount: money(account.freeMicro) })
          : null;

  async function prepare(payee: string, paidMicro: bigint): Promise<PreparedOrder> {
    const { timestamp } = await reader.readHead();
    const { nonce } = await reader.readAccount(connection.account, account.lane);
    const withdrawal = {
      driver: connection.account,
      lane: account.lane,
      nonce,
      amount: paidMicro * token.unit,
      recipient: payee,
      deadline: timestamp + deadlineSeconds,
    };
    const domain = { chainId: configuration.chainId, verifyingContract: chargingSettlement };
    return {
      typedData: typedWithdrawalOf(withdrawal, domain),
      orderOf: (signature) => ({ kind: "withdrawal", withdrawal, signature }),
      ownCall: withdrawCall(chargingSettlement, account.lane, payee, withdrawal.amount),
    };
  }

  return (
    <Fold title={text("elsewhereTitle")} isOpen={isOpen}>
      <p class="soft">{text("elsewhereText")}</p>
      <Field
        label={text("elsewhereRecipient")}
        value={recipient}
        onInput={setRecipient}
        problem={recipient !== "" && to === null ? text("elsewhereRecipientInvalid") : null}
      />
      <Field
        label={text("elsewhereAmount", { symbol: coin.symbol })}
        value={amount}
        onInput={setAmount}
        inputMode="decimal"
        problem={problem}
      />
      <OrderButton
        connection={connection}
        prepare={to === null || amountMicro === null || problem !== null ? null : () => prepare(to, amountMicro)}
        onDone={() => {
          setAmount("");
          onDone();
        }}
      >
        {text("elsewhereButton")}
      </OrderButton>
    </Fold>
  );
}

/** With a checksum where the text has one; a mistyped address is none. */
function recipientOf(text: string, forbidden: readonly string[]): string | null {
  const trimmed = text.trim();
  if (!isAddress(trimmed)) return null;
  const address = getAddress(trimmed);
  return forbidden.some((other) => getAddress(other) === address) ? null : address;
}

import type { JSX } from "preact";
import { useState } from "preact/hooks";

import { typedTopUpOf } from "../../../domain/driver-orders.ts";
import type { ChainSession } from "../chain/session-history.ts";
import { topUpCall } from "../chain/transactions.ts";
import { Field } from "../components/fields.tsx";
import { useApp } from "../shell/app-context.ts";
import { useAnswer } from "../shell/use-answer.ts";
import { parseMicro } from "../text/amounts.ts";
import { OrderButton, type PreparedOrder } from "./order-button.tsx";

/** The contract takes none in the last two hours, lest a driver outruns every settlement. */
const lastTopUpSeconds = 7_200;

/** Whether there is time left by this device's clock; the contract goes by its own. */
export function canTopUp({ terms }: ChainSession): boolean {
  return Date.now() / 1_000 < terms.expiresAt - lastTopUpSeconds;
}

/** Raises the hold of the driver's own session from the free balance, by one signature. */
export function TopUp(properties: { readonly onChain: ChainSession; readonly onDone: () => void }): JSX.Element | null {
  const { onChain, onDone } = properties;
  const { terms, opening, sessionId, toppedUpMicro } = onChain;
  const { text, exactMoney: money, coin, reader, connection, configuration } = useApp();
  const [amount, setAmount] = useState("");
  const [answer] = useAnswer(async () => {
    const { freeMicro } = await reader.readAccount(terms.driver, terms.lane);
    return { freeMicro, timestamp: (await reader.readHead()).timestamp };
  }, [reader, terms.driver, terms.lane, toppedUpMicro]);

  if (connection === null || connection.account !== terms.driver || answer.kind !== "answered") return null;
  const { freeMicro, timestamp } = answer.value;
  if (timestamp > terms.expiresAt - lastTopUpSeconds) return <p>{text("topUpTooLate")}</p>;
  const { chargingSettlement } = configuration.contracts;
  const amountMicro = parseMicro(amount);
  const problem =
    amount === ""
      ? null
      : amountMicro === null
        ? text("amountInvalid")
        : amountMicro > freeMicro
          ? text("amountTooHigh", { amount: money(freeMicro) })
          : null;

  function prepare(added: bigint): PreparedOrder {
    const order = { toppedUpMicro, amountMicro: added };
    const domain = { chainId: configuration.chainId, verifyingContract: chargingSettlement };
    return {
      typedData: typedTopUpOf({ sessionId, ...order }, domain),
      orderOf: (signature) => ({ kind: "top-up", terms, opening, ...order, signature }),
      ownCall: topUpCall(chargingSettlement, onChain, added),
    };
  }

  return (
    <>
      <p class="soft">{text("topUpText", { free: money(freeMicro) })}</p>
      <Field
        label={text("topUpAmount", { symbol: coin.symbol })}
        value={amount}
        onInput={setAmount}
        inputMode="decimal"
        problem={problem}
      />
      <OrderButton
        connection={connection}
        prepare={amountMicro === null || problem !== null ? null : () => Promise.resolve(prepare(amountMicro))}
        onDone={() => {
          setAmount("");
          onDone();
        }}
      >
        {text("topUpButton")}
      </OrderButton>
    </>
  );
}

import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";

import { createChainAccess, createOwnOriginChain } from "../../chain/chain-access.ts";
import { awaitTransaction } from "../../chain/transactions.ts";
import { readConfiguration } from "../../configuration.ts";
import { parseMicro } from "../../text/amounts.ts";
import { refusalOf } from "../../wallet/eip1193.ts";
import { connectWallet, sendTransaction, switchChain } from "../../wallet/wallet-connection.ts";
import { discoverWallets, type DiscoveredWallet } from "../../wallet/wallet-discovery.ts";
import { refundSchema, type Sessions } from "../answers.ts";
import { useWords } from "../operator-context.ts";
import { useDesk } from "../operator-desk.ts";
import { commandOperator } from "../operator-client.ts";
import { TextFilter } from "../parts.tsx";
import { CommandButton, NotDoneError } from "./command-button.tsx";

/** A wallet may say much more than a person reads. */
const mostReason = 200;

/** Gives a driver money of a settled session back, which the operator's own wallet sends. */
export function Refund({ session }: { readonly session: Sessions["sessions"][number] }): JSX.Element {
  const { text, money } = useWords();
  const { symbol, operatorKey } = useDesk();
  const [amount, setAmount] = useState("");
  const wallets = useWalletsHere();
  const { sessionId, operator, settledMicro } = session;
  const mostMicro = settledMicro ?? 0n;
  const micro = parseMicro(amount);
  const isRight = micro !== null && micro > 0n && micro <= mostMicro;
  const [wallet] = wallets;

  /** @returns what to say */
  async function giveBack(amountMicro: bigint, from: DiscoveredWallet): Promise<string> {
    const body = { sessionId, amountMicro: amountMicro.toString() };
    const call = await commandOperator("/v1/operator/refunds", operatorKey, refundSchema, body);
    const configuration = await readConfiguration();
    let connection;
    try {
      await switchChain(from, configuration);
      connection = await connectWallet(from, true);
    } catch (error) {
      if (refusalOf(error) === "declined") throw new NotDoneError(text("refundDeclined"));
      throw error;
    }
    if (connection === null) throw new NotDoneError(text("refundDeclined"));
    if (connection.account.toLowerCase() !== call.from.toLowerCase()) {
      throw new NotDoneError(text("refundOtherAccount", { account: call.from }));
    }
    try {
      const txHash = await sendTransaction(connection, call);
      const ways = [
        { request: (method: string, params: readonly unknown[]) => from.provider.request({ method, params }) },
      ];
      const chain = createChainAccess(configuration.hasChainProxy ? [createOwnOriginChain(), ...ways] : ways);
      const outcome = await awaitTransaction(chain, txHash, AbortSignal.timeout(300_000));
      const said = text(`refund.${outcome}`, { amount: money(amountMicro, symbol), txHash });
      if (outcome !== "done") throw new NotDoneError(said);
      return said;
    } catch (error) {
      if (error instanceof NotDoneError) throw error;
      if (refusalOf(error) === "declined") throw new NotDoneError(text("refundDeclined"));
      const reason = error instanceof Error ? error.message.slice(0, mostReason) : "?";
      throw new NotDoneError(text("refundNotSent", { reason }));
    }
  }

  if (mostMicro === 0n) return <p>{text("noCommands")}</p>;
  return (
    <>
      <TextFilter
        label={text("refundAmount", { most: money(mostMicro, symbol) })}
        value={amount}
        problem={amount !== "" && !isRight ? text("refundAmountHint", { most: money(mostMicro, symbol) }) : null}
        onInput={setAmount}
      />
      {isRight && wallet !== undefined && (
        <CommandButton
          label={text("refund", { amount: money(micro, symbol) })}
          effect={text("refundEffect", { amount: money(micro, symbol), account: operator })}
          role="money"
          command={() => giveBack(micro, wallet)}
        />
      )}
      {isRight && wallet === undefined && (
        <p>
          {text("refundWithoutWallet")}{" "}
          <code class="whole-id">{`wattproof refund ${sessionId} ${amount.replace(",", ".")}`}</code>
        </p>
      )}
    </>
  );
}

function useWalletsHere(): readonly DiscoveredWallet[] {
  const [wallets, setWallets] = useState<readonly DiscoveredWallet[]>([]);
  useEffect(() => discoverWallets(setWallets), []);
  return wallets;
}

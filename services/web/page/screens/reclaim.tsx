import type { JSX } from "preact";

import type { ChainSession } from "../chain/session-history.ts";
import { expireCall } from "../chain/transactions.ts";
import { Notice } from "../components/note.tsx";
import { useApp } from "../shell/app-context.ts";
import { useAnswer } from "../shell/use-answer.ts";
import { formatMoment } from "../text/times.ts";
import { WithWallet } from "../wallet/with-wallet.tsx";
import { TransactionButton } from "./transaction-button.tsx";

/** The way out that time alone opens: from the end of the hold on, the driver takes the money back. */
export function Reclaim(properties: { readonly onChain: ChainSession; readonly onDone: () => void }): JSX.Element {
  const { onChain, onDone } = properties;
  const { text, exactMoney, locale, reader, configuration } = useApp();
  const { terms, toppedUpMicro } = onChain;
  const [answer] = useAnswer(() => reader.readHead(), [reader]);
  const time = formatMoment(terms.expiresAt, locale);
  if (answer.kind !== "answered" || answer.value.timestamp <= terms.expiresAt) {
    return <p class="soft">{text("reclaimLater", { time })}</p>;
  }
  return (
    <>
      <Notice kind="warning" title={text("reclaimTitle")}>
        {text("reclaimText", { time })}
      </Notice>
      <WithWallet>
        {(connection) => (
          <TransactionButton
            connection={connection}
            calls={[expireCall(configuration.contracts.chargingSettlement, onChain)]}
            onDone={onDone}
          >
            {text("reclaimButton", { amount: exactMoney(terms.holdMicro + toppedUpMicro) })}
          </TransactionButton>
        )}
      </WithWallet>
    </>
  );
}

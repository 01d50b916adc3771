import type { JSX } from "preact";
import { useState } from "preact/hooks";

import { Field } from "../../components/fields.tsx";
import { Notice } from "../../components/note.tsx";
import { createOwnOriginChain } from "../../chain/chain-access.ts";
import { TransactionButton } from "../../screens/transaction-button.tsx";
import { useApp } from "../../shell/app-context.ts";
import { Answered, Hash } from "../../shell/parts.tsx";
import { useAnswer } from "../../shell/use-answer.ts";
import { formatMoment } from "../../text/times.ts";
import type { WalletConnection } from "../wallet-connection.ts";
import { createPasskeyChain, passkeyAccountInterface } from "./passkey-chain.ts";

const noAccount = /^0x0{40}$/u;

/** What a passkey's account needs beside other wallets: an address to send money to, and somebody who may recover it. */
export function PasskeyAccount({ connection }: { readonly connection: WalletConnection }): JSX.Element | null {
  const { text, coin, configuration } = useApp();
  const accounts = configuration.passkeys?.accounts;
  if (connection.wallet.isPasskey !== true || accounts === undefined) return null;
  return (
    <>
      <section class="stack" aria-labelledby="passkey-fund">
        <h2 id="passkey-fund">{text("passkeyFundTitle")}</h2>
        <p>{text("passkeyFundText", { symbol: coin.symbol })}</p>
        <Hash value={connection.account} />
      </section>
      <Recovery connection={connection} accounts={accounts} />
    </>
  );
}

function Recovery(properties: { readonly connection: WalletConnection; readonly accounts: string }): JSX.Element {
  const { connection, accounts } = properties;
  const { text, locale, configuration } = useApp();
  const [address, setAddress] = useState("");
  const [answer, askAgain] = useAnswer(
    () => createPasskeyChain(createOwnOriginChain(), accounts, configuration.blockNumber).readState(connection.account),
    [accounts, connection.account],
  );
  const isAddress = /^0x[0-9a-fA-F]{40}$/u.test(address.trim());
  const own = (name: "changeRecovery" | "cancelRecovery", values: readonly unknown[]) => ({
    to: connection.account,
    data: passkeyAccountInterface.encodeFunctionData(name, values),
  });
  return (
    <section class="stack" aria-labelledby="passkey-recovery">
      <h2 id="passkey-recovery">{text("recoveryTitle")}</h2>
      <Answered answer={answer} askAgain={askAgain}>
        {({ recovery }) => (
          <>
            {recovery === null || noAccount.test(recovery.account) ? (
              <p>{text("recoveryNone")}</p>
            ) : (
              <>
                <p>{text("recoverySet")}</p>
                <Hash value={recovery.account} />
              </>
            )}
            {recovery !== null && recovery.recoverableAt > 0 && (
              <Notice kind="bad">
                {text("recoveryPending", { time: formatMoment(recovery.recoverableAt, locale) })}
                <TransactionButton connection={connection} calls={[own("cancelRecovery", [])]} onDone={askAgain}>
                  {text("recoveryCancel")}
                </TransactionButton>
              </Notice>
            )}
          </>
        )}
      </Answered>
      <Field
        label={text("recoveryField")}
        value={address}
        onInput={setAddress}
        problem={address !== "" && !isAddress ? text("recoveryFieldInvalid") : null}
      />
      <TransactionButton
        connection={connection}
        calls={isAddress ? [own("changeRecovery", [address.trim()])] : []}
        onDone={() => {
          setAddress("");
          askAgain();
        }}
      >
        {text("recoveryChange")}
      </TransactionButton>
    </section>
  );
}

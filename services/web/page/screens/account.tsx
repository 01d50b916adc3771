import type { JSX } from "preact";
import { useCallback, useState } from "preact/hooks";

import type { DriverAccount, TokenAccount } from "../chain/chain-reader.ts";
import { isBusy } from "../chain/driver-accounts.ts";
import { readSessionsOf, type ChainSession } from "../chain/session-history.ts";
import { Icon } from "../components/icon.tsx";
import { Fold, Sums } from "../components/rows.tsx";
import { Sheet } from "../components/sheet.tsx";
import { nameOfSite, placeOf } from "../service/sites.ts";
import { useApp } from "../shell/app-context.ts";
import { Answered, Hash } from "../shell/parts.tsx";
import { hrefOf } from "../shell/router.ts";
import { Screen } from "../shell/screen.tsx";
import { useAnswer } from "../shell/use-answer.ts";
import { formatSum } from "../text/money.ts";
import { formatMoment } from "../text/times.ts";
import type { WalletConnection } from "../wallet/wallet-connection.ts";
import { nameOfWallet } from "../wallet/ways-to-pay.tsx";
import { PasskeyAccount } from "../wallet/passkey/passkey-account.tsx";
import { WithWallet } from "../wallet/with-wallet.tsx";
import { Deposit, Withdraw } from "./money-forms.tsx";

/** The driver's money: what is free, what is held and until when, paying in and withdrawing; from the chain alone. */
export function AccountScreen(): JSX.Element {
  const { text } = useApp();
  return (
    <Screen tab="account">
      <h1>{text("accountTitle")}</h1>
      <WithWallet>{(connection) => <Account key={connection.account} connection={connection} />}</WithWallet>
    </Screen>
  );
}

interface Money {
  readonly accounts: readonly DriverAccount[];
  readonly token: TokenAccount;
  readonly freeMicro: bigint;
  readonly live: readonly ChainSession[];
}

function Account({ connection }: { readonly connection: WalletConnection }): JSX.Element {
  const { reader, readLogs, configuration } = useApp();
  const [answer, askAgain] = useAnswer(async (): Promise<Money> => {
    const accounts = await reader.readAccounts(connection.account);
    const token = await reader.readToken(connection.account);
    const sessions = accounts.some(isBusy)
      ? await readSessionsOf(readLogs, configuration.contracts.chargingSettlement, connection.account)
      : [];
    return {
      ...{ accounts, token },
      freeMicro: accounts.reduce((sum, account) => sum + account.freeMicro, 0n),
      live: sessions.filter(({ ending }) => ending.kind === "live"),
    };
  }, [reader, readLogs, connection.account]);
  return (
    <Answered answer={answer} askAgain={askAgain}>
      {(money) => <MoneyView money={money} connection={connection} askAgain={askAgain} />}
    </Answered>
  );
}

function MoneyView(properties: {
  readonly money: Money;
  readonly connection: WalletConnection;
  readonly askAgain: () => void;
}): JSX.Element {
  const { money, connection, askAgain } = properties;
  const { accounts, token, freeMicro, live } = money;
  const { text, coin, locale } = useApp();
  const [sheet, setSheet] = useState<"deposit" | "withdraw" | null>(null);
  const close = useCallback(() => {
    setSheet(null);
  }, []);
  const heldMicro = live.reduce((sum, session) => sum + heldOf(session), 0n);
  const { parts, total } = formatSum([freeMicro, heldMicro], coin, locale);
  return (
    <>
      <div>
        <p class="soft">{text("accountFree")}</p>
        <p class="big">{parts[0]}</p>
      </div>
      {heldMicro > 0n && <Split freeMicro={freeMicro} heldMicro={heldMicro} />}
      <p class="soft">
        {heldMicro > 0n && `${text("accountOf", { total })} `}
        {text("accountFreeText")}
      </p>
      <div class="two">
        <button
          class="main"
          onClick={() => {
            setSheet("deposit");
          }}
        >
          <Icon name="plus" />
          {text("depositTitle")}
        </button>
        <button
          disabled={freeMicro === 0n}
          onClick={() => {
            setSheet("withdraw");
          }}
        >
          {text("withdrawTitle")}
        </button>
      </div>
      {live.map((session) => (
        <Held key={session.sessionId} session={session} />
      ))}
      <a class="row" href={hrefOf({ kind: "data" })}>
        <Icon name="shield" />
        <span class="grow">
          <b>{text("dataTitle")}</b>
          <span class="soft">{text("dataShort")}</span>
        </span>
        <Icon name="go" />
      </a>
      <PasskeyAccount connection={connection} />
      <Fold title={text("accountDetails")}>
        <AccountDetails connection={connection} token={token} />
      </Fold>
      {sheet === "deposit" && (
        <Sheet title={text("depositTitle")} onClose={close}>
          <Deposit connection={connection} token={token} onDone={askAgain} />
        </Sheet>
      )}
      {sheet === "withdraw" && (
        <Sheet title={text("withdrawTitle")} onClose={close}>
          {accounts
            .filter(({ lane, freeMicro: own }) => lane === 0 || own > 0n)
            .map((account) => (
              <Withdraw key={account.lane} connection={connection} account={account} token={token} onDone={askAgain} />
            ))}
        </Sheet>
      )}
    </>
  );
}

/** Solid is free; hollow is held. */
function Split(properties: { readonly freeMicro: bigint; readonly heldMicro: bigint }): JSX.Element {
  const share = Number((properties.freeMicro * 1000n) / (properties.freeMicro + properties.heldMicro));
  return (
    <div class="split" aria-hidden="true">
      <i style={{ flexGrow: share }} />
      <i class="held" style={{ flexGrow: 1000 - share }} />
    </div>
  );
}

/** Money that is held, what for, and when it is free again at the latest. */
function Held({ session }: { readonly session: ChainSession }): JSX.Element {
  const { text, money, locale, sites } = useApp();
  const { terms, sessionId } = session;
  const place = placeOf(sites, terms.evse);
  const name = place === null ? text("evseTitle", { number: terms.evse }) : nameOfSite(place.site);
  return (
    <a class="card row" href={hrefOf({ kind: "session", sessionId })}>
      <Icon name="lock" />
      <span class="grow">
        <b>{text("accountHeld", { amount: money(heldOf(session)) })}</b>
        <span class="soft">{text("accountHeldText", { name, time: formatMoment(terms.expiresAt, locale) })}</span>
      </span>
      <Icon name="go" />
    </a>
  );
}

function AccountDetails(properties: {
  readonly connection: WalletConnection;
  readonly token: TokenAccount;
}): JSX.Element {
  const { connection, token } = properties;
  const { text, money, coin, setConnection } = useApp();
  return (
    <>
      <Sums
        sums={[
          { name: text("accountWay"), value: nameOfWallet(connection.wallet, text("demoWallet")) },
          { name: text("accountWallet"), value: money(token.balanceMicro) },
          { name: text("coinName"), value: coin.symbol },
          { name: text("accountNumber"), value: <Hash value={connection.account} />, kind: "detail" },
        ]}
      />
      <button
        class="wide"
        onClick={() => {
          setConnection(null);
        }}
      >
        {text("walletDisconnect")}
      </button>
    </>
  );
}

function heldOf({ terms, toppedUpMicro }: ChainSession): bigint {
  return terms.holdMicro + toppedUpMicro;
}

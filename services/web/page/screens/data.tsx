import type { JSX } from "preact";

import { readConsents, readEarnedMicro, revokeCall, type DataConsent } from "../chain/data-consents.ts";
import { readSessionsOf, type ChainSession } from "../chain/session-history.ts";
import { Notice } from "../components/note.tsx";
import { Fold, Sums } from "../components/rows.tsx";
import { placeOf } from "../service/sites.ts";
import { useApp, type App } from "../shell/app-context.ts";
import { Answered, Hash } from "../shell/parts.tsx";
import { Screen } from "../shell/screen.tsx";
import { useAnswer } from "../shell/use-answer.ts";
import type { TextKey } from "../text/translation.ts";
import { formatDay } from "../text/times.ts";
import type { WalletConnection } from "../wallet/wallet-connection.ts";
import { WithWallet } from "../wallet/with-wallet.tsx";
import { GiveConsent, scopeTexts, type KnownOperator } from "./give-consent.tsx";
import { OwnRecords } from "./own-records.tsx";
import { TransactionButton } from "./transaction-button.tsx";

/** Who may use the driver's data, what that earned, and the driver's own copy of it. */
export function DataScreen(): JSX.Element {
  const { text } = useApp();
  return (
    <Screen tab="account">
      <h1>{text("dataTitle")}</h1>
      <WithWallet>{(connection) => <Data key={connection.account} connection={connection} />}</WithWallet>
      <Notice kind="info">{text("dataPublic")}</Notice>
    </Screen>
  );
}

function Data({ connection }: { readonly connection: WalletConnection }): JSX.Element {
  const { configuration } = useApp();
  const { service, evidence } = configuration;
  return (
    <>
      {service !== null && <OwnRecords connection={connection} service={service} />}
      {evidence !== null && <Consents connection={connection} {...evidence} />}
    </>
  );
}

interface Standing {
  readonly consents: readonly DataConsent[];
  readonly earnedMicro: bigint;
  readonly operators: readonly KnownOperator[];
  /** Of the newest block. */
  readonly nowSeconds: number;
}

function Consents(properties: {
  readonly connection: WalletConnection;
  readonly dataConsents: string;
  readonly evidenceSales: string;
}): JSX.Element {
  const { connection, dataConsents, evidenceSales } = properties;
  const app = useApp();
  const { text, chain, readLogs, reader, configuration, sites, money } = app;
  const { account } = connection;
  const [answer, askAgain] = useAnswer(async (): Promise<Standing> => {
    const sessions = await readSessionsOf(readLogs, configuration.contracts.chargingSettlement, account);
    return {
      consents: await readConsents(chain, readLogs, dataConsents, account),
      earnedMicro: await readEarnedMicro(readLogs, evidenceSales, account),
      operators: operatorsOf(app, sessions),
      nowSeconds: (await reader.readHead()).timestamp,
    };
  }, [chain, readLogs, account, sites]);
  return (
    <section class="stack" aria-labelledby="consents-title">
      <h2 id="consents-title">{text("consentsTitle")}</h2>
      <Answered answer={answer} askAgain={askAgain}>
        {({ consents, earnedMicro, operators, nowSeconds }) => (
          <>
            {consents.length === 0 && <p>{text("consentsNone")}</p>}
            {consents.map((consent) => (
              <Consent
                key={consent.grantee}
                {...{ connection, dataConsents, consent, nowSeconds }}
                name={operators.find(({ address }) => address === consent.grantee)?.name ?? null}
                onRevoked={askAgain}
              />
            ))}
            {(consents.length > 0 || earnedMicro > 0n) && (
              <>
                <Sums sums={[{ name: text("consentEarned"), value: money(earnedMicro) }]} />
                <p class="soft">{text("consentEarnedText")}</p>
              </>
            )}
            <GiveConsent {...{ connection, dataConsents, operators, nowSeconds }} onGiven={askAgain} />
          </>
        )}
      </Answered>
    </section>
  );
}

function Consent(properties: {
  readonly connection: WalletConnection;
  readonly dataConsents: string;
  readonly consent: DataConsent;
  readonly nowSeconds: number;
  /** `null`: an account at whose chargers the driver was not. */
  readonly name: string | null;
  readonly onRevoked: () => void;
}): JSX.Element {
  const { connection, dataConsents, consent, nowSeconds, name, onRevoked } = properties;
  const { text, locale } = useApp();
  const { grantee, scopes, until, shareBps } = consent;
  const day = formatDay(until, locale);
  const short = `${grantee.slice(0, 6)} … ${grantee.slice(-4)}`;
  const number = new Intl.NumberFormat(locale, { maximumFractionDigits: 2 });
  return (
    <div class="card stack">
      <h3>{name ?? text("consentAccount", { account: short })}</h3>
      <p>
        {text("consentMayUse", {
          what: scopesOf(scopes)
            .map((key) => text(key))
            .join(", "),
        })}
      </p>
      <Sums
        sums={[
          { name: text("consentUntil"), value: until <= nowSeconds ? `${day} (${text("consentOver")})` : day },
          { name: text("consentShare"), value: text("consentShareLeast", { share: number.format(shareBps / 100) }) },
        ]}
      />
      <TransactionButton connection={connection} calls={[revokeCall(dataConsents, grantee)]} onDone={onRevoked}>
        {text("consentRevoke")}
      </TransactionButton>
      <p class="soft">{text("consentRevokeText")}</p>
      <Fold title={text("accountNumber")}>
        <Hash value={grantee} />
      </Fold>
    </div>
  );
}

function scopesOf(bits: number): readonly TextKey[] {
  return scopeTexts.filter(({ bit }) => (bits & bit) !== 0).map(({ text }) => text);
}

/** Those at whose chargers the driver was, by the name that the operator gives itself. */
function operatorsOf({ sites, text }: App, sessions: readonly ChainSession[]): readonly KnownOperator[] {
  const known = new Map<string, string>();
  for (const { terms } of sessions) {
    if (known.has(terms.operator)) continue;
    const named = placeOf(sites, terms.evse)?.site.operator;
    known.set(terms.operator, named ?? text("consentOperatorOf", { number: terms.evse }));
  }
  return [...known].map(([address, name]) => ({ address, name }));
}

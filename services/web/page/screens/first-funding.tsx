import type { JSX } from "preact";

import type { DriverAccount } from "../chain/chain-reader.ts";
import { hasKey, readTokenAbilities } from "../chain/first-funding.ts";
import { useApp } from "../shell/app-context.ts";
import { Notice } from "../components/note.tsx";
import { Answered } from "../shell/parts.tsx";
import { hrefOf } from "../shell/router.ts";
import { useAnswer } from "../shell/use-answer.ts";
import { waysToOpen, type WayToOpen } from "./ways-to-open.ts";
import { OpeningProgress, useOpening, type FundingChoice, type OpeningChoice } from "./opening-steps.tsx";

type Properties = OpeningChoice & { readonly account: DriverAccount };

/** Where the hold is above the balance: what is missing comes out of the wallet by signature, or is paid in before. */
export function FirstFunding(properties: Properties): JSX.Element {
  const { account, connection, holdMicro } = properties;
  const { text, exactMoney: money, chain, reader, configuration } = useApp();
  const missingMicro = holdMicro - account.freeMicro;
  const [answer, askAgain] = useAnswer(async () => {
    const token = await reader.readToken(connection.account);
    const { erc20 } = configuration.contracts;
    const canSign = configuration.hasRelay && (await hasKey(chain, connection.account));
    const abilities = canSign
      ? await readTokenAbilities(chain, configuration.chainId, erc20, connection.account)
      : null;
    return { token, abilities };
  }, [reader, chain, connection.account]);

  return (
    <>
      <Notice
        kind="warning"
        action={
          <a class="button" href={hrefOf({ kind: "account" })}>
            {text("depositTitle")}
          </a>
        }
      >
        {text("holdAboveBalance", { balance: money(account.freeMicro), missing: money(missingMicro) })}
      </Notice>
      <Answered answer={answer} askAgain={askAgain}>
        {({ token, abilities }) => {
          if (token.balanceMicro < missingMicro) {
            return <p>{text("fundWalletLacks", { wallet: money(token.balanceMicro) })}</p>;
          }
          const ways = waysToOpen(missingMicro, abilities);
          if (abilities === null || ways.length === 0) return <p>{text("fundNoWay")}</p>;
          return <FundAndOpen {...properties} ways={ways} funding={{ abilities, missingMicro, unit: token.unit }} />;
        }}
      </Answered>
    </>
  );
}

function FundAndOpen(
  properties: Properties & { readonly funding: FundingChoice; readonly ways: readonly WayToOpen[] },
): JSX.Element {
  const { funding, holdMicro, ways } = properties;
  const { missingMicro } = funding;
  const { text, exactMoney: money } = useApp();
  const { step, isBusy, openByPermit, openByTransfer } = useOpening(properties);
  const missing = money(missingMicro);

  return (
    <>
      <h3>{text("fundTitle")}</h3>
      <p>{text("fundText", { missing, hold: money(holdMicro) })}</p>
      {ways.includes("permit") && (
        <>
          <p>{text("fundPermitText", { missing })}</p>
          <button
            class="main wide"
            disabled={isBusy}
            onClick={() => {
              void openByPermit(funding);
            }}
          >
            {text("fundPermitButton", { missing })}
          </button>
        </>
      )}
      {ways.includes("transfer") && (
        <>
          <p>{text("fundTransferText", { missing })}</p>
          <button
            class={ways.includes("permit") ? "wide" : "main wide"}
            disabled={isBusy}
            onClick={() => {
              void openByTransfer(funding);
            }}
          >
            {text("fundTransferButton", { missing })}
          </button>
        </>
      )}
      <OpeningProgress step={step}>
        <Notice kind="warning">{text("fundRelayAway")}</Notice>
      </OpeningProgress>
    </>
  );
}

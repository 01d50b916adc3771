import { dataLength } from "ethers";
import type { ComponentChildren, JSX } from "preact";
import { useState } from "preact/hooks";

import { sessionIdOf, typedTermsOf, type SessionTerms } from "../../../domain/terms.ts";
import type { Charger } from "../chain/chain-reader.ts";
import { typedPermitOf, typedTransferOf, type TokenAbilities } from "../chain/first-funding.ts";
import { awaitTransaction, depositCalls, openCall } from "../chain/transactions.ts";
import {
  readAssignedTariffs,
  relayOpening,
  ServiceRefusal,
  ServiceUnreachableError,
} from "../service/service-client.ts";
import { digestOfViewKey, viewKeyFor } from "../service/view-keys.ts";
import { useApp, type App } from "../shell/app-context.ts";
import { Notice } from "../components/note.tsx";
import { failureText, Waiting } from "../shell/parts.tsx";
import { hrefOf } from "../shell/router.ts";
import { refusalOf } from "../wallet/eip1193.ts";
import { sendCalls } from "../wallet/send-calls.ts";
import { sendTransaction, signTypedData, type WalletConnection } from "../wallet/wallet-connection.ts";

/** What a session is to be opened with. */
export interface OpeningChoice {
  readonly charger: Charger;
  readonly offer: { readonly tariffId: string };
  readonly connection: WalletConnection;
  /** The account that pays. */
  readonly account: { readonly lane: number };
  readonly holdMicro: bigint;
}

/** What the token can do, and how much the driver was told would be taken from the wallet, in 10⁻⁶ token. */
export interface FundingChoice {
  readonly abilities: TokenAbilities;
  readonly missingMicro: bigint;
  /** The token's smallest unit in 10⁻⁶ token. */
  readonly unit: bigint;
}

export type OpeningStep =
  | { readonly kind: "ready" | "sending" | "slow" | "declined" | "relay-away" }
  | { readonly kind: "signing"; readonly step: number; readonly steps: number }
  | { readonly kind: "failed"; readonly detail: string };

/** The ways to open a session; each goes to the session's screen when it is done. */
export interface Opening {
  readonly step: OpeningStep;
  readonly isBusy: boolean;
  readonly openBySignature: () => Promise<void>;
  /** Pays in what is missing and opens, by one confirmation. */
  readonly openByCalls: () => Promise<void>;
  readonly openByTransaction: () => Promise<void>;
  readonly openByPermit: (funding: FundingChoice) => Promise<void>;
  readonly openByTransfer: (funding: FundingChoice) => Promise<void>;
}

const daySeconds = 86_400;
/** What is signed for the token is sent at once; an hour leaves room for a chain that is slow. */
const authorizationSeconds = 3_600;
/** r, s, v. */
const keySignatureBytes = 65;

export function useOpening(choice: OpeningChoice): Opening {
  const app = useApp();
  const { connection } = choice;
  const { contracts } = app.configuration;
  const [step, setStep] = useState<OpeningStep>({ kind: "ready" });

  /** @param open Answers whether the session is open already. */
  async function run(steps: number, open: (prepared: PreparedOpening) => Promise<boolean>): Promise<void> {
    setStep({ kind: "signing", step: 1, steps });
    try {
      const prepared = await prepare(app, choice);
      if (!(await open(prepared))) setStep({ kind: "slow" });
      location.hash = hrefOf({ kind: "session", sessionId: sessionIdOf(prepared.terms, domainOf(app)) });
    } catch (error) {
      setStep(stepAfter(app, error));
    }
  }

  async function relay(opening: Parameters<typeof relayOpening>[0]): Promise<boolean> {
    setStep({ kind: "sending" });
    // The service shows how the charge goes on to whoever has this key, without a further signature.
    const key = viewKeyFor(sessionIdOf(opening.terms, domainOf(app)));
    return (await relayOpening(opening, digestOfViewKey(key))).status === "open";
  }

  /** For the token, which takes signatures of keys alone. @throws if it is one of a wallet that is a contract */
  async function signForToken(typedData: unknown): Promise<string> {
    const signature = await signTypedData(connection, typedData);
    if (dataLength(signature) !== keySignatureBytes) throw new Error(app.text("fundNoWay"));
    return signature;
  }

  async function signTerms(terms: SessionTerms): Promise<string> {
    if (!app.configuration.hasRelay) throw new ServiceRefusal("RELAY_NOT_CONFIGURED", "");
    return signTypedData(connection, typedTermsOf(terms, domainOf(app)));
  }

  return {
    step,
    isBusy: ["signing", "sending", "slow"].includes(step.kind),
    openBySignature: () =>
      run(1, async ({ terms }) => relay({ kind: "signed-terms", terms, signature: await signTerms(terms) })),
    openByCalls: () =>
      run(1, async ({ terms, freeMicro }) => {
        const { driver, lane, holdMicro } = terms;
        const missingMicro = holdMicro > freeMicro ? holdMicro - freeMicro : 0n;
        const { unit, allowance } = await app.reader.readToken(driver);
        const paying = missingMicro === 0n ? [] : depositCalls(contracts, driver, missingMicro * unit, allowance, lane);
        const calls = [...paying, openCall(contracts.chargingSettlement, terms)];
        const outcome = await sendCalls(
          connection,
          calls,
          digestOfViewKey(viewKeyFor(sessionIdOf(terms, domainOf(app)))),
        );
        if (outcome === "reverted") throw new Error(app.text("transactionReverted"));
        return outcome === "done";
      }),
    openByTransaction: () =>
      run(1, async ({ terms }) => {
        const txHash = await sendTransaction(connection, openCall(contracts.chargingSettlement, terms));
        setStep({ kind: "sending" });
        const outcome = await awaitTransaction(app.chain, txHash, new AbortController().signal);
        if (outcome === "reverted") throw new Error(app.text("transactionReverted"));
        return outcome === "done";
      }),
    openByPermit: (funding) =>
      run(2, async (prepared) => {
        const { terms } = prepared;
        const value = missingOf(app, prepared, funding);
        const deadline = prepared.timestamp + authorizationSeconds;
        const { domain, permitNonce } = funding.abilities;
        if (permitNonce === null) throw new Error(app.text("fundNoWay"));
        const content = {
          ...{ owner: terms.driver, spender: contracts.authorizedFunding, value, deadline },
          nonce: permitNonce,
        };
        const permit = { value, deadline, signature: await signForToken(typedPermitOf(domain, content)) };
        setStep({ kind: "signing", step: 2, steps: 2 });
        return relay({ kind: "permit-and-terms", terms, permit, signature: await signTerms(terms) });
      }),
    openByTransfer: (funding) =>
      run(1, async (prepared) => {
        const { terms } = prepared;
        const value = missingOf(app, prepared, funding);
        const authorization = { value, validAfter: 0, validBefore: prepared.timestamp + authorizationSeconds };
        const parties = { from: terms.driver, to: contracts.authorizedFunding };
        const content = { ...parties, ...authorization, nonce: sessionIdOf(terms, domainOf(app)) };
        const signature = await signForToken(typedTransferOf(funding.abilities.domain, content));
        return relay({ kind: "transfer-authorization", terms, authorization, signature });
      }),
  };
}

/** Where an opening is, in words. `children`: what is offered when the service cannot send it. */
export function OpeningProgress(properties: {
  readonly step: OpeningStep;
  readonly children: ComponentChildren;
}): JSX.Element | null {
  const { step } = properties;
  const { text } = useApp();
  switch (step.kind) {
    case "ready":
      return null;
    case "signing":
      return (
        <Waiting>
          {step.steps === 1 ? text("signWaiting") : text("transactionStep", { step: step.step, steps: step.steps })}
        </Waiting>
      );
    case "sending":
      return <Waiting>{text("signSending")}</Waiting>;
    case "slow":
      return <Waiting>{text("signSlow")}</Waiting>;
    case "declined":
      return <Notice kind="info">{text("signRefused")}</Notice>;
    case "failed":
      return <Notice kind="bad">{step.detail}</Notice>;
    case "relay-away":
      return <>{properties.children}</>;
  }
}

interface PreparedOpening {
  readonly terms: SessionTerms;
  readonly freeMicro: bigint;
  /** Of the newest block. */
  readonly timestamp: number;
}

/** Until when a session that is opened now lives. Chain time, not the device's: a device's clock may be wrong by hours. */
export async function expiryOfOpening(
  reader: App["reader"],
): Promise<{ readonly timestamp: number; readonly expiresAt: number }> {
  const { timestamp } = await reader.readHead();
  return { timestamp, expiresAt: timestamp + Math.min(daySeconds, await reader.readMaximumSessionSeconds()) };
}

async function prepare(
  app: App,
  { charger, offer, connection, account: { lane }, holdMicro }: OpeningChoice,
): Promise<PreparedOpening> {
  // The price was true when it was shown. With the service away since then, the driver can still send it alone.
  const assigned = await readAssignedTariffs(charger.evse, connection.account);
  if (assigned !== null && !assigned.some(({ tariffId }) => tariffId === offer.tariffId)) {
    throw new Error(app.text("priceChanged"));
  }
  const { timestamp, expiresAt } = await expiryOfOpening(app.reader);
  const { nonce, freeMicro } = await app.reader.readAccount(connection.account, lane);
  const agreement = await app.reader.readAgreement(charger.operator);
  if (agreement === null) {
    throw new Error(app.text("agreementNotBinding", { number: app.configuration.partnerAgreement ?? 0 }));
  }
  const terms: SessionTerms = {
    driver: connection.account,
    lane,
    nonce,
    operator: charger.operator,
    agreement,
    evse: charger.evse,
    meter: charger.meter,
    maximumPowerW: charger.maximumPowerW,
    tariffId: offer.tariffId,
    holdMicro,
    expiresAt,
  };
  return { terms, freeMicro, timestamp };
}

/**
 * What the hold lacks, in the token's smallest unit.
 * @throws if it is not what the driver was told
 */
function missingOf(app: App, { terms, freeMicro }: PreparedOpening, funding: FundingChoice): bigint {
  const missingMicro = terms.holdMicro - freeMicro;
  if (missingMicro !== funding.missingMicro) throw new Error(app.text("fundChanged"));
  return missingMicro * funding.unit;
}

function domainOf({ configuration }: App): { readonly chainId: number; readonly verifyingContract: string } {
  return { chainId: configuration.chainId, verifyingContract: configuration.contracts.chargingSettlement };
}

const knownRefusals = [
  "SESSION_LIVE",
  "NONCE_MISMATCH",
  "HOLD_ABOVE_BALANCE",
  "EXPIRY_PASSED",
  "TARIFF_NOT_OFFERED",
  "SIGNATURE_INVALID",
  "PERMIT_REFUSED",
  "TOKEN_REFUSED",
] as const;
const relayFailures: readonly string[] = [
  "RELAY_NOT_CONFIGURED",
  "RELAY_UNAVAILABLE",
  "RELAY_AMOUNT_TOO_SMALL",
  "RELAY_BUDGET_EXCEEDED",
  "CLIENT_RATE_EXCEEDED",
];

function stepAfter(app: App, error: unknown): OpeningStep {
  if (error instanceof ServiceRefusal && error.code === "OPENING_REFUSED") {
    const known = knownRefusals.find((code) => code === error.detail);
    const reason =
      known === undefined
        ? app.text("refusal_other", { code: error.detail.slice(0, 60) })
        : app.text(`refusal_${known}`);
    return { kind: "failed", detail: app.text("openingRefused", { reason }) };
  }
  if (error instanceof ServiceRefusal && error.code === "TARIFF_NOT_ASSIGNED") {
    return { kind: "failed", detail: app.text("priceChanged") };
  }
  if (error instanceof ServiceUnreachableError) return { kind: "relay-away" };
  if (error instanceof ServiceRefusal && relayFailures.includes(error.code)) return { kind: "relay-away" };
  const refusal = refusalOf(error);
  if (refusal === "declined") return { kind: "declined" };
  if (refusal === "busy") return { kind: "failed", detail: app.text("walletBusy") };
  return { kind: "failed", detail: failureText(app, error) };
}

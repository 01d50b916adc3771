import { stepToward, type CardAccount, type CardStep } from "../domain/card-payment.ts";
import { WattproofError } from "../errors.ts";
import type { CardProvider, ProviderPayment } from "./card-provider.ts";

/** A page that is closed, while the driver pays on it, a reservation that is freed, and a look at what came of it. */
const mostSteps = 4;

/**
 * Brings the provider to what is owed, in hundredths of the currency. Every step is decided on what the provider says now and
 * carries a key of its own, so that a call whose answer was lost changes nothing twice.
 * @throws CARD_PROVIDER_UNAVAILABLE, CARD_PROVIDER_REFUSED
 */
export async function settleCard(
  provider: CardProvider,
  { paymentId, reference }: { readonly paymentId: string; readonly reference: string },
  owedMinor: number,
): Promise<{ readonly account: CardAccount; readonly missingMinor: number }> {
  for (let steps = 0; steps < mostSteps; steps += 1) {
    const account = await provider.read(reference);
    const step = stepToward(owedMinor, account);
    if (step.kind === "done") return { account, missingMinor: step.missingMinor };
    await carryOut(step, account);
  }
  throw new WattproofError("CARD_PROVIDER_UNAVAILABLE", "The provider says that it did what it did not do.");

  async function carryOut(step: Exclude<CardStep, { readonly kind: "done" }>, account: ProviderPayment): Promise<void> {
    const { reservation, status, refundedMinor } = account;
    if (status === "awaiting-driver") return provider.closePage({ reference, key: `${paymentId}-close` });
    if (reservation === null) {
      throw new WattproofError("CARD_PROVIDER_UNAVAILABLE", "The provider names no reservation.");
    }
    if (step.kind === "release") return provider.release({ reservation, key: `${paymentId}-release` });
    const { amountMinor } = step;
    if (step.kind === "capture") return provider.capture({ reservation, amountMinor, key: `${paymentId}-capture` });
    const key = `${paymentId}-refund-${refundedMinor}-${amountMinor}`;
    return provider.refund({ reference, reservation, amountMinor, key });
  }
}

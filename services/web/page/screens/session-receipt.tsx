import type { JSX } from "preact";
import { useEffect } from "preact/hooks";

import type { ChainSession } from "../chain/session-history.ts";
import { keepReceipt, keptReceipt } from "../receipt/kept-receipts.ts";
import { readReceipt, ServiceRefusal } from "../service/service-client.ts";
import { useApp } from "../shell/app-context.ts";
import { Answered, Waiting } from "../shell/parts.tsx";
import { useAnswer } from "../shell/use-answer.ts";
import { ReceiptMail } from "./receipt-mail.tsx";
import { readableReceiptOf, type ReadableReceipt } from "./check-receipt.tsx";
import { ReceiptView } from "./receipt-view.tsx";

const askAgainMs = 2_000;

/**
 * What a charge came to, from the chain, and its receipt: from the service, or, where it does not answer, from this device.
 */
export function SessionReceipt(properties: {
  readonly sessionId: string;
  readonly onChain: ChainSession;
  readonly place: string;
}): JSX.Element {
  const { sessionId, onChain } = properties;
  const { ending } = onChain;
  const { text, money } = useApp();
  const [answer, askAgain] = useAnswer(() => receiptOf(sessionId), [sessionId]);
  const isMissing = answer.kind === "answered" && answer.value === null;
  useEffect(() => {
    if (!isMissing) return undefined;
    const timer = setInterval(askAgain, askAgainMs);
    return () => {
      clearInterval(timer);
    };
  }, [isMissing, askAgain]);

  return (
    <>
      <div>
        <h1>{text("stateSettled")}</h1>
        {ending.kind === "settled" && <p class="big">{money(ending.chargedMicro)}</p>}
      </div>
      <Answered answer={answer} askAgain={askAgain}>
        {(readable) =>
          readable === null ? (
            <Waiting>{text("receiptNotReady")}</Waiting>
          ) : (
            <ReceiptView {...readable} isForeign={false} />
          )
        }
      </Answered>
      <ReceiptMail sessionId={sessionId} />
    </>
  );
}

async function receiptOf(sessionId: string): Promise<ReadableReceipt | null> {
  try {
    const content = await readReceipt(sessionId);
    keepReceipt(sessionId, content);
    return await readableReceiptOf(content);
  } catch (error) {
    const kept = keptReceipt(sessionId);
    if (kept !== null) return readableReceiptOf(kept);
    if (error instanceof ServiceRefusal) return null;
    throw error;
  }
}

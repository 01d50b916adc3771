import type { JSX } from "preact";
import { useEffect } from "preact/hooks";

import { readChallenge, type ChainChallenge } from "../chain/challenge-events.ts";
import { useApp } from "../shell/app-context.ts";
import { Facts, Hash, Notice } from "../shell/parts.tsx";
import { useAnswer } from "../shell/use-answer.ts";

/** Nobody tells the page of a challenge, so it looks; windows are hours long. */
const lookMs = 10_000;

/** What a challenge has shown of a settled session, and what came back. */
export function ChallengeNotice({ sessionId }: { readonly sessionId: string }): JSX.Element | null {
  const { readLogs, configuration } = useApp();
  const [answer, askAgain] = useAnswer(
    () => readChallenge(readLogs, configuration.contracts, sessionId),
    [readLogs, sessionId],
  );
  useEffect(() => {
    const timer = setInterval(askAgain, lookMs);
    return () => {
      clearInterval(timer);
    };
  }, [askAgain]);

  // That the chain cannot be read is said where the session itself is read from it.
  if (answer.kind !== "answered" || answer.value === null) return null;
  return <Challenged challenge={answer.value} />;
}

function Challenged({ challenge }: { readonly challenge: ChainChallenge }): JSX.Element {
  const { text, money } = useApp();
  const { chargedMicro, provenMicro } = challenge;
  return (
    <section class="card" aria-labelledby="challenge-title">
      <h2 id="challenge-title">{text("challengeTitle")}</h2>
      <Notice kind="info">{text("challengeTooMuch")}</Notice>
      <Facts
        facts={[
          [text("challengeCharged"), money(chargedMicro)],
          [text("challengeProven"), <strong key="proven">{money(provenMicro)}</strong>],
          [text("challengeRefunded"), money(chargedMicro - provenMicro)],
          [text("challengeBy"), <Hash key="by" value={challenge.challenger} />],
          [text("receiptTransaction"), <Hash key="transaction" value={challenge.txHash} />],
        ]}
      />
    </section>
  );
}

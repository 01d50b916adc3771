import type { JSX } from "preact";
import { useEffect } from "preact/hooks";

import { readChallenge, type ChainChallenge } from "../chain/challenge-events.ts";
import { useApp } from "../shell/app-context.ts";
import { Fold, Sums } from "../components/rows.tsx";
import { Hash } from "../shell/parts.tsx";
import { formatSum } from "../text/money.ts";
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
  const { text, coin, locale } = useApp();
  const { chargedMicro, provenMicro } = challenge;
  const { parts, total } = formatSum([provenMicro, chargedMicro - provenMicro], coin, locale);
  return (
    <section class="card" aria-labelledby="challenge-title">
      <h2 id="challenge-title">{text("challengeTitle")}</h2>
      <p>{text("challengeTooMuch")}</p>
      <Sums
        sums={[
          { name: text("challengeCharged"), value: total },
          { name: text("challengeProven"), value: parts[0] },
          { name: text("challengeRefunded"), value: parts[1], kind: "total" },
        ]}
      />
      <Fold title={text("technicalDetails")}>
        <Sums
          sums={[
            { name: text("challengeBy"), value: <Hash value={challenge.challenger} />, kind: "detail" },
            { name: text("receiptTransaction"), value: <Hash value={challenge.txHash} />, kind: "detail" },
          ]}
        />
      </Fold>
    </section>
  );
}

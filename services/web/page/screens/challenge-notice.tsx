import type { JSX } from "preact";
import { useEffect } from "preact/hooks";

import { readChallenge, type ChainChallenge } from "../chain/challenge-events.ts";
import { useApp } from "../shell/app-context.ts";
import { Facts, Hash, Notice } from "../shell/parts.tsx";
import { useAnswer } from "../shell/use-answer.ts";
import { formatTime } from "../text/amounts.ts";

/** Nobody tells the page of a challenge, so it looks; windows are hours long. */
const lookMs = 10_000;

/** What a challenge has shown of a settled session, who gets what, and until when it can be answered. */
export function ChallengeNotice({ sessionId }: { readonly sessionId: string }): JSX.Element | null {
  const { reader, readLogs, configuration } = useApp();
  const [answer, askAgain] = useAnswer(async () => {
    const challenge = await readChallenge(readLogs, configuration.contracts, sessionId);
    return challenge === null ? null : { challenge, timestamp: (await reader.readHead()).timestamp };
  }, [readLogs, reader, sessionId]);
  useEffect(() => {
    const timer = setInterval(askAgain, lookMs);
    return () => {
      clearInterval(timer);
    };
  }, [askAgain]);

  // That the chain cannot be read is said where the session itself is read from it.
  if (answer.kind !== "answered" || answer.value === null) return null;
  return <Challenged {...answer.value} />;
}

function Challenged(properties: { readonly challenge: ChainChallenge; readonly timestamp: number }): JSX.Element {
  const { challenge, timestamp } = properties;
  const { text, money, language } = useApp();
  const { chargedMicro, provenMicro, refundedMicro, compensatedMicro, rewardMicro } = challenge;
  const time = formatTime(challenge.answerableUntil, language);
  const isPending = challenge.ending === "open" && timestamp <= challenge.answerableUntil;
  const words = {
    open: isPending ? text("challengeOpen", { time }) : text("challengeOver", { time }),
    answered: text("challengeAnswered"),
    concluded: text("challengeConcluded"),
  };
  return (
    <section class="card" aria-labelledby="challenge-title">
      <h2 id="challenge-title">{text("challengeTitle")}</h2>
      <Notice kind={challenge.ending === "open" ? "warning" : "info"}>
        {`${provenMicro < chargedMicro ? text("challengeTooMuch") : text("challengeTooLittle")} ${words[challenge.ending]}`}
      </Notice>
      <Facts
        facts={[
          [text("challengeCharged"), money(chargedMicro)],
          [text("challengeProven"), <strong key="proven">{money(provenMicro)}</strong>],
          [text("challengeRefunded"), money(refundedMicro)],
          [text("challengeCompensated"), money(compensatedMicro)],
          [text("challengeReward"), money(rewardMicro)],
          [text("challengeUntil"), time],
          [text("challengeBy"), <Hash key="by" value={challenge.challenger} />],
          [text("receiptTransaction"), <Hash key="transaction" value={challenge.txHash} />],
        ]}
      />
    </section>
  );
}

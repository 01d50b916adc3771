import type { JSX } from "preact";
import { useState } from "preact/hooks";

import { moneySchema } from "../answers.ts";
import { MoneyTable } from "../money-table.tsx";
import { useWords } from "../operator-context.ts";
import { useDesk } from "../operator-desk.ts";
import { Pager, Section } from "../parts.tsx";
import { addressOf, useAnswer } from "../use-answer.ts";

/** What the contract holds for the operator and its partners. */
export function MoneyView(): JSX.Element {
  const { text } = useWords();
  const { operator } = useDesk();
  const [after, setAfter] = useState<string | null>(null);
  const money = useAnswer(addressOf("/v1/operator/money", { operator, after }), moneySchema);
  return (
    <>
      <h2 class="view-title">{text("page.money")}</h2>
      <Section title={text("money")} intro={text("moneyText")} part={money}>
        {(value) => (
          <>
            <MoneyTable money={value} />
            <Pager
              isFirst={after === null}
              next={value.next}
              firstText={text("first")}
              nextText={text("next")}
              onGo={setAfter}
            />
          </>
        )}
      </Section>
    </>
  );
}

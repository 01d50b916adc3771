import type { JSX } from "preact";

import { formatBps } from "../text/amounts.ts";
import type { Money } from "./answers.ts";
import { useWords } from "./operator-context.ts";
import { Short, Table } from "./parts.tsx";

export function MoneyTable({ money: { credits, symbol } }: { readonly money: Money }): JSX.Element {
  const { text, money, language } = useWords();
  const rows = credits.flatMap(({ operator, agreement, parties }) =>
    parties.map((party) => ({ ...party, operator, agreement })),
  );
  if (rows.length === 0) return <p>{text("noMoney")}</p>;
  return (
    <Table
      caption={text("money")}
      rows={rows}
      keyOf={({ operator, agreement, party }) => `${operator} ${agreement} ${party}`}
      columns={[
        {
          title: text("party"),
          cell: ({ party, role }) => (
            <>
              {text(`role.${role}`)} <Short value={party} />
            </>
          ),
        },
        {
          title: text("agreement"),
          cell: ({ agreement }) => (agreement === 0 ? text("withoutPartners") : String(agreement)),
        },
        { title: text("share"), isNumber: true, cell: ({ shareBps }) => formatBps(shareBps, language) },
        { title: text("pending"), isNumber: true, cell: ({ pendingMicro }) => money(pendingMicro, symbol) },
        {
          title: text("withdrawable"),
          isNumber: true,
          cell: ({ withdrawableMicro }) => money(withdrawableMicro, symbol),
        },
        { title: text("earned"), isNumber: true, cell: ({ earnedMicro }) => money(earnedMicro, symbol) },
      ]}
    />
  );
}

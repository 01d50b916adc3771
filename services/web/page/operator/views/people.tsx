import type { JSX } from "preact";
import { useState } from "preact/hooks";

import { actionsSchema, keysSchema } from "../answers.ts";
import { ActionTable } from "../action-table.tsx";
import { useWords } from "../operator-context.ts";
import { Pager, Section, Table } from "../parts.tsx";
import { addressOf, useAnswer } from "../use-answer.ts";

/** Who holds a key and what it allows, and what was commanded with keys. */
export function People(): JSX.Element {
  const { text, time } = useWords();
  const [before, setBefore] = useState<string | null>(null);
  const keys = useAnswer("/v1/operator/keys", keysSchema);
  const actions = useAnswer(addressOf("/v1/operator/actions", { before, limit: 50 }), actionsSchema);
  return (
    <>
      <h2 class="view-title">{text("page.people")}</h2>
      <Section title={text("keys")} intro={text("keysText")} part={keys}>
        {(value) =>
          value.keys.length === 0 ? (
            <p>{text("noKeys")}</p>
          ) : (
            <Table
              caption={text("keys")}
              rows={value.keys}
              keyOf={({ name }) => name}
              columns={[
                { title: text("keyName"), cell: ({ name }) => name },
                { title: text("keyRole"), cell: ({ role }) => text(`keyRole.${role}`) },
                {
                  title: text("keyState"),
                  cell: ({ revokedAtMs, revokedBy }) =>
                    revokedAtMs === null
                      ? text("keyValid")
                      : text("keyRevoked", { time: time(revokedAtMs), name: revokedBy ?? "–" }),
                },
                {
                  title: text("keyAdded"),
                  cell: ({ addedAtMs, addedBy }) => text("keyAddedBy", { time: time(addedAtMs), name: addedBy }),
                },
              ]}
            />
          )
        }
      </Section>
      <Section title={text("audit")} intro={text("auditText")} part={actions}>
        {(value) => (
          <>
            <ActionTable actions={value.actions} caption={text("audit")} />
            <Pager
              isFirst={before === null}
              next={value.next === null ? null : String(value.next)}
              firstText={text("newest")}
              nextText={text("older")}
              onGo={setBefore}
            />
          </>
        )}
      </Section>
    </>
  );
}

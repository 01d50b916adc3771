import type { JSX } from "preact";
import { useState } from "preact/hooks";

import { stationsSchema } from "../answers.ts";
import { useWords } from "../operator-context.ts";
import { Filters, Pager, Section, Switch, TextFilter } from "../parts.tsx";
import { JoinTable, StationTable } from "../station-tables.tsx";
import { addressOf, useAnswer } from "../use-answer.ts";

const connections = ["all", "online", "offline"] as const;
const idGrammar = /^[A-Za-z0-9_.:*-]{1,48}$/u;

/** All chargers, and those that want to join. */
export function Chargers(): JSX.Element {
  const { text } = useWords();
  const [find, setFind] = useState("");
  const [connection, setConnection] = useState<(typeof connections)[number]>("all");
  const [after, setAfter] = useState<string | null>(null);
  const isWrong = find !== "" && !idGrammar.test(find);
  const query = {
    find: find === "" ? null : find,
    connection: connection === "all" ? null : connection,
    after,
    limit: 20,
  };
  const stations = useAnswer(isWrong ? null : addressOf("/v1/operator/stations", query), stationsSchema);
  return (
    <>
      <h2 class="view-title">{text("page.chargers")}</h2>
      <Filters>
        <TextFilter
          label={text("findCharger")}
          value={find}
          problem={isWrong ? text("findChargerHint") : null}
          onInput={(value) => {
            setFind(value);
            setAfter(null);
          }}
        />
      </Filters>
      <Section title={text("chargers")} part={stations}>
        {(value) => (
          <>
            <Switch
              legend={text("connection")}
              value={connection}
              options={connections.map((one) => [one, text(`connection.${one}`)] as const)}
              onChange={(chosen) => {
                setConnection(chosen);
                setAfter(null);
              }}
            />
            <StationTable stations={value.stations} />
            <Pager
              isFirst={after === null}
              next={value.next}
              firstText={text("first")}
              nextText={text("next")}
              onGo={setAfter}
            />
            <JoinTable stations={value} />
          </>
        )}
      </Section>
    </>
  );
}

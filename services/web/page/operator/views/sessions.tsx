import type { JSX } from "preact";
import { useState } from "preact/hooks";

import { sessionsSchema } from "../answers.ts";
import { useWords } from "../operator-context.ts";
import { useDesk } from "../operator-desk.ts";
import { Filters, Pager, Section, Switch, TextFilter } from "../parts.tsx";
import { SessionTable } from "../session-table.tsx";
import { addressOf, useAnswer } from "../use-answer.ts";

const shows = ["running", "hanging", "ended", "all"] as const;

interface Filters {
  readonly show: (typeof shows)[number];
  readonly find: string;
  readonly evse: string;
  /** Days as a field for dates writes them, of this device's time zone. */
  readonly fromDay: string;
  readonly untilDay: string;
}

const everything: Filters = { show: "running", find: "", evse: "", fromDay: "", untilDay: "" };
const findGrammar = /^(?:0x[0-9a-f]{4,64}|[a-z2-7]{4,20})$/iu;
const evseGrammar = /^[1-9][0-9]{0,9}$/u;

/** All sessions, with filters that narrow the list together. */
export function Sessions(): JSX.Element {
  const { text } = useWords();
  const { operator, symbol } = useDesk();
  const [filters, setFilters] = useState<Filters>(everything);
  const [before, setBefore] = useState<string | null>(null);
  const narrow = (changes: Partial<Filters>): void => {
    setFilters((last) => ({ ...last, ...changes }));
    setBefore(null);
  };
  const { show, find, evse, fromDay, untilDay } = filters;
  const isFindWrong = find !== "" && !findGrammar.test(find);
  const isEvseWrong = evse !== "" && !evseGrammar.test(evse);
  const query = {
    show,
    operator,
    find: find === "" ? null : find,
    evse: evse === "" ? null : evse,
    from: secondsOf(fromDay, 0),
    until: secondsOf(untilDay, 1),
    before,
    limit: 20,
  };
  const isAsked = !isFindWrong && !isEvseWrong;
  const sessions = useAnswer(isAsked ? addressOf("/v1/operator/sessions", query) : null, sessionsSchema);
  return (
    <>
      <h2 class="view-title">{text("page.sessions")}</h2>
      <Filters>
        <TextFilter
          label={text("findSession")}
          value={find}
          problem={isFindWrong ? text("findSessionHint") : null}
          onInput={(value) => {
            // Whoever looks for one session wants it in whatever state it is.
            narrow(value === "" ? { find: value } : { find: value, show: "all" });
          }}
        />
        <TextFilter
          label={text("evse")}
          value={evse}
          inputMode="numeric"
          problem={isEvseWrong ? text("evseHint") : null}
          onInput={(value) => {
            narrow({ evse: value });
          }}
        />
        <TextFilter
          label={text("openedFrom")}
          isDay
          value={fromDay}
          onInput={(value) => {
            narrow({ fromDay: value });
          }}
        />
        <TextFilter
          label={text("openedUntil")}
          isDay
          value={untilDay}
          onInput={(value) => {
            narrow({ untilDay: value });
          }}
        />
      </Filters>
      <Section title={text("sessions")} part={sessions}>
        {(value) => (
          <>
            <Switch
              legend={text("sessions")}
              value={show}
              options={shows.map((one) => [one, text(`show.${one}`)] as const)}
              onChange={(chosen) => {
                narrow({ show: chosen });
              }}
            />
            <SessionTable sessions={value.sessions} symbol={symbol} caption={text("sessions")} />
            <Pager
              isFirst={before === null}
              next={value.next}
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

/**
 * The beginning of a day on this device, or of one after it, in seconds since 1970.
 * @returns `null` for what is no day
 */
function secondsOf(day: string, daysLater: 0 | 1): number | null {
  const parsed = /^(\d{4})-(\d{2})-(\d{2})$/u.exec(day);
  if (parsed === null) return null;
  const [, year = "", month = "", date = ""] = parsed;
  // By the calendar: a day in which clocks change has 23 or 25 hours.
  return Math.floor(new Date(Number(year), Number(month) - 1, Number(date) + daysLater).getTime() / 1_000);
}

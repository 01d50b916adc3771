import type { ComponentChildren, JSX } from "preact";
import { useId, useRef } from "preact/hooks";

import { saveFile } from "../shell/save-file.ts";
import { csvText } from "../text/csv.ts";
import { useWords } from "./operator-context.ts";
import type { Part } from "./use-answer.ts";

/** A part of the board under a heading; a failure is said and what was read before stays. */
export function Section<Value>(properties: {
  readonly title: string;
  readonly intro?: string;
  readonly part: Part<Value>;
  /** What is said until it was read for the first time, where that takes long. */
  readonly waiting?: string;
  readonly children: (value: Value) => ComponentChildren;
}): JSX.Element {
  const { text } = useWords();
  const id = useId();
  const { title, intro, part, children, waiting = text("loading") } = properties;
  return (
    <section class="card" aria-labelledby={id}>
      <h2 id={id}>{title}</h2>
      {intro !== undefined && <p class="hint">{intro}</p>}
      {part.problem !== null && (
        <div class="notice notice-warning" role="status">
          <p>{text("partFailed", { code: part.problem })}</p>
        </div>
      )}
      {part.value !== null && children(part.value)}
      {part.value === null && part.problem === null && <p class="waiting">{waiting}</p>}
    </section>
  );
}

export interface Column<Row> {
  readonly title: string;
  readonly isNumber?: boolean;
  readonly cell: (row: Row) => ComponentChildren;
  /** What the column adds up to; the table has a foot where any has it. */
  readonly sum?: ComponentChildren;
}

/**
 * A table that scrolls by itself where the window is narrow, also by keyboard. The first column names the row. What it shows
 * can be saved for a spreadsheet.
 */
export function Table<Row>(properties: {
  readonly caption: string;
  readonly rows: readonly Row[];
  readonly keyOf: (row: Row) => string;
  readonly columns: readonly Column<Row>[];
}): JSX.Element {
  const { caption, rows, keyOf, columns } = properties;
  const [first, ...others] = columns;
  const { text } = useWords();
  const table = useRef<HTMLTableElement>(null);
  return (
    <>
      <div class="scroll" role="group" aria-label={caption} tabIndex={0}>
        <table ref={table}>
          <thead>
            <tr>
              {columns.map(({ title, isNumber }) => (
                <th key={title} scope="col" class={isNumber === true ? "number" : undefined}>
                  {title}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <tr key={keyOf(row)}>
                {first !== undefined && <th scope="row">{first.cell(row)}</th>}
                {others.map(({ title, isNumber, cell }) => (
                  <td key={title} class={isNumber === true ? "number" : undefined}>
                    {cell(row)}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
          {columns.some(({ sum }) => sum !== undefined) && (
            <tfoot>
              <tr>
                {first !== undefined && <th scope="row">{first.sum}</th>}
                {others.map(({ title, isNumber, sum }) => (
                  <td key={title} class={isNumber === true ? "number" : undefined}>
                    {sum}
                  </td>
                ))}
              </tr>
            </tfoot>
          )}
        </table>
      </div>
      <button
        class="quiet"
        onClick={() => {
          const lines = [...(table.current?.rows ?? [])].map((row) =>
            [...row.cells].map((cell) => cell.innerText.trim()),
          );
          saveFile(`wattproof-${caption}.csv`, "text/csv", csvText(lines));
        }}
      >
        {text("saveTable", { name: caption })}
      </button>
    </>
  );
}

/** Names and what they are, in rows. */
export function Facts(properties: {
  readonly facts: readonly (readonly [name: string, value: ComponentChildren])[];
}): JSX.Element {
  return (
    <dl class="facts">
      {properties.facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

/** Fields that narrow a list. There is nothing to send: each is asked for while it is filled in. */
export function Filters({ children }: { readonly children: ComponentChildren }): JSX.Element {
  return (
    <form
      class="filters"
      role="search"
      onSubmit={(event) => {
        event.preventDefault();
      }}
    >
      {children}
    </form>
  );
}

/** A field that narrows a list while it is filled in. */
export function TextFilter(properties: {
  readonly label: string;
  readonly value: string;
  /** A day of the calendar, as `2026-11-30`. */
  readonly isDay?: boolean;
  readonly inputMode?: "numeric";
  /** What is wrong with the value; nothing is asked then. */
  readonly problem?: string | null;
  readonly onInput: (value: string) => void;
}): JSX.Element {
  const id = useId();
  const { label, value, isDay = false, inputMode, problem = null, onInput } = properties;
  const attributes = {
    id,
    value,
    autocomplete: "off",
    spellcheck: false,
    "aria-invalid": problem !== null,
    "aria-describedby": problem === null ? undefined : `${id}-problem`,
    onInput: (event: { readonly currentTarget: HTMLInputElement }) => {
      onInput(event.currentTarget.value.trim());
    },
  } as const;
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {isDay ? <input type="date" {...attributes} /> : <input type="text" inputmode={inputMode} {...attributes} />}
      {problem !== null && (
        <p class="problem" id={`${id}-problem`} role="status">
          {problem}
        </p>
      )}
    </div>
  );
}

/** One of a few ways to look at something. */
export function Switch<Value extends string>(properties: {
  readonly legend: string;
  readonly value: Value;
  readonly options: readonly (readonly [Value, string])[];
  readonly onChange: (value: Value) => void;
}): JSX.Element {
  const name = useId();
  const { legend, value, options, onChange } = properties;
  return (
    <fieldset class="switch" aria-label={legend}>
      {options.map(([option, label]) => (
        <label key={option}>
          <input
            type="radio"
            name={name}
            checked={option === value}
            onChange={() => {
              onChange(option);
            }}
          />
          {label}
        </label>
      ))}
    </fieldset>
  );
}

/** To the beginning of a list, and on. */
export function Pager(properties: {
  readonly isFirst: boolean;
  readonly next: string | null;
  readonly firstText: string;
  readonly nextText: string;
  readonly onGo: (cursor: string | null) => void;
}): JSX.Element | null {
  const { isFirst, next, firstText, nextText, onGo } = properties;
  if (isFirst && next === null) return null;
  return (
    <p>
      <button
        class="quiet"
        disabled={isFirst}
        onClick={() => {
          onGo(null);
        }}
      >
        {firstText}
      </button>
      <button
        class="quiet"
        disabled={next === null}
        onClick={() => {
          onGo(next);
        }}
      >
        {nextText}
      </button>
    </p>
  );
}

/** A hash or an address: as much as there is room for, all of it to copy and to read aloud. */
export function Short({ value }: { readonly value: string }): JSX.Element {
  return (
    <code class="short" title={value}>
      {value}
    </code>
  );
}

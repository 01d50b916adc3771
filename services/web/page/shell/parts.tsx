import type { ComponentChildren, JSX } from "preact";
import { useId } from "preact/hooks";

import { ChainUnreachableError } from "../chain/chain-access.ts";
import { ServiceUnreachableError } from "../service/service-client.ts";
import { useApp, type App } from "./app-context.ts";
import type { Answer } from "./use-answer.ts";

export type NoticeKind = "info" | "good" | "warning" | "bad";

/** A message that a screen reader reads when it appears. */
export function Notice(properties: {
  readonly kind: NoticeKind;
  readonly title?: string;
  readonly children?: ComponentChildren;
  readonly action?: ComponentChildren;
}): JSX.Element {
  const { kind, title, children, action } = properties;
  return (
    <div class={`notice notice-${kind}`} role={kind === "bad" ? "alert" : "status"}>
      {title !== undefined && <p class="notice-title">{title}</p>}
      {children !== undefined && <p>{children}</p>}
      {action}
    </div>
  );
}

/** A line of text while something is waited for. */
export function Waiting({ children }: { readonly children?: ComponentChildren }): JSX.Element {
  const { text } = useApp();
  return (
    <p class="waiting" role="status">
      {children ?? text("loading")}
    </p>
  );
}

/** What a question's answer is shown as; a failure says what failed and lets it be asked again. */
export function Answered<Value>(properties: {
  readonly answer: Answer<Value>;
  readonly askAgain: () => void;
  readonly children: (value: Value) => ComponentChildren;
}): JSX.Element {
  const { answer, askAgain, children } = properties;
  const app = useApp();
  if (answer.kind === "waiting") return <Waiting />;
  if (answer.kind === "failed") {
    return (
      <Notice kind="bad" action={<button onClick={askAgain}>{app.text("retry")}</button>}>
        {failureText(app, answer.error)}
      </Notice>
    );
  }
  return <>{children(answer.value)}</>;
}

/** A failure in the driver's language, with the detail where there is one. */
export function failureText({ text }: Pick<App, "text">, error: unknown): string {
  if (error instanceof ChainUnreachableError) return text("chainUnreachable");
  if (error instanceof ServiceUnreachableError) return text("offlineNotice");
  return text("somethingFailed", { detail: error instanceof Error ? error.message.slice(0, 300) : "" });
}

/** A field with its label, its hint and what is wrong with it. */
export function Field(properties: {
  readonly label: string;
  readonly value: string;
  readonly onInput: (value: string) => void;
  readonly hint?: string;
  readonly problem?: string | null;
  readonly inputMode?: "numeric" | "decimal";
}): JSX.Element {
  const id = useId();
  const { label, value, onInput, hint, problem = null, inputMode } = properties;
  const describedBy = [hint === undefined ? "" : `${id}-hint`, problem === null ? "" : `${id}-problem`]
    .join(" ")
    .trim();
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {hint !== undefined && (
        <p class="hint" id={`${id}-hint`}>
          {hint}
        </p>
      )}
      <input
        id={id}
        type="text"
        autocomplete="off"
        inputmode={inputMode}
        value={value}
        aria-invalid={problem !== null}
        aria-describedby={describedBy === "" ? undefined : describedBy}
        onInput={(event) => {
          onInput(event.currentTarget.value);
        }}
      />
      {problem !== null && (
        <p class="problem" id={`${id}-problem`}>
          {problem}
        </p>
      )}
    </div>
  );
}

/** Pairs of a name and what it is. */
export function Facts({ facts }: { readonly facts: readonly (readonly [string, ComponentChildren])[] }): JSX.Element {
  return (
    <dl class="facts">
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

/** A hash or an address: its beginning and end to look at, all of it to copy and to read aloud. */
export function Hash({ value }: { readonly value: string }): JSX.Element {
  return (
    <code class="hash" title={value}>
      {value}
    </code>
  );
}

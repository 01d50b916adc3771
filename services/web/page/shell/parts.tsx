import type { ComponentChildren, JSX } from "preact";

import { ChainUnreachableError } from "../chain/chain-access.ts";
import { ServiceUnreachableError } from "../service/service-client.ts";
import { Notice } from "../components/note.tsx";
import { useApp, type App } from "./app-context.ts";
import type { Answer } from "./use-answer.ts";

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

/** A hash or an address: its beginning and end to look at, all of it to copy and to read aloud. */
export function Hash({ value }: { readonly value: string }): JSX.Element {
  return (
    <code class="hash" title={value}>
      {value}
    </code>
  );
}

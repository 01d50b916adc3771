import type { ComponentChildren, JSX } from "preact";

import { Icon, Rosette } from "./icon.tsx";

/** The verdict on a receipt; it opens to the reasons. */
export function Seal(properties: {
  readonly title: string;
  readonly subtitle: string;
  readonly children: ComponentChildren;
}): JSX.Element {
  return (
    <details class="seal">
      <summary>
        <Rosette />
        <span>
          <b>{properties.title}</b>
          <span class="soft">{properties.subtitle}</span>
        </span>
        <Icon name="down" turns />
      </summary>
      <div class="inside">{properties.children}</div>
    </details>
  );
}

/** The torn seal: said before anything that the file says. */
export function BrokenSeal(properties: { readonly title: string; readonly children: ComponentChildren }): JSX.Element {
  return (
    <div class="verdict" role="alert">
      <Rosette isTorn />
      <h2>{properties.title}</h2>
      <p>{properties.children}</p>
    </div>
  );
}

/** Sentences with a tick, or a cross where they do not hold. */
export function Reasons(properties: {
  readonly reasons: readonly { readonly text: string; readonly holds: boolean }[];
  /** How a sentence is introduced to those who do not see the cross. */
  readonly failsWord: string;
}): JSX.Element {
  return (
    <ul class="reasons">
      {properties.reasons.map(({ text, holds }) => (
        <li key={text} class={holds ? "holds" : "fails"}>
          <Icon name={holds ? "tick" : "cross"} />
          <span>
            {!holds && <span class="unseen">{properties.failsWord} </span>}
            {text}
          </span>
        </li>
      ))}
    </ul>
  );
}

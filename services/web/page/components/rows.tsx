import type { ComponentChildren, JSX } from "preact";

import { Icon } from "./icon.tsx";

/** One line of a list of names and figures. */
export interface Sum {
  readonly name: string;
  readonly value: ComponentChildren;
  readonly kind?: "ruled" | "total" | "detail";
}

/** Names on the left, what they are on the right; a total stands below its parts. */
export function Sums({ sums }: { readonly sums: readonly Sum[] }): JSX.Element {
  return (
    <dl class="sums">
      {sums.map(({ name, value, kind }) => (
        <div key={name} class={kind}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

/** What most people need not see, one touch away. */
export function Fold(properties: {
  readonly title: string;
  readonly isOpen?: boolean;
  readonly children: ComponentChildren;
}): JSX.Element {
  return (
    <details class="fold" open={properties.isOpen}>
      <summary>
        {properties.title}
        <Icon name="down" />
      </summary>
      <div class="inside">{properties.children}</div>
    </details>
  );
}

/** Two or three figures beside each other. */
export function Stats(properties: {
  readonly stats: readonly { readonly name: string; readonly value: string; readonly detail?: string }[];
}): JSX.Element {
  return (
    <dl class="stats">
      {properties.stats.map(({ name, value, detail }) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>
            {value}
            {detail !== undefined && <small>{detail}</small>}
          </dd>
        </div>
      ))}
    </dl>
  );
}

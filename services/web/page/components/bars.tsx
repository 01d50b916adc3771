import type { ComponentChildren, JSX } from "preact";

import { useApp } from "../shell/app-context.ts";
import { hrefOf, type Route } from "../shell/router.ts";
import { Icon } from "./icon.tsx";

/** Where the driver is: a way back, two lines, at most one tool. Without a way back it carries the name of the page. */
export function TopBar(properties: {
  readonly backTo?: Exclude<Route, { kind: "unknown" }>;
  readonly title?: string;
  readonly subtitle?: ComponentChildren;
  readonly tool?: ComponentChildren;
}): JSX.Element {
  const { backTo, title, subtitle, tool } = properties;
  const { text } = useApp();
  return (
    <div class="top">
      {backTo === undefined ? (
        <a class="brand" href="#/">
          <Icon name="brand" />
          {text("appName")}
        </a>
      ) : (
        <a class="tool" href={hrefOf(backTo)} aria-label={text("back")}>
          <Icon name="back" />
        </a>
      )}
      <div class="names">
        {title !== undefined && <b>{title}</b>}
        {subtitle !== undefined && <span>{subtitle}</span>}
      </div>
      {tool}
    </div>
  );
}

const tabs = [
  [{ kind: "start" }, "navCharge", "plug"],
  [{ kind: "history" }, "navHistory", "list"],
  [{ kind: "account" }, "navAccount", "money"],
  [{ kind: "settings" }, "navSettings", "settings"],
] as const;

/** The four rooms of the page; not shown while a charge is under way. */
export function Tabs({ current }: { readonly current: Route["kind"] }): JSX.Element {
  const { text } = useApp();
  return (
    <nav aria-label={text("navLabel")}>
      <ul class="tabs">
        {tabs.map(([route, key, icon]) => (
          <li key={key}>
            <a href={hrefOf(route)} aria-current={route.kind === current ? "page" : undefined}>
              <Icon name={icon} />
              {text(key)}
            </a>
          </li>
        ))}
      </ul>
    </nav>
  );
}

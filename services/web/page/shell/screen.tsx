import type { ComponentChildren, JSX } from "preact";

import { Tabs, TopBar } from "../components/bars.tsx";
import { useApp } from "./app-context.ts";
import type { Route } from "./router.ts";

/**
 * The frame of a screen: where the driver is, the content, and below it either the one next step under the thumb or the four
 * rooms of the page.
 */
export function Screen(properties: {
  readonly backTo?: Exclude<Route, { kind: "unknown" }>;
  readonly title?: string;
  readonly subtitle?: ComponentChildren;
  readonly tool?: ComponentChildren;
  /** The room that is shown among the tabs; without it there are none. */
  readonly tab?: Route["kind"];
  /** The next step. */
  readonly act?: ComponentChildren;
  readonly children: ComponentChildren;
}): JSX.Element {
  const { tab, act, children, ...bar } = properties;
  const { text, configuration } = useApp();
  const hasAct = act !== undefined && act !== null && act !== false;
  return (
    <div class="screen">
      <header>
        {configuration.developmentWallet !== null && (
          <p class="demo" role="note">
            {text("demoStrip")}
          </p>
        )}
        <TopBar {...bar} />
      </header>
      <main id="main" tabIndex={-1}>
        {children}
      </main>
      {hasAct && (
        <section class="act" aria-label={text("nextStep")}>
          {act}
        </section>
      )}
      {tab !== undefined && <Tabs current={tab} />}
    </div>
  );
}

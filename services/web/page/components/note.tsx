import type { ComponentChildren, JSX } from "preact";

import { Icon, type IconName } from "./icon.tsx";
import type { NoticeKind } from "./notice-kind.ts";

const icons: Readonly<Record<NoticeKind, IconName>> = {
  info: "info",
  good: "tick",
  warning: "warning",
  bad: "warning",
};

/** A message that a screen reader reads when it appears: what happened to the money, then what to do. */
export function Notice(properties: {
  readonly kind: NoticeKind;
  readonly title?: string;
  readonly children?: ComponentChildren;
  readonly action?: ComponentChildren;
}): JSX.Element {
  const { kind, title, children, action } = properties;
  return (
    <div class={`notice notice-${kind}`} role={kind === "bad" ? "alert" : "status"}>
      <Icon name={icons[kind]} />
      {title !== undefined && <p class="notice-title">{title}</p>}
      {children !== undefined && <p>{children}</p>}
      {action}
    </div>
  );
}

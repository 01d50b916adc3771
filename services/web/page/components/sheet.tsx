import type { ComponentChildren, JSX } from "preact";
import { useId } from "preact/hooks";

import { useApp } from "../shell/app-context.ts";
import { Icon } from "./icon.tsx";
import { useModal } from "./use-modal.ts";

/** A question above the screen that it belongs to, which cannot be used meanwhile. Escape and the cross close it. */
export function Sheet(properties: {
  readonly title: string;
  readonly onClose: () => void;
  readonly children: ComponentChildren;
}): JSX.Element {
  const { title, onClose, children } = properties;
  const { text } = useApp();
  const id = useId();
  const dialog = useModal();
  return (
    <dialog class="sheet" ref={dialog} aria-labelledby={id} onClose={onClose}>
      <div class="head">
        <h2 id={id} tabIndex={-1}>
          {title}
        </h2>
        <button
          class="tool"
          aria-label={text("close")}
          onClick={() => {
            dialog.current?.close();
          }}
        >
          <Icon name="close" />
        </button>
      </div>
      <div class="stack">{children}</div>
    </dialog>
  );
}

import type { RefObject } from "preact";
import { useEffect, useRef } from "preact/hooks";

/** A dialog that is open for as long as it is shown; what lies under it cannot be used meanwhile. */
export function useModal(): RefObject<HTMLDialogElement | null> {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const shown = dialog.current;
    if (shown !== null && !shown.open) shown.showModal();
    return () => {
      shown?.close();
    };
  }, []);
  return dialog;
}

import type { JSX } from "preact";
import { useId, useState } from "preact/hooks";

import { isRoleEnough, type OperatorRole } from "../../../../domain/operator-key.ts";
import { useModal } from "../../components/use-modal.ts";
import { useWords } from "../operator-context.ts";
import { useDesk } from "../operator-desk.ts";
import { KeyRefusedError, RefusalError } from "../operator-client.ts";

/** What was commanded was not done, for a reason that the person is told. */
export class NotDoneError extends Error {
  override readonly name = "NotDoneError";
}

/**
 * Has something done after it was said what that does to money, and says what came of it. A key that does not allow it finds
 * the reason in the place of the button.
 */
export function CommandButton(properties: {
  /** What is done, as a verb. */
  readonly label: string;
  /** What it does, to money above all. */
  readonly effect: string;
  readonly role: OperatorRole;
  /** @returns what to say when it is done. @throws what the service answered otherwise */
  readonly command: () => Promise<string>;
}): JSX.Element {
  const { text } = useWords();
  const { ownKey, onKeyRefused } = useDesk();
  const { label, effect, role, command } = properties;
  const [isAsking, setAsking] = useState(false);
  const [isUnderWay, setUnderWay] = useState(false);
  const [outcome, setOutcome] = useState<{ readonly isDone: boolean; readonly said: string } | null>(null);

  async function carryOut(): Promise<void> {
    setAsking(false);
    setUnderWay(true);
    try {
      setOutcome({ isDone: true, said: await command() });
    } catch (error) {
      if (error instanceof KeyRefusedError) onKeyRefused();
      setOutcome({ isDone: false, said: reasonOf(error) });
    } finally {
      setUnderWay(false);
    }
  }

  function reasonOf(error: unknown): string {
    if (error instanceof NotDoneError) return error.message;
    return error instanceof RefusalError ? text("commandRefused", { code: error.code }) : text("commandUnknown");
  }

  if (ownKey !== null && !isRoleEnough(ownKey.role, role)) {
    return (
      <div class="command">
        <button disabled>{label}</button>
        <p class="hint">{text("roleNeeded", { role: text(`keyRole.${role}`) })}</p>
      </div>
    );
  }
  return (
    <div class="command">
      <button
        disabled={isUnderWay || ownKey === null}
        onClick={() => {
          setOutcome(null);
          setAsking(true);
        }}
      >
        {isUnderWay ? text("commandUnderWay", { command: label }) : label}
      </button>
      {isAsking && (
        <Confirmation
          label={label}
          effect={effect}
          onConfirm={() => void carryOut()}
          onClose={() => {
            setAsking(false);
          }}
        />
      )}
      {outcome !== null && (
        <div class={`notice notice-${outcome.isDone ? "good" : "bad"}`} role={outcome.isDone ? "status" : "alert"}>
          <p>{outcome.said}</p>
        </div>
      )}
    </div>
  );
}

/** Asks once more. Leaving it has the focus, so that Enter does nothing. */
function Confirmation(properties: {
  readonly label: string;
  readonly effect: string;
  readonly onConfirm: () => void;
  readonly onClose: () => void;
}): JSX.Element {
  const { text } = useWords();
  const id = useId();
  const dialog = useModal();
  const { label, effect, onConfirm, onClose } = properties;
  return (
    <dialog class="sheet" ref={dialog} aria-labelledby={id} aria-describedby={`${id}-effect`} onClose={onClose}>
      <h2 id={id}>{label}</h2>
      <p id={`${id}-effect`}>{effect}</p>
      <div class="answers">
        <button
          autofocus
          onClick={() => {
            dialog.current?.close();
          }}
        >
          {text("leaveIt")}
        </button>
        <button class="end" onClick={onConfirm}>
          {label}
        </button>
      </div>
    </dialog>
  );
}

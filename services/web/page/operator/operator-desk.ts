import { createContext } from "preact";
import { useContext } from "preact/hooks";

import type { OwnKey } from "./answers.ts";

/** What every view needs: who asks, for whom, and where to say how the asking went. */
export interface OperatorDesk {
  readonly operatorKey: string;
  /** Whose key it is; `null` until the service has said so. */
  readonly ownKey: OwnKey | null;
  /** `null` where the service has one operator, or it is not known yet which it has. */
  readonly operator: string | null;
  /** The coin's own name. */
  readonly symbol: string;
  readonly onKeyRefused: () => void;
  /** Says whether the service answered a question just now. */
  readonly noteAnswer: (question: string, isAnswered: boolean) => void;
}

export const DeskContext = createContext<OperatorDesk | null>(null);

export function useDesk(): OperatorDesk {
  const desk = useContext(DeskContext);
  if (desk === null) throw new Error("A part is shown outside of the page.");
  return desk;
}

import type { StoredFrame } from "../../store/ocpp.ts";
import type { FrameInbox } from "../../ocpp/wire/inbox.ts";
import type { TokenOpener } from "./open-for-tokens.ts";

/** Has the opener look as soon as a frame was taken that may have begun a transaction with an idToken. */
export function createWakingInbox(inbox: FrameInbox, opener: Pick<TokenOpener, "wake">): FrameInbox {
  return {
    async take(frame, payload) {
      await inbox.take(frame, payload);
      if (mayBegin(frame)) opener.wake();
    },
    settled: () => inbox.settled(),
  };
}

/** In 2.x an idToken may come with any event; events without one are told by their text, which costs nothing. */
function mayBegin({ action, text }: StoredFrame): boolean {
  return action === "StartTransaction" || (action === "TransactionEvent" && text.includes('"idToken"'));
}

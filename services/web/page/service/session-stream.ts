import { createEventReader } from "./event-reader.ts";
import { viewAfter, type SessionView } from "./session-view.ts";
import { forgetViewKey, keptViewKey } from "./view-keys.ts";

const reopenMs = 1_000;
/** The service says at least every fifteen seconds that it is still there. */
const silenceMs = 45_000;
const unauthenticated = 401;

/**
 * Watches a session until it is told to end, with the key that this device has for it. Lost connections come back, and
 * go on where they were (Last-Event-ID). The browser's own `EventSource` cannot send a key.
 */
export function watchSession(
  sessionId: string,
  onView: (change: (view: SessionView) => SessionView) => void,
): () => void {
  const end = new AbortController();
  let lastEventId: string | null = null;

  async function readOnce(): Promise<void> {
    const silence = new AbortController();
    let timer = setTimeout(() => {
      silence.abort();
    }, silenceMs);
    try {
      const key = keptViewKey(sessionId);
      const response = await fetch(`/v1/sessions/${sessionId}/events`, {
        headers: {
          ...(key === null ? {} : { authorization: `Bearer ${key}` }),
          ...(lastEventId === null ? {} : { "last-event-id": lastEventId }),
        },
        cache: "no-store",
        signal: AbortSignal.any([end.signal, silence.signal]),
      });
      // The service does not know the key: whatever everybody sees is shown.
      if (response.status === unauthenticated) forgetViewKey(sessionId);
      if (!response.ok || response.body === null) return;
      onView((view) => ({ ...view, connection: "open" }));
      const read = createEventReader();
      const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
      for (let part = await reader.read(); !part.done; part = await reader.read()) {
        clearTimeout(timer);
        timer = setTimeout(() => {
          silence.abort();
        }, silenceMs);
        for (const { id, data } of read(part.value)) {
          if (id !== null) lastEventId = id;
          onView((view) => viewAfter(view, data));
        }
      }
    } finally {
      clearTimeout(timer);
    }
  }

  async function watch(): Promise<void> {
    while (!end.signal.aborted) {
      // Whatever ends the connection, it is opened again.
      await readOnce().catch(() => undefined);
      onView((view) => ({ ...view, connection: "lost" }));
      await new Promise((resolve) => setTimeout(resolve, reopenMs));
    }
  }

  void watch();
  return () => {
    end.abort();
  };
}

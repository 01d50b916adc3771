import { viewAfter, type SessionView } from "./session-view.ts";

/** The browser connects again by itself unless the answer was an error; then we do. */
const reopenMs = 2_000;

/** Watches a session until it is told to end. Lost connections come back, and go on where they were (Last-Event-ID). */
export function watchSession(
  sessionId: string,
  onView: (change: (view: SessionView) => SessionView) => void,
): () => void {
  let source: EventSource | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;

  function open(): void {
    source = new EventSource(`/v1/sessions/${sessionId}/events`);
    source.addEventListener("session", (event) => {
      const data: unknown = event.data;
      if (typeof data === "string") onView((view) => viewAfter(view, data));
    });
    source.addEventListener("open", () => {
      onView((view) => ({ ...view, connection: "open" }));
    });
    source.addEventListener("error", () => {
      onView((view) => ({ ...view, connection: "lost" }));
      if (source?.readyState !== EventSource.CLOSED) return;
      clearTimeout(timer);
      timer = setTimeout(open, reopenMs);
    });
  }

  open();
  return () => {
    clearTimeout(timer);
    source?.close();
  };
}

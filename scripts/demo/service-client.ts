import { z } from "zod";

/** What a demo asks the service, over HTTP like everybody else. */
export interface ServiceClient {
  /** The receipt, or null while the session is not settled and confirmed. */
  readReceipt(sessionId: string): Promise<unknown>;
  /** The state that the service sees the session in, or null where it knows no such session. */
  readState(sessionId: string): Promise<string | null>;
}

const answerTimeoutMs = 30_000;
const sessionAnswer = z.object({ session: z.object({ state: z.string() }) });

/** A client of the service at `url`. */
export function createServiceClient(url: string): ServiceClient {
  async function read(path: string): Promise<unknown> {
    const response = await fetch(new URL(path, url), { signal: AbortSignal.timeout(answerTimeoutMs) });
    if (response.status === 200) {
      return response.json();
    }
    const text = await response.text();
    if (response.status === 404 || response.status === 409) {
      return null;
    }
    throw new Error(`GET ${path} answered ${response.status}: ${text.slice(0, 200)}`);
  }

  return {
    readReceipt: (sessionId) => read(`/v1/receipts/${sessionId}`),
    async readState(sessionId) {
      const answer = await read(`/v1/sessions/${sessionId}`);

      return answer === null ? null : sessionAnswer.parse(answer).session.state;
    },
  };
}

import type { Request, Response } from "express";

import type { Store } from "../../store/store.ts";
import { toCatalogueError } from "../answer-error.ts";
import type { HttpDoor } from "../door.ts";
import { commandOf } from "./operators.ts";

/** Longer parts of an address are cut: they are whatever the caller wrote. */
const mostCharacters = 200;

/**
 * A door whose commands are in the record of actions also where they came to nothing, with the code that was answered. What was
 * done the door records itself, together with what it did; a door that said `describe` has it recorded when it is done.
 */
export function recordCommands(
  door: HttpDoor,
  { store, now }: { readonly store: Pick<Store, "recordAction">; readonly now: () => number },
): HttpDoor {
  async function record(request: Request, response: Response, error: unknown): Promise<void> {
    const command = commandOf(response);
    if (command === undefined || (error === null && command.description === null)) return;
    const { operator, action, description } = command;
    await store.recordAction({
      atMs: now(),
      keyId: operator.keyId,
      keyName: operator.name,
      action,
      subject: description?.subject ?? subjectOf(request, response),
      details: JSON.stringify(description?.details ?? shortened(request.params)),
      result: error === null ? "done" : toCatalogueError(error).code,
    });
  }

  return {
    ...door,
    async handler(request, response, next) {
      try {
        await door.handler(request, response, next);
      } catch (error) {
        await record(request, response, error);
        throw error;
      }
      await record(request, response, null);
    },
  };
}

/** What the address names: a station, a session, an offer; the address itself where it names nothing. */
function subjectOf({ params, path }: Request, { locals }: Response): string {
  const { stationId, offerId } = shortened(params);
  const sessionId: unknown = locals["sessionId"];
  return stationId ?? offerId ?? (typeof sessionId === "string" ? sessionId : path.slice(0, mostCharacters));
}

function shortened(params: Request["params"]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(params).map(([name, value]) => [name, String(value).slice(0, mostCharacters)]),
  );
}

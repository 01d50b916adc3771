import { readFileSync } from "node:fs";

import { UsageError } from "../../command-line/usage.ts";

/**
 * Names under which stations are told a secret: `AuthorizationKey` of 1.6, `BasicAuthPassword` and the passwords and keys of
 * networks of 2.x, and what makers call theirs.
 */
const secretNames =
  /authorization_?key|password|passphrase|secret|private_?key|api_?key|credential|"key"\s*:\s*"[0-9a-f]{32,}"/iu;
const standardInput = 0;

/**
 * What a command sends, as JSON text: from the argument, from a file, or with `-` from standard input. Whoever is logged in
 * to the machine sees the arguments of every process, so a secret among them is refused.
 * @throws UsageError, never with the payload in it
 */
export function readPayload(argument: string | undefined, file: string | undefined): string {
  if (argument !== undefined && file !== undefined) {
    throw new UsageError("Give the payload once: as an argument, with --payload-file, or with - on standard input");
  }
  if (file !== undefined) return read(file, file);
  if (argument === "-") return read(standardInput, "standard input");
  if (argument !== undefined && secretNames.test(argument)) {
    throw new UsageError(
      "A key or password in an argument can be seen by everybody on this machine. Pass the payload with --payload-file <file>, or - and standard input",
    );
  }
  return argument ?? "{}";
}

function read(source: string | number, name: string): string {
  try {
    return readFileSync(source, "utf8");
  } catch (error) {
    throw new UsageError(`${name} cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
}

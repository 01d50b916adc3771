import { redactAddresses } from "../../services/observability/redact-addresses.ts";

/** Where a command writes. With `--json` stdout carries JSON only, and everything else goes to stderr. */
export interface Output {
  readonly isJson: boolean;
  /** For people: progress and explanation. */
  line(text?: string): void;
  /**
   * For people, on stderr in any case: what went wrong, and what the command does by itself. Keys within addresses are left
   * out, because terminals and logs of jobs are seen by others.
   */
  remark(text: string): void;
  /** For programs: one JSON document on one line; written only with `--json`. */
  json(value: unknown): void;
  /** JSON that is the command's result with and without `--json`. */
  always(value: unknown): void;
}

/** Where text goes in the end. */
export interface Streams {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
}

/** This process's own streams. */
export const processStreams: Streams = {
  out: (text) => {
    process.stdout.write(text);
  },
  err: (text) => {
    process.stderr.write(text);
  },
};

export function createOutput(isJson: boolean, streams: Streams = processStreams): Output {
  return {
    isJson,
    line(text = "") {
      (isJson ? streams.err : streams.out)(`${text}\n`);
    },
    remark(text) {
      streams.err(`${redactAddresses(text)}\n`);
    },
    json(value) {
      if (isJson) streams.out(`${toJson(value)}\n`);
    },
    always(value) {
      streams.out(`${toJson(value)}\n`);
    },
  };
}

/** JSON in which large integers are decimal strings. */
export function toJson(value: unknown): string {
  return JSON.stringify(value, (_key, item: unknown) => (typeof item === "bigint" ? item.toString() : item));
}

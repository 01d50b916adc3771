import { openAsBlob, readFileSync, statSync } from "node:fs";

import { z } from "zod";

import { errorCatalogue, WattproofError, type ErrorCode } from "../../services/errors.ts";
import { profilePathOf, readProfile } from "./profile.ts";
import type { OptionSpec } from "./verb.ts";

/** The service answers at once; what lasts is behind it. */
const answerTimeoutMs = 30_000;
/** Longer than the service waits for a charging station by default, and for the commands before it. */
export const stationAnswerTimeoutMs = 600_000;
/** A dossier of eight gibibytes at twenty megabits a second. */
const uploadTimeoutMs = 3_600_000;
/** Bits of a file's mode by which its group or everybody may read or write it. */
const othersMayRead = 0o066;
const errorAnswer = z.object({ error: z.object({ code: z.string(), detail: z.string() }) });

export const serviceOption: OptionSpec = {
  flags: "--service <url>",
  description: "the service; default: WATTPROOF_SERVICE_URL, or that of the operator's profile",
};
export const serviceInput = z.url("must be the service's address").optional();

/** Asks the operator's service. */
export interface ServiceClient {
  readonly url: string;
  /** @throws SERVICE_UNREACHABLE, or what the service answers */
  get<Answer>(path: string, schema: z.ZodType<Answer>): Promise<Answer>;
  /** By the operator's key, WATTPROOF_OPERATOR_KEY or in the file that WATTPROOF_OPERATOR_KEY_FILE names. @throws KEY_UNAVAILABLE, SERVICE_UNREACHABLE, or what it answers */
  getAsOperator<Answer>(path: string, schema: z.ZodType<Answer>): Promise<Answer>;
  /** By a key of somebody else, such as the key that a driver has to a session. */
  getWithKey<Answer>(path: string, schema: z.ZodType<Answer>, key: string): Promise<Answer>;
  /**
   * As the operator, with something to do.
   * @param body What is sent as JSON, or JSON text that is sent as it is; by default nothing.
   */
  post<Answer>(path: string, schema: z.ZodType<Answer>, body?: object | string, timeoutMs?: number): Promise<Answer>;
  /**
   * As the operator, for an answer that is long and comes piece by piece.
   * @throws DOSSIER_INCOMPLETE where it ends too early; and as the others do
   */
  download(path: string, body: object): Promise<AsyncIterable<Uint8Array>>;
  /** As the operator, a file piece by piece. */
  upload<Answer>(path: string, schema: z.ZodType<Answer>, file: string): Promise<Answer>;
  /** Without a key: what is sent is signed by whoever wants it. */
  postPublicly<Answer>(path: string, schema: z.ZodType<Answer>, body: object): Promise<Answer>;
}

/**
 * @param deploymentPath Beside which the operator's profile is; `null`: as WATTPROOF_DEPLOYMENT says.
 * @throws USAGE_INVALID if nothing says where the service is
 */
export function openService(
  given: string | undefined,
  deploymentPath: string | null,
  environment: NodeJS.ProcessEnv,
): ServiceClient {
  const url = serviceUrlOf(given, deploymentPath, environment);
  if (url === undefined) throw new WattproofError("USAGE_INVALID", "Say where the service is: --service <url>.");

  async function ask<Answer>(
    path: string,
    schema: z.ZodType<Answer>,
    request: RequestInit,
    timeoutMs = answerTimeoutMs,
  ): Promise<Answer> {
    const answer = await fetch(`${url ?? ""}${path}`, { ...request, signal: AbortSignal.timeout(timeoutMs) })
      .then(async (response) => ({ isGood: response.ok, body: await response.json() }))
      .catch((error: unknown) => {
        throw new WattproofError("SERVICE_UNREACHABLE", `${url ?? ""}${path} gave no answer.`, { cause: error });
      });
    if (!answer.isGood) throw toCatalogueError(answer.body, path);
    const parsed = schema.safeParse(answer.body);
    if (!parsed.success) {
      throw new WattproofError("SERVICE_UNREACHABLE", `The answer to ${path} cannot be read.`, { cause: parsed.error });
    }
    return parsed.data;
  }

  return {
    url,
    get: (path, schema) => ask(path, schema, {}),
    getAsOperator: async (path, schema) => ask(path, schema, { headers: operatorHeaders(environment) }),
    getWithKey: (path, schema, key) => ask(path, schema, { headers: { authorization: `Bearer ${key}` } }),
    async post(path, schema, body, timeoutMs) {
      const headers = operatorHeaders(environment);
      return ask(path, schema, body === undefined ? { method: "POST", headers } : postOf(body, headers), timeoutMs);
    },
    download: (path, body) => download(`${url}${path}`, path, postOf(body, operatorHeaders(environment))),
    async upload(path, schema, file) {
      const headers = { ...operatorHeaders(environment), "content-type": "application/json" };
      const body = await openAsBlob(file).catch((cause: unknown) => {
        throw new WattproofError("INPUT_UNREADABLE", file, { cause });
      });
      return ask(path, schema, { method: "PUT", headers, body }, uploadTimeoutMs);
    },
    postPublicly: (path, schema, body) => ask(path, schema, postOf(body, {})),
  };
}

async function download(url: string, path: string, request: RequestInit): Promise<AsyncIterable<Uint8Array>> {
  const response = await fetch(url, request).catch((error: unknown) => {
    throw new WattproofError("SERVICE_UNREACHABLE", `${url} gave no answer.`, { cause: error });
  });
  if (!response.ok || response.body === null) {
    throw toCatalogueError(await response.json().catch(() => null), path);
  }
  return piecesOf(response.body);
}

async function* piecesOf(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield* body;
  } catch (cause) {
    throw new WattproofError("DOSSIER_INCOMPLETE", "The connection ended before the answer did.", { cause });
  }
}

function postOf(body: object | string, headers: Readonly<Record<string, string>>): RequestInit {
  return {
    method: "POST",
    headers: { ...headers, "content-type": "application/json" },
    body: typeof body === "string" ? body : JSON.stringify(body),
  };
}

/** The service if anything says where it is, else `null`. */
export function openServiceIfNamed(...place: Parameters<typeof openService>): ServiceClient | null {
  return isServiceNamed(...place) ? openService(...place) : null;
}

/** Whether anything says where the service is: an option, the environment, the operator's profile. */
export function isServiceNamed(...place: Parameters<typeof openService>): boolean {
  return serviceUrlOf(...place) !== undefined;
}

function serviceUrlOf(...[given, deploymentPath, environment]: Parameters<typeof openService>): string | undefined {
  const place = deploymentPath ?? environment["WATTPROOF_DEPLOYMENT"];
  const hasProfile = place !== undefined || environment["WATTPROOF_OPERATOR_PROFILE"] !== undefined;
  const profile = hasProfile ? readProfile(profilePathOf(place ?? "", environment)) : undefined;
  return (given ?? environment["WATTPROOF_SERVICE_URL"] ?? profile?.serviceUrl)?.replace(/\/+$/u, "");
}

/** @throws KEY_UNAVAILABLE */
function operatorHeaders(environment: NodeJS.ProcessEnv): { readonly authorization: string } {
  const path = environment["WATTPROOF_OPERATOR_KEY_FILE"];
  const key = environment["WATTPROOF_OPERATOR_KEY"] ?? (path === undefined ? undefined : readKeyFile(path));
  if (key === undefined) {
    throw new WattproofError(
      "KEY_UNAVAILABLE",
      "The service asks for the operator's key: WATTPROOF_OPERATOR_KEY, or WATTPROOF_OPERATOR_KEY_FILE.",
    );
  }
  return { authorization: `Bearer ${key}` };
}

function readKeyFile(path: string): string {
  const unavailable = (why: string, cause?: unknown): WattproofError =>
    new WattproofError("KEY_UNAVAILABLE", `WATTPROOF_OPERATOR_KEY_FILE ${why}.`, { cause });
  let mode: number;
  let key: string;
  try {
    ({ mode } = statSync(path));
    key = readFileSync(path, "utf8").trim();
  } catch (error) {
    throw unavailable("cannot be read", error);
  }
  // Whoever can read the key can act in its name. Windows has no such bits.
  if (process.platform !== "win32" && (mode & othersMayRead) !== 0) {
    throw unavailable("may be read by others of this machine: chmod 600 it, and replace the key if they might have");
  }
  if (!/^[A-Za-z0-9_-]{32,128}$/.test(key)) throw unavailable("does not hold a key");
  return key;
}

function toCatalogueError(body: unknown, path: string): WattproofError {
  const error = errorAnswer.safeParse(body).data?.error;
  if (error === undefined || !isCode(error.code)) {
    return new WattproofError("SERVICE_UNREACHABLE", `The answer to ${path} cannot be read.`);
  }
  return new WattproofError(error.code, error.detail);
}

function isCode(text: string): text is ErrorCode {
  return text in errorCatalogue;
}

import { z } from "zod";

/** The service does not accept the key. */
export class KeyRefusedError extends Error {
  override readonly name = "KeyRefusedError";
}

/** The service does not answer, or nothing that can be read. */
export class UnreachableError extends Error {
  override readonly name = "UnreachableError";
}

/** The service says no, with a code of its catalogue. */
export class RefusalError extends Error {
  override readonly name = "RefusalError";
  readonly code: string;

  constructor(code: string) {
    super(code);
    this.code = code;
  }
}

const answerTimeoutMs = 10_000;
/** A charger that is called has half a minute for its answer. */
const commandTimeoutMs = 90_000;
const refusalSchema = z.object({ error: z.object({ code: z.string() }) });

/** Asks one of the operator's questions. The key goes into a header, so that no address, history or log has it. */
export async function askOperator<Value>(
  address: string,
  key: string,
  schema: z.ZodType<Value>,
  signal: AbortSignal,
): Promise<Value> {
  return exchange(address, key, schema, { signal: AbortSignal.any([signal, AbortSignal.timeout(answerTimeoutMs)]) });
}

/**
 * Commands something once; it is not repeated by itself.
 * @throws KeyRefusedError, RefusalError, and UnreachableError where nobody knows whether it was done
 */
export async function commandOperator<Value>(
  address: string,
  key: string,
  schema: z.ZodType<Value>,
  body?: Readonly<Record<string, unknown>>,
): Promise<Value> {
  return exchange(address, key, schema, {
    method: "POST",
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(commandTimeoutMs),
  });
}

async function exchange<Value>(
  address: string,
  key: string,
  schema: z.ZodType<Value>,
  request: RequestInit,
): Promise<Value> {
  let response: Response;
  let content: unknown;
  try {
    response = await fetch(address, { ...request, headers: { authorization: `Bearer ${key}` } });
    content = await response.json();
  } catch (cause) {
    throw new UnreachableError(`${address} does not answer.`, { cause });
  }
  if (response.status === 401) throw new KeyRefusedError("The key is refused.");
  if (!response.ok)
    throw new RefusalError(refusalSchema.safeParse(content).data?.error.code ?? String(response.status));
  const parsed = schema.safeParse(content);
  if (!parsed.success) throw new UnreachableError(`${address} cannot be read.`, { cause: parsed.error });
  return parsed.data;
}

import { readFileSync } from "node:fs";
import type { ConnectionOptions } from "node:tls";

import type { ClientConfig } from "pg";

import { WattproofError } from "../../errors.ts";

/** Where a ledger in PostgreSQL is. */
export interface PostgresTarget {
  /** Tried in this order until one answers and is as wanted. */
  readonly hosts: readonly { readonly host: string; readonly port: number }[];
  readonly database: string;
  readonly user: string;
  readonly password: string | null;
  /** Connections to a standby are refused: what is written there would not be kept. */
  readonly isReadWriteOnly: boolean;
  /** `false`: in the clear. */
  readonly tls: ConnectionOptions | false;
}

const defaultPort = 5_432;
const form = /^postgres(?:ql)?:\/\/(?:([^:@/]*)(?::([^@/]*))?@)?([^/?]+)\/([^?]+)(?:\?(.*))?$/;
const sslModes = ["disable", "require", "verify-full"] as const;
const known = new Set(["target_session_attrs", "sslmode", "sslrootcert"]);

/** Whether a store is named by an address of PostgreSQL instead of a folder. */
export function isPostgresAddress(text: string): boolean {
  return /^postgres(?:ql)?:\/\//.test(text);
}

/**
 * Reads `postgres://user:password@host:port,host:port/database?target_session_attrs=read-write&sslmode=verify-full`, as
 * libpq has it. Without `sslmode` the server's certificate is verified, except where every host is this machine.
 * @param password Counts before that of the address.
 * @throws CONFIGURATION_INVALID, without the password
 */
export function readPostgresTarget(address: string, password: string | null = null): PostgresTarget {
  const [, user = "", own = "", hostList = "", database = "", query = ""] = form.exec(address) ?? refuse();
  const parameters = new URLSearchParams(query);
  for (const name of parameters.keys()) if (!known.has(name)) refuse(`it has an unknown parameter ${name}`);
  const hosts = hostList.split(",").map(hostOf);
  const session = parameters.get("target_session_attrs") ?? "read-write";
  if (session !== "read-write" && session !== "any") refuse("target_session_attrs is read-write or any");
  return {
    hosts,
    database: decodeURIComponent(database),
    user: user === "" ? "postgres" : decodeURIComponent(user),
    password: password ?? (own === "" ? null : decodeURIComponent(own)),
    isReadWriteOnly: session === "read-write",
    tls: tlsOf(
      parameters,
      hosts.every(({ host }) => isThisMachine(host)),
    ),
  };
}

/** The password that a file holds, without the end of its line. @throws CONFIGURATION_INVALID */
export function readPasswordFile(path: string): string {
  try {
    return readFileSync(path, "utf8").replace(/\r?\n$/, "");
  } catch (error) {
    throw new WattproofError("CONFIGURATION_INVALID", `The file ${path} cannot be read.`, { cause: error });
  }
}

/** How the driver is told of one of the hosts. */
export function clientConfigOf(target: PostgresTarget, { host, port }: PostgresTarget["hosts"][number]): ClientConfig {
  const { database, user, password, tls } = target;
  // A name that is verified is sent, too: several servers may stand behind one address.
  const ssl = tls === false || tls.rejectUnauthorized === false ? tls : { ...tls, servername: host };
  return { host, port, database, user, ...(password === null ? {} : { password }), ssl };
}

function hostOf(text: string): PostgresTarget["hosts"][number] {
  const match = /^(\[[0-9a-fA-F:]+\]|[^:[\]]+)(?::([0-9]{1,5}))?$/.exec(text) ?? refuse(`${text} is no host`);
  const [, name = "", port] = match;
  return {
    host: decodeURIComponent(name.replace(/^\[|\]$/g, "")),
    port: port === undefined ? defaultPort : Number(port),
  };
}

function isThisMachine(host: string): boolean {
  return host.startsWith("/") || host === "localhost" || host === "::1" || host.startsWith("127.");
}

function tlsOf(parameters: URLSearchParams, isLocal: boolean): ConnectionOptions | false {
  const mode = parameters.get("sslmode") ?? (isLocal ? "disable" : "verify-full");
  if (!sslModes.some((known) => known === mode)) refuse(`sslmode is one of ${sslModes.join(", ")}`);
  if (mode === "disable") return false;
  if (mode === "require") return { rejectUnauthorized: false };
  const path = parameters.get("sslrootcert");
  if (path === null) return { rejectUnauthorized: true };
  try {
    return { rejectUnauthorized: true, ca: readFileSync(path, "utf8") };
  } catch (error) {
    throw new WattproofError("CONFIGURATION_INVALID", `The file ${path} of sslrootcert cannot be read.`, {
      cause: error,
    });
  }
}

function refuse(reason = "its form is postgres://user:password@host:port,host:port/database"): never {
  throw new WattproofError("CONFIGURATION_INVALID", `The address of PostgreSQL cannot be used: ${reason}.`);
}

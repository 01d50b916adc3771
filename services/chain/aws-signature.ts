import { createHash, createHmac } from "node:crypto";

/** An access key of AWS. */
export interface AwsCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Of a role that is taken for a time. */
  readonly sessionToken: string | null;
}

/** A request before it is signed. */
export interface AwsRequest {
  readonly method: string;
  readonly url: string;
  /** Signed as well, beside host and time; names in small letters. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly region: string;
  /** The service's name within the signature, such as `kms`. */
  readonly service: string;
  readonly atMs: number;
}

const algorithm = "AWS4-HMAC-SHA256";

/** The headers that sign a request by Signature Version 4 of AWS: time, session token and authorization. */
export function signAwsRequest(
  { method, url, headers, body, region, service, atMs }: AwsRequest,
  { accessKeyId, secretAccessKey, sessionToken }: AwsCredentials,
): Readonly<Record<string, string>> {
  const time = new Date(atMs).toISOString().replaceAll(/[-:]|\.\d{3}/gu, "");
  const day = time.slice(0, 8);
  const { host, pathname, searchParams } = new URL(url);
  const own = { "x-amz-date": time, ...(sessionToken === null ? {} : { "x-amz-security-token": sessionToken }) };
  const signed = Object.entries({ host, ...headers, ...own }).toSorted(([a], [b]) => (a < b ? -1 : 1));
  const names = signed.map(([name]) => name).join(";");
  searchParams.sort();
  const canonical = [
    ...[method, pathname, searchParams.toString()],
    ...signed.map(([name, value]) => `${name}:${value.trim()}`),
    ...["", names, sha256(body)],
  ].join("\n");
  const scope = `${day}/${region}/${service}/aws4_request`;
  const text = [algorithm, time, scope, sha256(canonical)].join("\n");
  const key = [day, region, service, "aws4_request"].reduce<Buffer>(hmac, Buffer.from(`AWS4${secretAccessKey}`));
  const signature = hmac(key, text).toString("hex");
  return {
    ...own,
    authorization: `${algorithm} Credential=${accessKeyId}/${scope}, SignedHeaders=${names}, Signature=${signature}`,
  };
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

function hmac(key: Buffer, text: string): Buffer {
  return createHmac("sha256", key).update(text).digest();
}

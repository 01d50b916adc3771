import { normalizeAddress } from "./ip-address.ts";

/** What stands before the first byte of the client: its address, or `null` where the proxy speaks for itself. */
export type ProxyHeader =
  | { readonly kind: "incomplete" }
  | { readonly kind: "invalid" }
  | { readonly kind: "read"; readonly lengthBytes: number; readonly address: string | null };

/** The longest line of version 1, its end included, by the specification. */
const longestLineBytes = 107;
const signature = Buffer.from([0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a]);
const fixedBytes = 16;
/** Addresses and some extensions; the specification has proxies send no more than this. */
const longestBlockBytes = 536;
const lineStart = Buffer.from("PROXY ");
const invalid: ProxyHeader = { kind: "invalid" };
const incomplete: ProxyHeader = { kind: "incomplete" };

/** Reads the header of the PROXY protocol, version 1 or 2, at the begin of what a proxy sent. */
export function readProxyHeader(bytes: Buffer): ProxyHeader {
  if (startsAlike(bytes, signature)) return bytes.length < fixedBytes ? incomplete : readBinary(bytes);
  if (startsAlike(bytes, lineStart)) return readLine(bytes);
  return invalid;
}

function startsAlike(bytes: Buffer, start: Buffer): boolean {
  const length = Math.min(bytes.length, start.length);
  return bytes.subarray(0, length).equals(start.subarray(0, length));
}

function readLine(bytes: Buffer): ProxyHeader {
  const end = bytes.subarray(0, longestLineBytes).indexOf("\r\n");
  if (end === -1) return bytes.length >= longestLineBytes ? invalid : incomplete;
  const line = bytes.toString("latin1", 0, end);
  const lengthBytes = end + 2;
  if (/^PROXY UNKNOWN(?: |$)/.test(line)) return { kind: "read", lengthBytes, address: null };
  const [, family, source = ""] = /^PROXY TCP([46]) (\S+) \S+ [0-9]{1,5} [0-9]{1,5}$/.exec(line) ?? [];
  const address = source.includes(":") === (family === "6") ? normalizeAddress(source) : null;
  return address === null ? invalid : { kind: "read", lengthBytes, address };
}

function readBinary(bytes: Buffer): ProxyHeader {
  const [versionAndCommand = 0, familyAndTransport = 0] = bytes.subarray(signature.length);
  const blockBytes = bytes.readUInt16BE(14);
  const lengthBytes = fixedBytes + blockBytes;
  if (versionAndCommand >> 4 !== 2 || blockBytes > longestBlockBytes) return invalid;
  if (bytes.length < lengthBytes) return incomplete;
  const command = versionAndCommand & 15;
  const block = bytes.subarray(fixedBytes, lengthBytes);
  // LOCAL: the proxy looks whether we live.
  if (command === 0) return { kind: "read", lengthBytes, address: null };
  if (command !== 1) return invalid;
  if (familyAndTransport === 0x11 && block.length >= 12) {
    return { kind: "read", lengthBytes, address: [...block.subarray(0, 4)].join(".") };
  }
  if (familyAndTransport === 0x21 && block.length >= 36) {
    const groups = Array.from({ length: 8 }, (_, index) => block.readUInt16BE(index * 2).toString(16));
    const address = normalizeAddress(groups.join(":"));
    return address === null ? invalid : { kind: "read", lengthBytes, address };
  }
  return invalid;
}

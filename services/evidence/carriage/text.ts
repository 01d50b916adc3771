/**
 * The text of bytes: UTF-8, UTF-16 with its byte-order mark, or Windows-1252 where an XML document declares it or its subset.
 * `null`: the bytes are no text.
 */
export function decodeText(bytes: Uint8Array): string | null {
  try {
    return decoders[encodingOf(bytes)].decode(bytes);
  } catch {
    // Bytes that do not fit their encoding are no text.
    return null;
  }
}

const decoders = {
  "utf-8": new TextDecoder("utf-8", { fatal: true }),
  "utf-16le": new TextDecoder("utf-16le", { fatal: true }),
  "utf-16be": new TextDecoder("utf-16be", { fatal: true }),
  "windows-1252": new TextDecoder("windows-1252", { fatal: true }),
};
const lessThan = 0x3c;

function encodingOf(bytes: Uint8Array): keyof typeof decoders {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return "utf-16le";
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return "utf-16be";
  if (bytes.subarray(0, 8).indexOf(lessThan) < 0) return "utf-8";
  const prolog = decoders["windows-1252"].decode(bytes.subarray(0, 128));
  return /^\s*<\?xml[^>]*encoding\s*=\s*["'](?:iso-8859-1|latin1|windows-1252)["']/iu.test(prolog)
    ? "windows-1252"
    : "utf-8";
}

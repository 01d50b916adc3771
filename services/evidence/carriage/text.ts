/**
 * The text of bytes: UTF-8, UTF-16 with its byte-order mark, or Windows-1252 where an XML document declares it or its subset.
 * `null`: the bytes are no text.
 */
export function decodeText(bytes: Uint8Array): string | null {
  const encoding = encodingOf(bytes);
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch {
    // Bytes that do not fit their encoding are no text.
    return null;
  }
}

function encodingOf(bytes: Uint8Array): string {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return "utf-16le";
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return "utf-16be";
  const prolog = String.fromCharCode(...bytes.subarray(0, 128));
  return /^\s*<\?xml[^>]*encoding\s*=\s*["'](?:iso-8859-1|latin1|windows-1252)["']/iu.test(prolog)
    ? "windows-1252"
    : "utf-8";
}

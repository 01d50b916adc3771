import { createFormatRegistry, type FormatRegistry } from "./format.ts";
import { nodeCryptography } from "./ocmf/node-cryptography.ts";
import { createOcmfFormat } from "./ocmf/ocmf-format.ts";
import { createOcmfVerifier } from "./ocmf/verifier.ts";
import { createValueFormat } from "./values/value-format.ts";

/** The formats that the service takes, with the cryptography of its own process. */
export function createSupportedFormats(): FormatRegistry {
  const ocmf = createOcmfFormat(createOcmfVerifier({ cryptography: nodeCryptography }));
  return createFormatRegistry(ocmf, [createValueFormat(nodeCryptography)]);
}

import type { z } from "zod";

import { section } from "./section.ts";
import { httpUrl, integer, optional, parsed, secret, setting, text } from "./setting.ts";

/** Where a key signs that is not in this process: a plain signer, or a key of AWS KMS. */
export type SignerPlace =
  { readonly kind: "http"; readonly url: string } | { readonly kind: "kms"; readonly keyId: string };

/** `https://…`, or `kms:` and the key's id, alias or ARN. */
export const signerPlace = parsed(
  (given): SignerPlace | null => {
    const keyId = /^kms:(?<keyId>[A-Za-z0-9:/_-]{1,256})$/u.exec(given)?.groups?.["keyId"];
    if (keyId !== undefined) return { kind: "kms", keyId };
    return httpUrl.schema.safeParse(given).success ? { kind: "http", url: given } : null;
  },
  "URL, or kms: and a key",
  "a URL that begins with http:// or https://, or kms: and the key's id, alias or ARN",
);

/** How signers elsewhere are asked ([signers](how-to/keys-elsewhere.md)). */
export const signerSection = section(
  "Keys elsewhere",
  {
    token: optional("SIGNER_TOKEN", secret, "Token that plain signers get as `Authorization: Bearer`."),
    timeoutMs: setting("SIGNER_TIMEOUT_MS", integer(100, 60_000, "ms"), 5_000, "Longest wait for a signature (ms)."),
    kmsRegion: optional("KMS_REGION", text("region", 1, 64), "Region of the keys of AWS KMS, such as eu-central-1."),
    kmsUrl: optional("KMS_URL", httpUrl, "Another endpoint of AWS KMS. By default that of the region."),
    kmsAccessKeyId: optional("KMS_ACCESS_KEY_ID", text("access key", 1, 128), "Access key that may call `kms:Sign`."),
    kmsSecretAccessKey: optional("KMS_SECRET_ACCESS_KEY", secret, "Secret of the access key."),
    kmsSessionToken: optional("KMS_SESSION_TOKEN", secret, "Session token, where the access key is of a role."),
  },
  ({ token, timeoutMs, kmsRegion, kmsUrl, kmsAccessKeyId, kmsSecretAccessKey, kmsSessionToken }, complain) => {
    if (kmsRegion === null && kmsAccessKeyId === null && kmsSecretAccessKey === null) {
      return { token, timeoutMs, kms: null };
    }
    if (kmsRegion === null || kmsAccessKeyId === null || kmsSecretAccessKey === null) {
      return complain("KMS_REGION", "belongs to KMS_ACCESS_KEY_ID and KMS_SECRET_ACCESS_KEY, and they to it");
    }
    const credentials = {
      accessKeyId: kmsAccessKeyId,
      secretAccessKey: kmsSecretAccessKey,
      sessionToken: kmsSessionToken,
    };
    const url = kmsUrl ?? `https://kms.${kmsRegion}.amazonaws.com/`;
    return { token, timeoutMs, kms: { url, region: kmsRegion, credentials } };
  },
);

/** How signers elsewhere are asked. `kms: null`: there is none of AWS KMS. */
export type SignerConfig = z.output<typeof signerSection.schema>;

import type { PageConfiguration } from "../../configuration.ts";

/** The one address under which this service's passkeys work; `null` where the service brings nothing for them. */
export function passkeyOriginOf({ passkeys }: PageConfiguration): string | null {
  if (passkeys === null) return null;
  return passkeys.origin ?? `http://localhost:${location.port}`;
}

/** Whether this page can use passkeys: open under that address, in a browser that has them. */
export function canUsePasskeys(configuration: PageConfiguration): boolean {
  return passkeyOriginOf(configuration) === location.origin && "PublicKeyCredential" in window;
}

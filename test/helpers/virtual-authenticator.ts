import type { Page } from "playwright-core";

/** Chromium's own authenticator for tests (WebAuthn in the DevTools protocol). */
export interface VirtualAuthenticator {
  /** From now on it verifies its user, as by a finger, or finds somebody else. */
  verifyUser(isVerified: boolean): Promise<void>;
  countPasskeys(): Promise<number>;
}

/** Gives a page a device that makes passkeys. */
export async function addVirtualAuthenticator(page: Page): Promise<VirtualAuthenticator> {
  const session = await page.context().newCDPSession(page);
  await session.send("WebAuthn.enable");
  const { authenticatorId } = await session.send("WebAuthn.addVirtualAuthenticator", {
    options: {
      protocol: "ctap2",
      transport: "internal",
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  });
  return {
    verifyUser: async (isUserVerified) => {
      await session.send("WebAuthn.setUserVerified", { authenticatorId, isUserVerified });
    },
    countPasskeys: async () => (await session.send("WebAuthn.getCredentials", { authenticatorId })).credentials.length,
  };
}

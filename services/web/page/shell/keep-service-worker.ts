const workerPath = "/service-worker.js";

/**
 * Keeps the page's shell in the browser, so that it opens with the service stopped. The content security policy lets no
 * text become a script's address but by a policy of this name, and this one knows one address.
 */
export function keepServiceWorker(): void {
  if (!("serviceWorker" in navigator)) return;
  // Without it (a private window, no https) the page works while the service does.
  navigator.serviceWorker.register(workerUrl()).catch(() => undefined);
}

function workerUrl(): string {
  if (!("trustedTypes" in window) || !isPolicyFactory(window.trustedTypes)) return workerPath;
  return window.trustedTypes
    .createPolicy("wattproof-worker", { createScriptURL: () => workerPath })
    .createScriptURL("");
}

/** What is needed of Trusted Types; the typed address is a text to those who do not know it. */
interface PolicyFactory {
  createPolicy(
    name: string,
    rules: { readonly createScriptURL: () => string },
  ): { createScriptURL(input: string): string };
}

function isPolicyFactory(value: unknown): value is PolicyFactory {
  return typeof value === "object" && value !== null && "createPolicy" in value;
}

declare const self: ServiceWorkerGlobalScope;

// The build puts the list of files here.
const shellFiles: readonly string[] = Array.from("__SHELL_FILES__");
const cacheName = `wattproof-shell-${digestOf(shellFiles.join(" "))}`;
/** Where the page itself and what it has to know about the deployment are. */
const pagePath = "/";
const configurationPath = "/configuration.json";
/** What an installed page needs beside its shell. */
const installFiles = ["/manifest.webmanifest", "/icons/192.png", "/icons/512.png"];
const networkTimeoutMs = 3_000;

self.addEventListener("install", (event) => {
  event.waitUntil(keepShell());
});

self.addEventListener("activate", (event) => {
  event.waitUntil(forgetOldShells());
});

self.addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  if (event.request.method !== "GET" || url.origin !== self.location.origin) return;
  if (url.pathname === pagePath || url.pathname === configurationPath) {
    event.respondWith(networkFirst(url.pathname));
  } else if (shellFiles.includes(url.pathname) || installFiles.includes(url.pathname)) {
    event.respondWith(cacheFirst(event.request));
  }
});

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(showPage());
});

/** Brings the page that is open to the front, or opens it. */
async function showPage(): Promise<void> {
  const [open] = await self.clients.matchAll({ type: "window" });
  if (open === undefined) await self.clients.openWindow(pagePath);
  else await open.focus();
}

async function keepShell(): Promise<void> {
  const cache = await caches.open(cacheName);
  await cache.addAll([pagePath, configurationPath, ...installFiles, ...shellFiles]);
  await self.skipWaiting();
}

async function forgetOldShells(): Promise<void> {
  for (const name of await caches.keys()) {
    if (name.startsWith("wattproof-shell-") && name !== cacheName) await caches.delete(name);
  }
  await self.clients.claim();
}

/** What the service says now, or, where it does not answer, what it said last. */
async function networkFirst(path: string): Promise<Response> {
  const cache = await caches.open(cacheName);
  try {
    const response = await fetch(path, { cache: "no-cache", signal: AbortSignal.timeout(networkTimeoutMs) });
    if (!response.ok) throw new Error(`${response.status}`);
    await cache.put(path, response.clone());
    return response;
  } catch {
    return (await cache.match(path)) ?? Response.error();
  }
}

async function cacheFirst(request: Request): Promise<Response> {
  const cache = await caches.open(cacheName);
  return (await cache.match(request)) ?? fetch(request);
}

/** Enough to tell one list of hashed names from another (FNV-1a, 32 bits). */
function digestOf(text: string): string {
  let digest = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) {
    digest = Math.imul(digest ^ text.charCodeAt(index), 0x01000193) >>> 0;
  }
  return digest.toString(16);
}

export {};

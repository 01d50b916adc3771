import type { Express, Request, Response } from "express";

import { WattproofError } from "../../errors.ts";
import type { PageSettings } from "./page-configuration.ts";
import { readPageFiles, type PageFile } from "./page-files.ts";

/** What the page may load and whom it may ask. */
export interface PagePolicy {
  /** Origins besides its own that the page may ask; none but on the local chain of a demo. */
  readonly connectOrigins: readonly string[];
  /** Whether there is an operator's page: only where there is a key for it. */
  readonly hasOperatorPage: boolean;
}

/** The operator's page; its address without the slash leads to it. */
export const operatorPagePath = "/operator/";

/**
 * Everything comes from the page's own origin. Pictures of wallets are `data:`, because EIP-6963 hands them over so; a
 * picture runs no script. Frames are forbidden, so that nobody can lay a page over it and have the driver sign.
 */
export function contentSecurityPolicyOf({ connectOrigins }: Pick<PagePolicy, "connectOrigins">): string {
  return [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",
    `connect-src ${["'self'", ...connectOrigins].join(" ")}`,
    "worker-src 'self'",
    "manifest-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types wattproof-worker",
  ].join("; ");
}

/** Serves the built pages, the operator's only where there is a key for it. */
export function createPageFiles(settings: PageSettings, hasOperatorPage: boolean): (application: Express) => void {
  const files = readPageFiles();
  const { developmentWallet } = settings;
  const connectOrigins = developmentWallet === null ? [] : [new URL(developmentWallet.rpcUrl).origin];
  return (application) => {
    servePage(application, files, { connectOrigins, hasOperatorPage });
  };
}

/** Serves the built pages. Without them, their addresses say that they have to be built. */
export function servePage(application: Express, files: ReadonlyMap<string, PageFile>, policy: PagePolicy): void {
  const contentSecurityPolicy = contentSecurityPolicyOf(policy);
  // The operator's page asks the service alone, also where the driver's has a wallet on another port.
  const operatorPolicy = contentSecurityPolicyOf({ connectOrigins: [] });
  application.use((request, response, next) => {
    const isOperatorPage = request.path === operatorPagePath || `${request.path}/` === operatorPagePath;
    if (isOperatorPage && !policy.hasOperatorPage) {
      throw new WattproofError(
        "ROUTE_UNKNOWN",
        "There is no operator's page without a key of the operator: WATTPROOF_OPERATOR_KEY.",
      );
    }
    if (isOperatorPage && request.path !== operatorPagePath && files.has(operatorPagePath)) {
      response.redirect(308, operatorPagePath);
      return;
    }
    const file = files.get(request.path);
    if (file === undefined) {
      if ((request.path === "/" || isOperatorPage) && files.size === 0) {
        throw new WattproofError("PAGE_NOT_BUILT", "Run npm run build:web and start again.");
      }
      next();
      return;
    }
    response.locals["route"] = file.isImmutable ? "/assets" : request.path;
    if (request.method !== "GET" && request.method !== "HEAD") {
      response.set("allow", "GET, HEAD");
      throw new WattproofError("METHOD_NOT_ALLOWED", "Allowed: GET, HEAD.");
    }
    response.set({
      "content-security-policy": isOperatorPage ? operatorPolicy : contentSecurityPolicy,
      "content-type": file.mediaType,
      "cache-control": file.isImmutable ? "public, max-age=31536000, immutable" : "no-cache",
      "cross-origin-opener-policy": "same-origin",
      "permissions-policy": "camera=(self), geolocation=(self), microphone=(), payment=()",
      vary: "accept-encoding",
    });
    send(request, response, file);
  });
}

function send(request: Request, response: Response, file: PageFile): void {
  const accepted = request.acceptsEncodings();
  if (file.brotli !== null && accepted.includes("br")) {
    response.set("content-encoding", "br");
    response.end(request.method === "HEAD" ? undefined : file.brotli);
  } else if (file.gzip !== null && accepted.includes("gzip")) {
    response.set("content-encoding", "gzip");
    response.end(request.method === "HEAD" ? undefined : file.gzip);
  } else {
    response.end(request.method === "HEAD" ? undefined : file.plain);
  }
}

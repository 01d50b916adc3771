import { request } from "node:http";

import type { Answer } from "./running-service.ts";

/** Sends a request from one of this machine's addresses. */
export function sendFrom(
  from: string,
  url: string,
  options: {
    readonly method?: "GET" | "POST" | "PUT";
    readonly headers?: Readonly<Record<string, string>>;
    readonly content?: unknown;
  } = {},
): Promise<Answer> {
  const { method = "GET", headers = {}, content } = options;
  const body = content === undefined ? null : typeof content === "string" ? content : JSON.stringify(content);
  const type = body === null ? {} : { "content-type": "application/json" };
  return new Promise((resolve, reject) => {
    const sent = request(url, { method, headers: { ...type, ...headers }, localAddress: from }, (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (chunk: string) => (text += chunk));
      response.on("end", () => {
        const isJson = response.headers["content-type"]?.startsWith("application/json") === true;
        resolve({ status: response.statusCode ?? 0, body: isJson ? JSON.parse(text) : text });
      });
      response.on("error", reject);
    });
    sent.on("error", reject);
    sent.end(body ?? undefined);
  });
}

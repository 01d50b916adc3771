import { once } from "node:events";
import type { AddressInfo } from "node:net";

import { SMTPServer } from "smtp-server";

/** A part of a mail: its text, or what is attached. */
export interface MailPart {
  readonly type: string;
  readonly filename: string | null;
  readonly content: string;
}

export interface ReceivedMail {
  readonly from: string;
  readonly to: readonly string[];
  readonly subject: string;
  readonly messageId: string;
  readonly parts: readonly MailPart[];
}

/** A mail server on this machine that takes everything, or refuses it while `isRefusing`. */
export interface MailServer {
  readonly url: string;
  readonly mails: readonly ReceivedMail[];
  isRefusing: boolean;
  close(): Promise<void>;
}

export async function startMailServer(): Promise<MailServer> {
  const mails: ReceivedMail[] = [];
  const state = { isRefusing: false };
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ["STARTTLS", "AUTH"],
    onData(stream, session, done) {
      const chunks: Buffer[] = [];
      stream.on("data", (chunk: Buffer) => chunks.push(chunk));
      stream.on("end", () => {
        if (state.isRefusing) {
          done(new Error("Not now."));
          return;
        }
        const { mailFrom, rcptTo } = session.envelope;
        const from = mailFrom === false ? "" : mailFrom.address;
        mails.push({
          from,
          to: rcptTo.map(({ address }) => address),
          ...readMail(Buffer.concat(chunks).toString("latin1")),
        });
        done();
      });
    },
  });
  server.listen(0, "127.0.0.1");
  await once(server.server, "listening");
  // It listens on TCP, so its address is one of TCP.
  const { port } = server.server.address() as AddressInfo;
  return {
    url: `smtp://127.0.0.1:${port}`,
    mails,
    get isRefusing() {
      return state.isRefusing;
    },
    set isRefusing(value: boolean) {
      state.isRefusing = value;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(resolve);
      }),
  };
}

/** RFC 5322 with the parts of RFC 2046, as far as mail programs write it. */
function readMail(raw: string): Omit<ReceivedMail, "from" | "to"> {
  const { headers, body } = split(raw);
  const parts = partsOf(headers, body);
  return { subject: decodeWords(headers.get("subject") ?? ""), messageId: headers.get("message-id") ?? "", parts };
}

function split(raw: string): { readonly headers: ReadonlyMap<string, string>; readonly body: string } {
  const at = raw.indexOf("\r\n\r\n");
  const lines = raw
    .slice(0, at)
    .replace(/\r\n[ \t]+/gu, " ")
    .split("\r\n");
  const headers = lines.map((line): [string, string] => {
    const [name = "", ...rest] = line.split(":");
    return [name.toLowerCase(), rest.join(":").trim()];
  });
  return { headers: new Map(headers), body: raw.slice(at + 4) };
}

function partsOf(headers: ReadonlyMap<string, string>, body: string): readonly MailPart[] {
  const type = headers.get("content-type") ?? "text/plain";
  const boundary = /boundary="?([^";]+)"?/u.exec(type)?.[1];
  if (boundary !== undefined) {
    const pieces = body.split(`--${boundary}`).slice(1, -1);
    return pieces.flatMap((piece) => {
      const part = split(piece.replace(/^\r\n/u, "").replace(/\r\n$/u, ""));
      return partsOf(part.headers, part.body);
    });
  }
  const encoding = headers.get("content-transfer-encoding") ?? "7bit";
  const filename = /filename="?([^";]+)"?/u.exec(headers.get("content-disposition") ?? "")?.[1] ?? null;
  return [{ type: type.split(";")[0] ?? "", filename, content: decode(encoding, body) }];
}

function decode(encoding: string, body: string): string {
  if (encoding === "base64") return Buffer.from(body, "base64").toString("utf8");
  const bytes = encoding === "quoted-printable" ? unquote(body.replace(/=\r\n/gu, "")) : body;
  return Buffer.from(bytes, "latin1").toString("utf8").replaceAll("\r\n", "\n");
}

function unquote(text: string): string {
  return text.replace(/=([0-9A-F]{2})/gu, (_all, digits: string) => String.fromCharCode(Number.parseInt(digits, 16)));
}

/** Words of RFC 2047. */
function decodeWords(text: string): string {
  return text
    .replace(/\?= =\?/gu, "?==?")
    .replace(/=\?utf-8\?([QB])\?([^?]*)\?=/giu, (_all, kind: string, word: string) =>
      kind.toUpperCase() === "B"
        ? Buffer.from(word, "base64").toString("utf8")
        : Buffer.from(unquote(word.replaceAll("_", " ")), "latin1").toString("utf8"),
    );
}

import { createTransport } from "nodemailer";

/** A mail server that says nothing for so long is tried again later. */
const serverTimeoutMs = 20_000;

/** The names under which this machine reaches itself: nobody in between could read what is sent. */
const ownNames: ReadonlySet<string> = new Set(["localhost", "127.0.0.1", "[::1]"]);

export interface Mail {
  /** One address. */
  readonly to: string;
  /** The same for every attempt, so that whoever gets it twice can tell. */
  readonly parcelId: string;
  readonly subject: string;
  readonly text: string;
  readonly attachments?: readonly MailAttachment[];
}

export interface MailAttachment {
  readonly filename: string;
  readonly contentType: string;
  readonly content: Buffer;
}

/** Hands mails to the configured server. */
export interface Mailer {
  /** @throws what the library throws where the server is away or does not take it */
  send(mail: Mail): Promise<void>;
}

/** A server elsewhere has to offer TLS. */
export function createMailer({ url, from }: { readonly url: string; readonly from: string }): Mailer {
  const transport = createTransport({
    url,
    connectionTimeout: serverTimeoutMs,
    greetingTimeout: serverTimeoutMs,
    socketTimeout: serverTimeoutMs,
    requireTLS: !ownNames.has(new URL(url).hostname),
    // Nothing that was taken from outside may name a file or an address to read.
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  return {
    async send({ to, parcelId, subject, text, attachments = [] }) {
      await transport.sendMail({
        ...{ from, to: { name: "", address: to }, messageId: `<${parcelId}@wattproof>` },
        ...{ subject, text, attachments: [...attachments] },
      });
    },
  };
}

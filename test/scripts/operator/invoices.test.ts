import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";

import { expect } from "chai";

import { signatureOf } from "../../../services/delivery/signed-post.ts";
import { priceOf } from "../../../services/domain/tariff.ts";
import { startMailServer, type MailServer, type ReceivedMail } from "../../helpers/mail-server.ts";
import {
  addStation,
  codeOf,
  get,
  operatorKey,
  post,
  runService,
  type Answer,
  type RunningService,
  type StationCredentials,
} from "../../helpers/running-service.ts";
import { testTariff, type ChargingPoint, type OpenedSession } from "../../helpers/service-chain.ts";
import { errorCodeOf, openOperatorWorld, type OperatorWorld } from "./operator-world.ts";

const energyMicroWh = 7_420_500_000n;
const hourSeconds = 3_600;
const price = priceOf(testTariff, energyMicroWh, hourSeconds, 0);
const secret = "s".repeat(32);
const viewKey = { authorization: `Bearer ${operatorKey}` };

interface Posted {
  readonly signature: string;
  readonly parcel: string;
  readonly body: string;
}

/** One story, in order: the seller is published, sessions settle, money comes back, and papers arrive. */
describe("wattproof: receipts and credit notes", function () {
  this.timeout(300_000);
  let world: OperatorWorld;
  let running: RunningService;
  let mail: MailServer;
  let webhook: Server;
  let point: ChargingPoint;
  let station: StationCredentials;
  let sessions: readonly OpenedSession[];
  let sellerPath: string;
  let seller: Readonly<Record<string, string>>;
  let laterMs = 0;
  const posted: Posted[] = [];
  const hookAnswers: number[] = [];

  const sessionAt = (index: number): OpenedSession => sessions[index] ?? expect.fail("Sessions were opened.");
  const numberOf = (index: number): string => sessionAt(index).sessionId.slice(2, 18).toUpperCase();
  const want = async (
    index: number,
    recipient: unknown,
    headers: Readonly<Record<string, string>> = viewKey,
  ): Promise<Answer> => {
    const response = await fetch(`${running.service.url}/v1/sessions/${sessionAt(index).sessionId}/receipt-recipient`, {
      method: "PUT",
      body: JSON.stringify(recipient),
      headers,
    });
    return { status: response.status, body: await response.json() };
  };
  const charge = async (index: number): Promise<void> => {
    const { idTag } = sessionAt(index);
    const times = { beginSeconds: 1_700_000_000, endSeconds: 1_700_000_000 + hourSeconds };
    const answer = await post(running.service.url, station, point.device.record({ idTag, energyMicroWh, ...times }));
    expect(answer.status).to.equal(200);
    // The batch is sent, seen confirmed, and what it settled has its papers.
    for (let round = 0; round < 3; round += 1) await running.service.synchronise();
  };
  const mailAt = (index: number): ReceivedMail => mail.mails[index] ?? expect.fail("A mail has come.");
  const textOf = (received: ReceivedMail): string =>
    received.parts.find(({ type }) => type === "text/plain")?.content ?? "";

  before(async () => {
    world = await openOperatorWorld();
    mail = await startMailServer();
    webhook = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", () => {
        const status = hookAnswers.shift() ?? 204;
        const header = (name: string): string => String(request.headers[name]);
        const body = Buffer.concat(chunks).toString("utf8");
        if (status === 204) {
          posted.push({ signature: header("wattproof-signature"), parcel: header("wattproof-parcel"), body });
        }
        response.writeHead(status).end();
      });
    }).listen(0, "127.0.0.1");
    await once(webhook, "listening");
    seller = {
      operator: world.chain.operator,
      name: "Müller Ladestrom GmbH",
      street: "Beispielweg 1",
      postcode: "10115",
      town: "Berlin",
      country: "DE",
      vatNumber: "DE123456789",
      email: "strom@example.org",
      timeZone: "Europe/Berlin",
    };
    sellerPath = world.write("seller.json", JSON.stringify(seller));
  });
  after(async () => {
    await running.close();
    await mail.close();
    webhook.close();
    await world.close();
  });

  it("refuses to publish a seller that is not of the form, or of another account, and sends nothing in a dry run", async () => {
    const zone = world.write("zone.json", JSON.stringify({ ...seller, timeZone: "Europe/Nowhere" }));
    const other = world.write("other.json", JSON.stringify({ ...seller, operator: world.chain.driver }));
    const head = await world.headBlock();
    for (const path of [zone, other, `${zone}.none`]) {
      expect(errorCodeOf(await world.runJson(["operator", "publish", path]))).to.equal("SELLER_INVALID");
    }
    const dry = await world.runJson(["operator", "publish", sellerPath, "--dry-run"]);
    expect(dry.document).to.deep.include({ isDryRun: true, transaction: null });
    expect(await world.headBlock()).to.equal(head);
  });

  it("publishes the seller, and serves receipts that name the proof", async () => {
    const { document } = await world.runJson(["operator", "publish", sellerPath]);
    expect(document).to.deep.include({ isDryRun: false, name: seller["name"] });
    const { port } = webhook.address() as AddressInfo;
    running = await runService(
      world.chain,
      {
        WATTPROOF_RECEIPT_SELLER: sellerPath,
        WATTPROOF_RECEIPT_SELLER_TRANSACTION: String(document["transaction"]),
        WATTPROOF_SMTP_URL: mail.url,
        WATTPROOF_MAIL_FROM: "belege@example.org",
        WATTPROOF_RECEIPT_WEBHOOK_URL: `http://127.0.0.1:${port}/receipts`,
        WATTPROOF_RECEIPT_WEBHOOK_SECRET: secret,
        WATTPROOF_PAGE_ORIGIN: "https://charge.example",
      },
      { now: () => Date.now() + laterMs },
    );
    point = await world.chain.addChargingPoint("secp256r1", { isProven: true });
    station = await addStation(running.service.store, "CS-1", [point.evse]);
    const expiresInSeconds = 40 * hourSeconds;
    sessions = [
      await world.chain.openSession(point, { expiresInSeconds }),
      await world.chain.openSession(point, { expiresInSeconds }),
    ];
    await running.service.synchronise();
  });

  it("takes an address from nobody but the driver and the operator, and only one that is whole", async () => {
    const recipient = { email: "ada@example.com", language: "de" };
    expect(codeOf(await want(0, recipient, {}))).to.equal("SESSION_UNAUTHENTICATED");
    expect(codeOf(await want(0, recipient, { authorization: `Bearer ${"x".repeat(40)}` }))).to.equal(
      "SESSION_UNAUTHENTICATED",
    );
    for (const wrong of [
      { ...recipient, email: "ada@example.com\r\nBcc: all@example.com" },
      { ...recipient, language: "xx" },
      { ...recipient, customer: { name: "" } },
      { ...recipient, customer: { name: "Ada AG", vatNumber: "no" } },
      { ...recipient, more: 1 },
    ]) {
      expect(codeOf(await want(0, wrong))).to.equal("ENVELOPE_INVALID");
    }
    expect(await running.service.store.findInvoiceRecipient(sessionAt(0).sessionId)).to.equal(null);
  });

  it("sends the receipt by mail and webhook as soon as the session is settled, once", async () => {
    const customer = { name: "Ada AG", address: "Seeweg 2, 8000 Zürich", vatNumber: "CHE123456788" };
    expect((await want(0, { email: "ada@example.com", language: "de", customer })).status).to.equal(200);
    await charge(0);
    expect([mail.mails.length, posted.length]).to.deep.equal([1, 1]);
    await running.service.synchronise();
    expect([mail.mails.length, posted.length]).to.deep.equal([1, 1]);

    const received = mailAt(0);
    expect(received).to.deep.include({
      from: "belege@example.org",
      to: ["ada@example.com"],
      subject: `Beleg ${numberOf(0)}, Müller Ladestrom GmbH`,
      messageId: `<${sessionAt(0).sessionId}-0@wattproof>`,
    });
    const text = textOf(received);
    for (const line of [
      "Müller Ladestrom GmbH\nBeispielweg 1\nDE-10115 Berlin\nUmsatzsteuer-Identifikationsnummer DE123456789",
      "Kunde:\nAda AG\nSeeweg 2, 8000 Zürich\nUmsatzsteuer-Identifikationsnummer CHE123456788",
      "Beginn: 14.11.2023, 23:13:20 MEZ, Zählerstand 0,000 kWh",
      "Ende: 15.11.2023, 00:13:20 MEZ, Zählerstand 7,4205 kWh",
      "Energie: 7,4205 kWh\nLadedauer: 01:00:00",
      // By hand: 0.35 + 7.4205 × 0.49 + 60 × 0.01, and 8.1 % of each part rounded down.
      "Grundbetrag: 0,37835 € (inkl. 8,1 % USt.)",
      "Gesamt: 4,957514 €\nNetto: 4,586045 €\nUmsatzsteuer: 0,371469 €",
      "Der Preis enthält Zeit, wie sie der Zähler gemessen und signiert hat.",
      `https://charge.example/#/session/${sessionAt(0).sessionId}`,
    ]) {
      expect(text.replaceAll("\u00a0", " ").replaceAll("\u202f", " ")).to.contain(line);
    }
    expect(text).to.match(/Hash 0x[0-9a-f]{64}, Transaktion 0x[0-9a-f]{64}/u);
    const [json, xml] = received.parts.filter(({ filename }) => filename !== null);
    expect([json?.filename, xml?.filename]).to.deep.equal([`${numberOf(0)}.json`, `${numberOf(0)}.xml`]);
    expect(JSON.parse(json?.content ?? "")).to.deep.include({ version: 3, sessionId: sessionAt(0).sessionId });
    const shown = await get(running.service.url, `/v1/receipts/${sessionAt(0).sessionId}/transparency.xml`);
    expect(xml?.content.replaceAll("\r\n", "\n")).to.equal(shown.body);

    const hook = posted[0] ?? expect.fail("The webhook was called.");
    const [, seconds = "", digest] = /^t=(\d+),v1=([0-9a-f]{64})$/u.exec(hook.signature) ?? [];
    expect(digest).to.equal(signatureOf(secret, Number(seconds), hook.body));
    expect(hook.parcel).to.equal(`${sessionAt(0).sessionId}-0`);
    const content = JSON.parse(hook.body) as Record<string, Record<string, unknown>>;
    expect(content).to.deep.include({ event: "receipt-issued", transparencyXml: shown.body });
    expect(content["invoice"]).to.deep.include({
      number: numberOf(0),
      grossMicro: price.grossMicro.toString(),
      netMicro: price.netMicro.toString(),
    });
    // Where the driver wants the receipt is not the webhook's business.
    expect(hook.body).to.not.contain("ada@example.com");
  });

  it("tries again what was not taken, and sends to who asks afterwards", async () => {
    mail.isRefusing = true;
    hookAnswers.push(500);
    await charge(1);
    expect([mail.mails.length, posted.length]).to.deep.equal([1, 1]);
    expect((await want(1, { email: "bob@example.com", language: "fr" })).status).to.equal(200);
    await running.service.synchronise();
    expect([mail.mails.length, posted.length]).to.deep.equal([1, 1]);

    mail.isRefusing = false;
    await running.service.synchronise();
    expect([mail.mails.length, posted.length]).to.deep.equal([1, 1]);
    laterMs += 61_000;
    await running.service.synchronise();
    expect([mail.mails.length, posted.length]).to.deep.equal([2, 2]);
    expect(mailAt(1).subject).to.equal(`Reçu ${numberOf(1)}, Müller Ladestrom GmbH`);
    expect(posted[1]?.parcel).to.equal(`${sessionAt(1).sessionId}-0`);
  });

  it("writes a credit note for what the operator gives back, and another for what it gives back later", async () => {
    await world.chain.pass(80 * hourSeconds);
    for (const [amount, total] of [
      ["1.25", 1],
      ["0.5", 2],
    ] as const) {
      expect((await world.runJson(["refund", sessionAt(0).sessionId, amount])).code).to.equal(0);
      for (let round = 0; round < 2; round += 1) await running.service.synchronise();
      expect([mail.mails.length, posted.length]).to.deep.equal([2 + total, 2 + total]);
    }
    expect(mailAt(2).subject).to.equal(`Gutschrift ${numberOf(0)}-C1, Müller Ladestrom GmbH`);
    const text = textOf(mailAt(2)).replaceAll("\u00a0", " ");
    expect(text).to.contain(`Berichtigt den Beleg ${numberOf(0)}.`);
    // 1.25 × 4.586045 / 4.957514, rounded down.
    expect(text).to.contain("Gesamt: -1,25 €\nNetto: -1,156336 €\nUmsatzsteuer: -0,093664 €");
    const note = JSON.parse(posted[3]?.body ?? "") as Record<string, Record<string, unknown>>;
    expect(note).to.deep.include({ event: "credit-note-issued" });
    expect(note["invoice"]).to.deep.include({ number: `${numberOf(0)}-C2`, grossMicro: "-500000" });
  });

  it("lists the papers in four languages, and says nothing of customers there", async () => {
    const path = `/v1/receipts/${sessionAt(0).sessionId}/invoices`;
    const titles: string[] = [];
    for (const language of ["en", "de", "fr", "it"]) {
      const { body } = await get(running.service.url, `${path}?language=${language}`);
      const { invoices } = body as { readonly invoices: readonly { readonly number: string; readonly text: string }[] };
      expect(invoices.map(({ number }) => number)).to.deep.equal([
        numberOf(0),
        `${numberOf(0)}-C1`,
        `${numberOf(0)}-C2`,
      ]);
      expect(JSON.stringify(invoices)).to.not.contain("Ada");
      titles.push(invoices[0]?.text.split("\n")[0] ?? "");
    }
    expect(titles).to.deep.equal(["Receipt", "Beleg", "Reçu", "Ricevuta"].map((word) => `${word} ${numberOf(0)}`));
    expect(codeOf(await get(running.service.url, `${path}?language=xx`))).to.equal("QUERY_INVALID");
    const none = await get(running.service.url, `/v1/receipts/0x${"00".repeat(32)}/invoices`);
    expect(none.body).to.deep.equal({ invoices: [] });
  });

  it("forgets addresses after their time, and keeps the papers", async () => {
    laterMs += 61 * 86_400_000;
    await running.service.synchronise();
    expect(await running.service.store.findInvoiceRecipient(sessionAt(0).sessionId)).to.equal(null);
    expect(await running.service.store.listInvoices(sessionAt(0).sessionId)).to.have.length(3);
  });
});

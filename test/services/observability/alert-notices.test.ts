import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { expect } from "chai";

import { createMailer } from "../../../services/delivery/mailer.ts";
import { createSignedPoster, signatureOf } from "../../../services/delivery/signed-post.ts";
import {
  createAlertNotices,
  type AlertNotices,
  type NoticeLevel,
} from "../../../services/observability/alert-notices.ts";
import type { Alert } from "../../../services/observability/alerts.ts";
import { createNoticeMail, createNoticeWebhook } from "../../../services/observability/notice-senders.ts";
import type { NoticeStore } from "../../../services/store/alert-notices.ts";
import { openSqliteStore } from "../../../services/store/sqlite/sqlite-store.ts";
import type { Store } from "../../../services/store/store.ts";
import { startMailServer, type MailServer } from "../../helpers/mail-server.ts";
import { startWebhookServer, type WebhookServer } from "../../helpers/webhook-server.ts";

const secret = "a secret of at least thirty-two characters";
const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const startMs = Date.UTC(2027, 0, 1);
const atOnce: Alert = "batch-stuck";

describe("Alerts by webhook and mail", function () {
  this.timeout(60_000);
  let hook: WebhookServer;
  let mails: MailServer;
  let folder: string;
  let store: Store;
  let nowMs: number;
  /** What the log and the figures got. */
  let desk: (readonly [Alert, unknown])[];

  beforeEach(async function () {
    [hook, mails] = [await startWebhookServer(), await startMailServer()];
    folder = mkdtempSync(join(tmpdir(), "wattproof-notices-"));
    store = openSqliteStore(folder);
    nowMs = startMs;
    desk = [];
  });
  afterEach(async function () {
    await hook.close();
    await mails.close();
    await store.close();
    rmSync(folder, { recursive: true, force: true });
  });

  interface Wanted {
    readonly level?: NoticeLevel;
    readonly ways?: readonly ("mail" | "webhook")[];
    readonly keptIn?: NoticeStore | null;
  }

  async function open({ level = "lasting", ways = ["webhook"], keptIn = store }: Wanted = {}): Promise<AlertNotices> {
    const now = () => nowMs;
    const poster = createSignedPoster({ url: hook.url, secret, now, signal: new AbortController().signal });
    const mailer = createMailer({ url: mails.url, from: "service@example.org" });
    const notices = createAlertNotices({
      desk: { alert: (alert, details) => void desk.push([alert, details]), note: () => undefined },
      senders: {
        ...(ways.includes("webhook") ? { webhook: createNoticeWebhook(poster, "single") } : {}),
        ...(ways.includes("mail") ? { mail: createNoticeMail(mailer, "night@example.org", "single") } : {}),
      },
      ...{ level, repeatMs: hourMs, now },
    });
    if (keptIn !== null) await notices.keepIn(keptIn, "single");
    return notices;
  }

  const bodies = (): readonly Readonly<Record<string, unknown>>[] =>
    hook.posts.map(({ body }) => JSON.parse(body) as Record<string, unknown>);
  const counts = (): readonly unknown[] => bodies().map(({ count }) => count);

  it("go out at once on every way, signed, with what they mean and what to do", async function () {
    const notices = await open({ ways: ["webhook", "mail"] });
    notices.desk.alert(atOnce, { sessionId: "0xab", stationId: 7 });
    await notices.runOnce();
    expect(bodies()).to.deep.equal([
      {
        event: "alert",
        parcelId: `${atOnce}-${startMs}`,
        alert: atOnce,
        meaning: "A batch has not been confirmed for too long, and the service is not ready.",
        action: "Look at the alerts beside it: gas, fees, quorum, refusals, missing events.",
        page: "at once",
        replicaId: "single",
        firstAt: "2027-01-01T00:00:00.000Z",
        lastAt: "2027-01-01T00:00:00.000Z",
        ...{ count: 1, sessionId: "0xab", stationId: null },
      },
    ]);
    const [post] = hook.posts;
    const digest = signatureOf(secret, startMs / 1_000, post?.body ?? "");
    expect(post?.headers).to.include({ "wattproof-signature": `t=${startMs / 1_000},v1=${digest}` });
    expect(mails.mails).to.have.length(1);
    expect(mails.mails[0]).to.deep.include({
      to: ["night@example.org"],
      subject: `Wattproof: ${atOnce}`,
      messageId: `<${atOnce}-${startMs}@wattproof>`,
    });
    expect(mails.mails[0]?.parts[0]?.content).to.contain("What to do: Look at the alerts").and.contain("Session 0xab");
    expect(desk.map(([alert]) => alert)).to.deep.equal([atOnce]);
    expect(await store.listNotices("single")).to.deep.equal([]);
  });

  it("are one notice however often they come, and the next after an hour has the rest", async function () {
    const notices = await open();
    for (let times = 0; times < 10_000; times += 1) notices.desk.alert(atOnce, {});
    await notices.runOnce();
    nowMs += minuteMs;
    for (let times = 0; times < 5; times += 1) notices.desk.alert(atOnce, {});
    await notices.runOnce();
    expect(counts()).to.deep.equal([10_000]);
    nowMs += hourMs;
    await notices.runOnce();
    await notices.runOnce();
    expect(counts()).to.deep.equal([10_000, 5]);
    expect(desk).to.have.length(10_005);
  });

  it("count what happens while they are told", async function () {
    const notices = await open();
    notices.desk.alert(atOnce, {});
    const telling = notices.runOnce();
    while (hook.posts.length === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    notices.desk.alert(atOnce, {});
    await telling;
    nowMs += hourMs;
    await notices.runOnce();
    expect(counts()).to.deep.equal([1, 1]);
  });

  it("go out only if they last, where that is what calls a person, and are forgotten otherwise", async function () {
    const notices = await open();
    notices.desk.alert("chain-unavailable", {});
    await notices.runOnce();
    nowMs += 16 * minuteMs;
    await notices.runOnce();
    expect(await store.listNotices("single")).to.deep.equal([]);
    notices.desk.alert("chain-unavailable", {});
    nowMs += 6 * minuteMs;
    await notices.runOnce();
    expect(hook.posts).to.have.length(0);
    notices.desk.alert("chain-unavailable", {});
    await notices.runOnce();
    expect(counts()).to.deep.equal([2]);
  });

  for (const [level, told] of [
    ["at-once", ["batch-stuck"]],
    ["lasting", ["batch-stuck", "chain-unavailable"]],
    ["all", ["batch-stuck", "chain-unavailable", "session-stuck"]],
  ] as const) {
    it(`are those of the level ${level}`, async function () {
      const notices = await open({ level });
      for (const alert of ["batch-stuck", "chain-unavailable", "session-stuck"] as const) {
        notices.desk.alert(alert, {});
        nowMs += 6 * minuteMs;
        notices.desk.alert(alert, {});
      }
      await notices.runOnce();
      expect(bodies().map(({ alert }) => alert)).to.have.members([...told]);
    });
  }

  it("are tried again after a refusal, with pauses that grow, as the same parcel, and nobody is flooded with that", async function () {
    hook.status = 500;
    mails.isRefusing = true;
    const notices = await open({ ways: ["webhook", "mail"] });
    notices.desk.alert(atOnce, {});
    for (const pauseMs of [0, 29_000, 1_000, 59_000, 1_000]) {
      nowMs += pauseMs;
      await notices.runOnce();
    }
    expect(hook.posts).to.have.length(3);
    hook.status = 200;
    mails.isRefusing = false;
    nowMs += hourMs;
    await notices.runOnce();
    expect(new Set(hook.posts.map(({ headers }) => headers["wattproof-parcel"]))).to.have.property("size", 1);
    expect([hook.posts.length, mails.mails.length]).to.deep.equal([4, 1]);
    expect(desk.filter(([alert]) => alert === "alert-untold")).to.have.length(6);
    nowMs += hourMs;
    await notices.runOnce();
    expect([hook.posts.length, mails.mails.length]).to.deep.equal([4, 1]);
  });

  it("wait for a server that is away, and for one that gives no answer", async function () {
    const { port } = new URL(hook.url);
    await hook.close();
    const notices = await open();
    notices.desk.alert(atOnce, {});
    await notices.runOnce();
    hook = await startWebhookServer(Number(port));
    hook.status = null;
    nowMs += hourMs;
    await notices.runOnce();
    expect(hook.posts).to.have.length(1);
    hook.status = 204;
    nowMs += hourMs;
    await notices.runOnce();
    expect(counts()).to.deep.equal([1, 1]);
    expect(await store.listNotices("single")).to.deep.equal([]);
  });

  it("outlive a restart, also on a machine on which the way has changed", async function () {
    hook.status = 503;
    const before = await open();
    before.desk.alert(atOnce, {});
    before.desk.alert(atOnce, {});
    await before.runOnce();
    before.desk.alert("loop-failed", {});
    await before.keep();
    await store.close();

    store = openSqliteStore(folder);
    hook.status = 204;
    nowMs += hourMs;
    await (await open()).runOnce();
    expect(bodies().slice(1)).to.have.length(2);
    expect(bodies().map(({ alert, count }) => [alert, count])).to.deep.include(["batch-stuck", 2]);
    expect(bodies().map(({ alert, count }) => [alert, count])).to.deep.include(["loop-failed", 1]);

    const again = await open();
    hook.status = 503;
    again.desk.alert(atOnce, {});
    await again.runOnce();
    await open({ ways: ["mail"] });
    expect(await store.listNotices("single")).to.deep.equal([]);
  });

  it("are given up after two days", async function () {
    hook.status = 500;
    const notices = await open();
    notices.desk.alert(atOnce, {});
    for (let tries = 0; tries < 60; tries += 1) {
      await notices.runOnce();
      nowMs += hourMs;
    }
    expect(hook.posts).to.have.length(50);
    expect(nowMs - startMs).to.be.greaterThan(48 * hourMs);
    expect(
      desk.filter(([, details]) => (details as { readonly isGivenUp?: boolean }).isGivenUp === true),
    ).to.have.length(1);
    expect(await store.listNotices("single")).to.deep.equal([]);
  });

  it("go out while the ledger takes nothing, and before there is one", async function () {
    const early = await open({ keptIn: null });
    early.desk.alert("store-damaged", {});
    await early.runOnce();
    const broken: NoticeStore = {
      putNotice: () => Promise.reject(new Error("The disk is full.")),
      removeNotice: () => Promise.reject(new Error("The disk is full.")),
      listNotices: () => Promise.resolve([]),
    };
    const notices = await open({ keptIn: broken });
    notices.desk.alert("store-failed", {});
    await notices.runOnce();
    expect(bodies().map(({ alert }) => alert)).to.deep.equal(["store-damaged", "store-failed"]);
  });
});

import { readFile } from "node:fs/promises";

import { expect } from "chai";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { z } from "zod";

import { readVersion } from "../../services/version.ts";
import { accessibilityViolations } from "../helpers/axe.ts";
import { desk, launchBrowser, openWindow, phone, takePicture } from "../helpers/browser.ts";
import type { OpenedSession } from "../helpers/service-chain.ts";
import { startWebWorld, type WebWorld } from "../helpers/web-world.ts";

const key = "operator-key-of-the-tests-0123456789";
const kwh = 1_000_000_000n;
const hostile = '<img src=x onerror="document.title=1">';
const closingSchema = z.object({ session: z.object({ closing: z.object({ chargedMicro: z.string() }) }) });

describe("The operator's page", function () {
  let browser: Browser;
  let world: WebWorld;
  let settled: OpenedSession;
  let context: BrowserContext | undefined;

  before(async function () {
    world = await startWebWorld({}, {}, { WATTPROOF_OPERATOR_KEY: key });
    browser = await launchBrowser();
    settled = await world.chain.openSession(world.point);
    await step(settled, "B", 0n, 0);
    await step(settled, "E", 7_654_321_000n, 900);
    await until(async () => (await stateOf(settled)) === "settled");
    const { store } = world.running.service;
    await store.noteUnknownStation(
      { stationId: "CS-NEW", address: "192.0.2.7", protocols: hostile, atMs: Date.now() },
      10,
    );
  });
  after(async function () {
    await browser.close();
    await world.close();
  });
  afterEach(async function () {
    await context?.close();
    context = undefined;
  });

  async function step(session: OpenedSession, kind: "B" | "C" | "E", energy: bigint, seconds: number): Promise<void> {
    await until(async () => (await stateOf(session)) !== undefined);
    const answer = await world.step(session.sessionId, kind, energy, seconds);
    expect(answer.status).to.equal(200);
  }

  async function stateOf({ sessionId }: OpenedSession): Promise<string | undefined> {
    return (await world.running.service.store.findSession(sessionId))?.state.status;
  }

  async function arrive(options?: Parameters<typeof openWindow>[1]): Promise<{ page: Page; complaints: string[] }> {
    context = await openWindow(browser, options);
    const page = await context.newPage();
    const complaints: string[] = [];
    page.on("pageerror", ({ message }) => complaints.push(message));
    page.on("console", (message) => {
      if (/Content Security Policy|Trusted|refused to/i.test(message.text())) complaints.push(message.text());
    });
    page.on("request", (request) => {
      if (new URL(request.url()).origin !== world.url) complaints.push(`asked ${request.url()}`);
    });
    await page.goto(`${world.url}/operator/`);
    return { page, complaints };
  }

  async function enter(page: Page, given: string = key): Promise<void> {
    await page.getByLabel("Key", { exact: true }).fill(given);
    await page.getByRole("button", { name: "Show" }).click();
  }

  /** Goes to one of the pages of the navigation. */
  async function open(page: Page, name: string): Promise<void> {
    await page.getByRole("navigation", { name: "Pages" }).getByRole("link", { name }).click();
    await page.getByRole("heading", { name, level: 2 }).first().waitFor();
  }

  async function isAccessible(page: Page): Promise<void> {
    expect(await accessibilityViolations(page)).to.deep.equal([]);
  }

  it("shows nothing and keeps nothing without the right key", async function () {
    const { page, complaints } = await arrive({ viewport: phone });
    await enter(page, "short");
    await page.getByText("A key has 32 to 128 characters").waitFor();
    await isAccessible(page);
    await enter(page, "x".repeat(36));
    await page.getByText("The service does not accept this key.").waitFor();
    await isAccessible(page);
    expect(await page.evaluate("sessionStorage.length")).to.equal(0);
    expect(await page.getByText("CS-WEB").count()).to.equal(0);
    expect(await page.getByText(settled.sessionId).count()).to.equal(0);
    await takePicture(page, "operator-phone-wrong-key");
    expect(complaints).to.deep.equal([]);
  });

  it("asks for the key again when the service no longer accepts it", async function () {
    const { page } = await arrive();
    await page.evaluate(`sessionStorage.setItem("wattproof.operatorKey", "${"y".repeat(36)}")`);
    await page.reload();
    await page.getByText("The service does not accept this key.").waitFor();
    expect(await page.evaluate("sessionStorage.length")).to.equal(0);
  });

  it("shows what was settled to the last digit, for a desk, a keyboard and a screen reader", async function () {
    const { page, complaints } = await arrive({ viewport: desk });
    const label = page.getByLabel("Key", { exact: true });
    await label.focus();
    await page.keyboard.type(key);
    await page.keyboard.press("Enter");
    await page
      .getByText("1 of 1", { exact: true })
      .or(page.getByText("0 of 1", { exact: true }))
      .waitFor();

    const confirmed = page.getByRole("listitem").filter({ hasText: "Confirmed" });
    expect(await confirmed.textContent()).to.equal("1 Confirmed");
    const charged = await chargedOf(settled);
    const summary = `Sessions: 1. Energy: 7.654321 kWh. Billed: ${charged}, of which settled: ${charged}.`;
    await page.getByText(summary).waitFor();
    await page.getByLabel("By day").check();
    await page.getByText(summary).waitFor();
    await page.locator(".chart canvas").nth(1).waitFor();
    await page.getByText("The figures").click();
    await page.getByRole("region", { name: "Energy and revenue" }).getByText("7.654321 kWh").first().waitFor();

    await isAccessible(page);
    await takePicture(page, "operator-desk-today");

    await open(page, "Sessions");
    await page.getByLabel("Over").check();
    const row = page.getByRole("row").filter({ hasText: settled.sessionId });
    await row.getByText("Settled", { exact: true }).waitFor();
    await row.getByText("Signed for this session").waitFor();
    const download = page.waitForEvent("download");
    await page
      .getByRole("region", { name: "Sessions" })
      .getByRole("button", { name: /^Save as CSV/ })
      .click();
    const lines = (await readFile(await (await download).path(), "utf8")).split("\r\n");
    expect(lines[0]).to.match(/^Session,State,/);
    expect(lines[1]).to.match(new RegExp(`^${settled.sessionId},Settled,.*7\\.654321 kWh`));
    // The foot says what the page of today says.
    const foot = page.getByRole("row").filter({ hasText: "These rows" });
    await foot.getByText("7.654321 kWh", { exact: true }).waitFor();
    expect(await foot.getByText(charged, { exact: true }).count()).to.equal(2);
    await isAccessible(page);
    await takePicture(page, "operator-desk-sessions");

    await open(page, "Money");
    const money = page.getByRole("region", { name: "Money by partner" }).getByRole("row");
    await money.filter({ hasText: world.chain.operator }).getByText(charged).first().waitFor();

    // Text of strangers is text.
    await open(page, "Chargers");
    await page.getByText(hostile).waitFor();
    expect(await page.locator("img").count()).to.equal(0);
    expect(await page.title()).to.equal("Wattproof: operator");
    await isAccessible(page);
    await takePicture(page, "operator-desk");
    expect(complaints).to.deep.equal([]);
  });

  it("refreshes by itself, says when the connection is lost, and goes on", async function () {
    const { page, complaints } = await arrive({ viewport: phone, colorScheme: "dark" });
    await enter(page);
    await open(page, "Sessions");
    await page.getByText("There are none.").first().waitFor();
    const session = await world.chain.openSession(world.point);
    await step(session, "B", 0n, 0);
    await step(session, "C", 2n * kwh, 300);
    const row = page.getByRole("row").filter({ hasText: session.sessionId });
    await row.getByText("2 kWh").waitFor();
    await row.getByText("Charging").waitFor();
    await isAccessible(page);
    await takePicture(page, "operator-phone-dark");
    expect(await page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")).to.equal(true);

    await world.stopService();
    await page.getByText("The connection is lost.").waitFor();
    await row.getByText("2 kWh").waitFor();
    await isAccessible(page);
    await world.startService();
    await page.getByText("The connection is lost.").waitFor({ state: "detached" });
    await step(session, "E", kwh, 600);
    await row.waitFor({ state: "detached" });
    await page.getByLabel("Over").check();
    await row.getByText("3 kWh").waitFor();

    await page.reload();
    await row.waitFor({ state: "detached" });
    await page.getByRole("heading", { name: "Sessions" }).first().waitFor();
    await page.getByRole("button", { name: "Forget the key" }).click();
    await page.getByLabel("Key", { exact: true }).waitFor();
    expect(await page.evaluate("sessionStorage.length")).to.equal(0);
    expect(complaints).to.deep.equal([]);
  });

  it("shows the operator's page in four languages", async function () {
    for (const [locale, title] of [
      ["de-CH", "Energie und Umsatz"],
      ["fr-CH", "Énergie et recettes"],
      ["it-CH", "Energia e ricavi"],
    ] as const) {
      const { page } = await arrive({ locale });
      await page.getByRole("textbox").fill(key);
      await page.keyboard.press("Enter");
      await page.getByRole("heading", { name: title }).waitFor();
      // Numbers as the page's language has them, whatever the browser's own habits are.
      await page
        .getByText(/\d,654321 kWh/)
        .first()
        .waitFor();
      await page.locator(".chart canvas").nth(1).waitFor();
      await isAccessible(page);
      await takePicture(page, `operator-desk-${locale}`);
      await context?.close();
    }
  });

  it("shows which replicas live, what each does, and that a folder has no copy", async function () {
    const { store, replica } = world.running.service;
    const { page, complaints } = await arrive({ viewport: phone });
    await enter(page);
    await open(page, "Replicas");
    const table = page.getByRole("region", { name: "Replicas" });
    const own = table.getByRole("row").filter({ hasText: replica.replicaId });
    await own.getByText("alive").waitFor();
    await own.getByText("answers you").waitFor();
    await own.getByText(/Settlement, and following the chain/u).waitFor();
    await own.getByText(readVersion(), { exact: true }).waitFor();
    const rights = page.getByRole("region", { name: "Rights" }).getByRole("row");
    await rights.filter({ hasText: "Settlement" }).getByText(replica.replicaId).waitFor();
    await page.getByText("The ledger is a folder of this machine: one replica, and no copy.").waitFor();
    await isAccessible(page);
    expect(await page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")).to.equal(true);
    await takePicture(page, "operator-phone-replicas");

    // Another one takes the upkeep, so that what a third one has left stays to be seen.
    await until(async () => {
      const held = (await store.listLeases()).find(({ name }) => name === "upkeep");
      if (held !== undefined) await store.releaseLease(held);
      return (await store.claimLease("upkeep", "elsewhere", 600_000)) !== null;
    });
    await store.beatReplica({ replicaId: "elsewhere", version: "9.9.9", startedAtMs: 1, forMs: 600_000 });
    await store.beatReplica({ replicaId: "gone", version: "9.9.8", startedAtMs: 1, forMs: 0 });
    const elsewhere = table.getByRole("row").filter({ hasText: "elsewhere" });
    await elsewhere.getByText("What a dead replica has left").waitFor();
    await elsewhere.getByText("9.9.9").waitFor();
    await table.getByRole("row").filter({ hasText: "gone" }).getByText("lost", { exact: true }).waitFor();
    await isAccessible(page);
    for (const [language, lost] of [
      ["de", "verloren"],
      ["fr", "perdue"],
      ["it", "persa"],
    ] as const) {
      await page.locator("#language").selectOption(language);
      await page.getByRole("row").filter({ hasText: "gone" }).getByText(lost, { exact: true }).waitFor();
      await isAccessible(page);
    }
    expect(complaints).to.deep.equal([]);
  });

  /** What the chain charged, as the page writes it. */
  async function chargedOf({ sessionId }: OpenedSession): Promise<string> {
    const response = await fetch(`${world.url}/v1/sessions/${sessionId}`, {
      headers: { authorization: `Bearer ${key}` },
    });
    const { session } = closingSchema.parse(await response.json());
    const digits = session.closing.chargedMicro.padStart(7, "0");
    const fraction = digits.slice(-6).replace(/0{1,4}$/, "");
    return `${digits.slice(0, -6)}.${fraction} DEMO`;
  }
});

/** Asks until it is so; the test's own limit ends it otherwise. */
async function until(isSo: () => Promise<boolean>): Promise<void> {
  for (let round = 0; round < 200; round += 1) {
    if (await isSo()) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error("It did not come about.");
}

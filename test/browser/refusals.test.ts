import { expect } from "chai";
import type { Browser } from "playwright-core";

import { atEvse } from "../../services/domain/tariff-scope.ts";
import { taxedAlike } from "../../services/domain/tariff.ts";
import { tariffIdOf } from "../../services/domain/packed-tariff.ts";
import { accessibilityViolations } from "../helpers/axe.ts";
import { launchBrowser, openWindow, phone, takePicture } from "../helpers/browser.ts";
import { openDriverWindow, type DriverWindow } from "../helpers/driver-window.ts";
import { injectWallet } from "../helpers/injected-wallet.ts";
import { addStation } from "../helpers/running-service.ts";
import { testTariff } from "../helpers/service-chain.ts";
import { startWebWorld, type WebWorld } from "../helpers/web-world.ts";

describe("What the driver's page refuses and explains", function () {
  let browser: Browser;
  let world: WebWorld;
  let driver: DriverWindow | undefined;

  before(async function () {
    world = await startWebWorld();
    browser = await launchBrowser();
  });
  after(async function () {
    await browser.close();
    await world.close();
  });
  afterEach(async function () {
    await driver?.context.close();
    driver = undefined;
  });

  async function arrive(options?: Parameters<typeof openDriverWindow>[2]): Promise<DriverWindow> {
    driver = await openDriverWindow(browser, world, options);
    return driver;
  }

  it("says that a charger is not known, and that an address is none", async function () {
    const { page, goTo } = await arrive({ path: "/evse/4242", window: { viewport: phone } });
    await page.getByText("This charger is not known").waitFor();
    expect(await accessibilityViolations(page)).to.deep.equal([]);
    await takePicture(page, "phone-unknown-charger");
    await goTo("/evse/<img src=x onerror=alert(1)>");
    await page.getByRole("heading", { name: "There is nothing at this address" }).waitFor();
    await page.getByLabel("Number on the charger").fill("seven");
    await page.getByRole("button", { name: "Show", exact: true }).click();
    await page.getByText("Type the number in digits").waitFor();
    expect(await accessibilityViolations(page)).to.deep.equal([]);
  });

  it("says which price holds at one connector alone", async function () {
    const { chain, running } = world;
    const { evse } = await chain.addChargingPoint();
    const dear = { ...testTariff, priceNanoPerKwh: 910_000_000n };
    await chain.publishTariff(dear);
    await addStation(running.service.store, "CS-TWO-PLUGS", [evse]);
    await running.service.store.assignTariffs({
      scopes: [{ ...atEvse(evse), connector: 2 }],
      tariffs: [{ tariffId: tariffIdOf(dear), tariff: dear }],
      ...{ isReplacing: false, at: { blockNumber: 0, atSeconds: 0 }, atMs: Date.now(), by: "test" },
    });
    const { page } = await arrive({ path: `/evse/${evse}`, window: { viewport: phone } });
    await page.getByRole("radio", { name: "Tariff 1" }).waitFor();
    const note = page.getByText("Holds at connector 2 alone.");
    expect(await note.count()).to.equal(0);
    await page.getByRole("radio", { name: "Connector 2" }).check();
    await note.waitFor();
    expect(await accessibilityViolations(page)).to.deep.equal([]);
    await takePicture(page, "phone-price-of-connector");
  });

  it("takes the id that is printed on the charger, however it is typed, and guesses between none", async function () {
    const evse = await world.chain.addEvse("CH*WTP*E4711*1");
    await world.chain.addEvse("CH*WTP*E4712*1");
    await world.chain.addEvse("CHWTPE47121");
    const { page, goTo } = await arrive({ path: "/", window: { viewport: phone } });
    const type = async (typed: string): Promise<void> => {
      await goTo("/");
      await page.getByLabel("Number on the charger").fill(typed);
      await page.getByRole("button", { name: "Show", exact: true }).click();
    };
    for (const typed of ["CH*WTP*E4711*1", " ch wtp e4711 1 ", "CHWTPE47111"]) {
      await type(typed);
      await page.getByRole("heading", { name: `Charger ${evse}` }).waitFor();
    }
    await type("CH*WTP*E4713*1");
    await page.getByText("There is no charger with this id.").waitFor();
    await type("CH*WTP*E4712*1");
    await page.getByText("Several chargers carry this id").waitFor();
    expect(await accessibilityViolations(page)).to.deep.equal([]);
  });

  it("shows what others wrote as text, whatever it is", async function () {
    const hostile = "<img src=x onerror=window.hit=1>";
    const evse = await world.chain.addEvse(hostile);
    const { page } = await arrive({ path: `/evse/${evse}` });
    await page.getByText(hostile).first().waitFor();
    await page.getByText("no valid meter at present").waitFor();
    expect(await page.evaluate("window.hit")).to.equal(undefined);
    expect(await page.locator("img").count()).to.equal(0);
  });

  it("shows the name of a wallet as text, and no picture that is none", async function () {
    const { privateKey } = await world.addDriver();
    const context = await openWindow(browser);
    await injectWallet(context, { privateKey, rpcUrl: world.chain.rpcUrl, walletName: "<script>hit=1</script>" });
    const page = await context.newPage();
    await page.goto(`${world.url}/#/account`);
    await page.getByRole("button", { name: "Pay with <script>hit=1</script>" }).waitFor();
    await context.close();
  });

  it("offers to switch a wallet on another chain, and to add the chain", async function () {
    const { page, wallet, connect } = await arrive();
    wallet.chain.id = 1;
    wallet.chain.known.delete(31_337);
    await connect();
    await page.getByText("Your wallet is on another chain").waitFor();
    expect(await page.getByRole("button", { name: /^Sign and hold/ }).count()).to.equal(0);
    wallet.decline("wallet_addEthereumChain");
    await page.getByRole("button", { name: "Switch to Test chain" }).click();
    await page.getByText("The wallet did not switch.").waitFor();
    expect(await accessibilityViolations(page)).to.deep.equal([]);
    await page.getByRole("button", { name: "Switch to Test chain" }).click();
    await page.getByRole("button", { name: /^Sign and hold/ }).waitFor();
    expect(wallet.chain.id).to.equal(31_337);
  });

  it("takes a no in the wallet for a no", async function () {
    const { page, wallet, connect } = await arrive();
    wallet.decline("eth_requestAccounts");
    await connect();
    await page.getByText("You declined. Nothing has happened.").waitFor();
    await connect();
    wallet.decline("eth_signTypedData_v4");
    await page.getByRole("button", { name: /^Sign and hold/ }).click();
    await page.getByText("You declined. Nothing was held and nothing was sent.").waitFor();
    const { commitment } = await world.chain.contracts.chargingSettlement.accountOf(wallet.address, 0);
    expect(commitment).to.equal(0n);
  });

  it("does not let a driver sign for more than the balance, and leads to paying in", async function () {
    const { page, connect } = await arrive({ funds: { depositMicro: 1_000_000n } });
    await connect();
    await page.getByText("This is more than your balance of 1.00 DEMO: ").waitFor();
    expect(await page.getByRole("button", { name: /^Sign and hold/ }).count()).to.equal(0);
    expect(await accessibilityViolations(page)).to.deep.equal([]);
    await page.getByRole("link", { name: "Pay in" }).click();
    await page.getByRole("heading", { name: "Money", exact: true }).waitFor();
  });

  it("lets the driver send the opening where the relay is away", async function () {
    const { page, wallet, connect } = await arrive();
    await connect();
    await page.route("**/v1/openings", (route) => route.abort());
    await page.getByRole("button", { name: /^Sign and hold/ }).click();
    await page.getByText("the service cannot send it.").waitFor();
    await page.getByRole("button", { name: "Send it from my wallet" }).click();
    // The service had no part in it, and shows how the charge goes on once the driver has signed for it.
    await page.getByText("Only you and the operator may see it.").waitFor();
    expect(await accessibilityViolations(page)).to.deep.equal([]);
    await takePicture(page, "desk-session-hidden");
    await page.getByRole("button", { name: "Sign and show it" }).click();
    await page.getByText("Plug in your car").waitFor();
    expect(wallet.requests.some(({ method }) => method === "eth_sendTransaction")).to.equal(true);
  });

  it("says that a charger without a price cannot be used, and offers nothing to sign", async function () {
    const point = await world.chain.addChargingPoint();
    const { page } = await arrive({ path: `/evse/${point.evse}`, window: { viewport: phone } });
    await page.getByText("This charger has no price, so it cannot be used.").waitFor();
    expect(await page.getByRole("button", { name: "Pay with Test Wallet" }).count()).to.equal(0);
    expect(await accessibilityViolations(page)).to.deep.equal([]);
    await takePicture(page, "phone-charger-without-price");
  });

  it("offers no price that the service does not name, and asks again", async function () {
    const { page, goTo } = await arrive({ path: "/", window: { viewport: phone } });
    await page.route("**/v1/evses/*/tariffs", (route) => route.abort());
    await goTo(`/evse/${world.point.evse}`);
    await page.getByText("The price cannot be shown at the moment").waitFor();
    expect(await accessibilityViolations(page)).to.deep.equal([]);
    await page.unroute("**/v1/evses/*/tariffs");
    await page.getByRole("button", { name: "Try again" }).click();
    await page.getByText("0.5297 DEMO").waitFor();
  });

  it("shows the tariffs of this charger alone, and signs none that ended since", async function () {
    const { store } = world.running.service;
    const point = await world.chain.addChargingPoint();
    const [dear, cheap] = [520_000_000n, 100_000_000n].map((priceNanoPerKwh) => ({
      ...{ ...testTariff, ...taxedAlike(0) },
      priceNanoPerKwh,
    }));
    if (dear === undefined || cheap === undefined) expect.fail("There are two.");
    for (const tariff of [dear, cheap]) await world.chain.publishTariff(tariff);
    await addStation(store, "CS-DEAR", [point.evse], [dear]);
    const { page, wallet, connect, goTo } = await arrive({ path: `/evse/${point.evse}` });
    await page.getByText("0.52 DEMO", { exact: false }).first().waitFor();
    expect(await page.getByText("0.10 DEMO").count()).to.equal(0);
    // With a wallet the page has another way to the chain, and asks everything anew.
    const askedAnew = page.waitForResponse("**/v1/evses/*/tariffs?driver=*");
    await connect();
    await askedAnew;
    await page.getByRole("button", { name: /^Sign and hold/ }).waitFor();
    const ending = { scopes: [atEvse(point.evse)], tariffId: tariffIdOf(dear), by: "operator", atMs: Date.now() };
    await store.unassignTariff({ ...ending, at: { blockNumber: 0, atSeconds: 0 } });
    await page.getByRole("button", { name: /^Sign and hold/ }).click();
    await page.getByText("The price of this charger has changed.").waitFor();
    expect(wallet.requests.some(({ method }) => /sign|send/i.test(method))).to.equal(false);

    // Opened as with any other page, at a price that holds elsewhere.
    const opened = await world.chain.openSession(point, { tariff: cheap });
    await goTo(`/session/${opened.sessionId}`);
    await page.getByText("The operator does not offer this price at this charger").waitFor();
    expect(await accessibilityViolations(page)).to.deep.equal([]);
    await takePicture(page, "desk-session-at-another-price");
  });

  for (const [state, words] of [
    ["occupied", "Somebody is charging here"],
    ["faulted", "The charger reports a fault."],
    ["offline", "The charger has no connection."],
  ] as const) {
    it(`says that a charger is ${state}`, async function () {
      const { page, goTo } = await arrive({ path: "/", window: { viewport: phone } });
      await page.route("**/v1/evses/*/state", (route) =>
        route.fulfill({ json: { evse: world.point.evse, state, status: null } }),
      );
      await goTo(`/evse/${world.point.evse}`);
      await page.getByText(words).waitFor();
      expect(await accessibilityViolations(page)).to.deep.equal([]);
      await takePicture(page, `phone-charger-${state}`);
    });
  }

  it("warns before anything is signed at a charger that is offline: how much is held, and until when", async function () {
    const { page, wallet, connect, goTo } = await arrive({ path: "/", window: { viewport: phone } });
    await page.route("**/v1/evses/*/state", (route) =>
      route.fulfill({ json: { evse: world.point.evse, state: "offline", status: null } }),
    );
    await goTo(`/evse/${world.point.evse}`);
    await connect();
    const warning = page.getByText("This charger is offline.");
    await warning.waitFor();
    const sign = page.getByRole("button", { name: /^Sign and hold/ });
    const amount = /Sign and hold (.+)/.exec((await sign.textContent()) ?? "")?.[1] ?? "none";
    expect(await warning.textContent())
      .to.contain(`${amount} would be held`)
      .and.match(/comes back on .*20[0-9]{2}.* at the latest/);
    const order = await page.getByRole("dialog").textContent();
    expect(order?.indexOf("This charger is offline.")).to.be.below(order?.indexOf("Sign and hold") ?? 0);
    expect(wallet.requests.some(({ method }) => /sign|send/i.test(method))).to.equal(false);
    expect(await accessibilityViolations(page)).to.deep.equal([]);
    await takePicture(page, "phone-offline-warning");
  });

  for (const [locale, words] of [
    ["de-CH", "So viel möchten Sie höchstens zahlen"],
    ["fr-CH", "Le maximum que vous voulez payer"],
    ["it-CH", "Quanto vuole pagare al massimo"],
  ] as const) {
    it(`speaks the language of a browser that wants ${locale}`, async function () {
      const { page } = await arrive({ window: { locale, viewport: phone } });
      await page.getByText(words).first().waitFor();
      expect(await page.locator("html").getAttribute("lang")).to.equal(locale.slice(0, 2));
      expect(await accessibilityViolations(page)).to.deep.equal([]);
      const width: unknown = await page.evaluate("document.documentElement.scrollWidth - window.innerWidth");
      expect(width).to.equal(0);
      await takePicture(page, `phone-${locale}`);
    });
  }

  it("can be used by the keyboard alone", async function () {
    const { page } = await arrive({ path: "/" });
    await page.getByLabel("Number on the charger").waitFor();
    await page.keyboard.press("Tab");
    expect(await page.evaluate("document.activeElement.textContent")).to.equal("Skip to content");
    await page.keyboard.press("Enter");
    expect(await page.evaluate("document.activeElement.tagName")).to.equal("MAIN");
    const isField = async (): Promise<boolean> => (await page.evaluate("document.activeElement.tagName")) === "INPUT";
    for (let presses = 0; presses < 5 && !(await isField()); presses += 1) await page.keyboard.press("Tab");
    await page.keyboard.type(String(world.point.evse));
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: `Charger ${world.point.evse}` }).waitFor();
    // The heading is there a moment before the focus is.
    await page.waitForFunction('document.activeElement.tagName === "MAIN"');
    await page.getByRole("button", { name: / and start$/ }).waitFor();
    await tabTo(page, / and start$/);
    await page.keyboard.press("Enter");
    await page.getByRole("button", { name: "Pay with Test Wallet" }).waitFor();
    await tabTo(page, /^Pay with Test Wallet$/);
    await page.keyboard.press("Enter");
    await page.getByRole("button", { name: /^Sign and hold/ }).waitFor();
    await tabTo(page, /^Sign and hold/);
    await page.keyboard.press("Enter");
    await page.getByText("Plug in your car").waitFor();
  });
});

/** Presses the tabulator until what has the focus is called so. */
async function tabTo(page: DriverWindow["page"], name: RegExp): Promise<void> {
  for (let presses = 0; presses < 30; presses += 1) {
    if (name.test(String(await page.evaluate("document.activeElement.textContent")))) return;
    await page.keyboard.press("Tab");
  }
  expect.fail(`Nothing that is called ${String(name)} has the focus.`);
}

import { readFileSync } from "node:fs";

import { expect } from "chai";
import type { Browser, Page } from "playwright-core";

import { accessibilityViolations } from "../helpers/axe.ts";
import { desk, launchBrowser, phone, takePicture } from "../helpers/browser.ts";
import { dataConsentsAt } from "../helpers/data-consents.ts";
import { openDriverWindow } from "../helpers/driver-window.ts";
import { unzip } from "../helpers/unzip.ts";
import { startWebWorld, type WebWorld } from "../helpers/web-world.ts";

const [fields, records] = [1, 2];
/** How the button that revokes begins in each language. */
const revokeIn = {
  "en-GB": "Revoke now",
  "de-CH": "Jetzt widerrufen",
  "fr-FR": "Révoquer maintenant",
  "it-IT": "Revoca ora",
};

describe("What a driver's page lets others have", function () {
  let browser: Browser;
  let world: WebWorld;

  before(async function () {
    world = await startWebWorld({}, { hasMarket: true });
    browser = await launchBrowser();
  });
  after(async function () {
    await browser.close();
    await world.close();
  });

  async function file(page: Page, button: string): Promise<{ readonly name: string; readonly content: Buffer }> {
    const download = page.waitForEvent("download");
    await page.getByRole("button", { name: button }).click();
    const saved = await download;
    return { name: saved.suggestedFilename(), content: readFileSync(await saved.path()) };
  }

  it("is said to be nothing at first, then what was consented to, and nothing again after one touch", async function () {
    const { page, context, driver, connect, open, goTo, complaints } = await openDriverWindow(browser, world, {
      window: { viewport: phone },
    });
    const { dataConsents = "" } = world.chain.deployment.evidence ?? {};
    const contract = dataConsentsAt(dataConsents, world.chain.contracts.erc20.runner);
    const { operator } = world.chain;
    await goTo("/data");
    await connect();
    await page.getByText("Nobody. Your charges are in no file").waitFor();
    await page.getByText("Once you have charged").waitFor();
    await goTo(`/evse/${world.point.evse}`);
    const sessionId = await open();
    await world.step(sessionId, "B", 0n, 0);
    await world.step(sessionId, "E", 3_000_000_000n, 900);
    await page.getByText("Verified by your phone").waitFor();

    await goTo("/account");
    await page.getByText("Who may use it, and a copy for you").click();
    await page.getByText("Let an operator use your data").click();
    const consent = page.getByRole("button", { name: "Consent", exact: true });
    await page.getByText("what the meter signed, word for word").click();
    await page.getByLabel(/Drivers’ part of each sale, at least/).fill("101");
    await page.getByText("Type a whole number from 0 to 100.").waitFor();
    expect(await consent.isDisabled()).to.equal(true);
    await page.getByLabel(/Drivers’ part of each sale, at least/).fill("30");
    expect(await accessibilityViolations(page)).to.deep.equal([]);
    await takePicture(page, "phone-consent-form");
    await consent.click();
    await page.getByRole("heading", { name: `Operator of charger ${world.point.evse}` }).waitFor();
    await page.getByText("May use: energy and times of each charge, what the meter signed, word for word.").waitFor();
    await page.getByText("at least 30 %").waitFor();
    expect(await contract.isGranted(driver.address, operator, fields | records, 3_000)).to.equal(true);
    expect(await contract.isGranted(driver.address, operator, fields, 2_999)).to.equal(false);
    expect(await accessibilityViolations(page)).to.deep.equal([]);

    await page.getByRole("button", { name: "Revoke now" }).click();
    await page.getByText("Nobody. Your charges are in no file").waitFor();
    expect(await contract.isGranted(driver.address, operator, fields, 10_000)).to.equal(false);
    expect(complaints).to.deep.equal([]);
    await context.close();
  });

  it("are the driver's records as one file after one signature, and a key to them for somebody with a name", async function () {
    const { page, context, wallet, connect, open, goTo } = await openDriverWindow(browser, world, {
      window: { viewport: phone },
    });
    await connect();
    const sessionId = await open();
    const signatures = (): number => wallet.requests.filter(({ method }) => /sign/i.test(method)).length;
    const before = signatures();
    await goTo("/data");
    const own = await file(page, "Give me my records");
    expect(own.name).to.equal("wattproof-records.zip");
    expect([...(await unzip(own.content)).keys()]).to.deep.equal(["README.txt", `sessions/${sessionId}/session.json`]);
    expect(signatures()).to.equal(before + 1);

    await page.getByText("Give them to somebody else").click();
    expect(await page.getByRole("button", { name: "Sign and save the access file" }).isDisabled()).to.equal(true);
    await page.getByLabel("Name of the person or company").fill("Energieberatung Muster");
    await page.getByLabel("90 days").check();
    expect(await accessibilityViolations(page)).to.deep.equal([]);
    await takePicture(page, "phone-records-for");
    const access = await file(page, "Sign and save the access file");
    expect(access.name).to.equal("wattproof-access.json");
    // The third party sends the file as it is.
    const headers = { "content-type": "application/json" };
    const body = access.content.toString("utf8");
    const answer = await fetch(`${world.url}/v1/driver-records`, { method: "POST", headers, body });
    expect(answer.status).to.equal(200);
    const files = await unzip(Buffer.from(await answer.arrayBuffer()));
    expect([...files.keys()]).to.include(`sessions/${sessionId}/session.json`);
    await context.close();
  });

  for (const [locale, revoke] of Object.entries(revokeIn)) {
    for (const [name, viewport] of Object.entries({ phone, desk })) {
      for (const colorScheme of ["light", "dark"] as const) {
        it(`fit the screen: ${locale}, ${name}, ${colorScheme}`, async function () {
          const { page, context, driver, goTo } = await openDriverWindow(browser, world, {
            window: { viewport, colorScheme, locale },
          });
          await world.chain.request("hardhat_impersonateAccount", [driver.address]);
          const { evidence } = world.chain.deployment;
          const until = (await world.chain.headSeconds()) + 86_400;
          const terms = { scopes: 15, until, shareBps: 2_550, lane: 0, nonce: 0 };
          const consent = { driver: driver.address, grantee: world.chain.operator, ...terms };
          const data = dataConsentsAt(evidence?.dataConsents ?? "", null).interface.encodeFunctionData("grant", [
            consent,
          ]);
          const call = { from: driver.address, to: evidence?.dataConsents, data };
          await world.chain.request("eth_sendTransaction", [call]);
          await goTo("/data");
          await page.getByRole("button", { name: /Test Wallet/ }).click();
          await page.getByRole("button", { name: revoke }).waitFor();
          await page.evaluate('for (const fold of document.querySelectorAll("details.fold")) fold.open = true');
          expect(await page.evaluate("document.documentElement.scrollWidth - window.innerWidth")).to.be.at.most(0);
          expect(await accessibilityViolations(page)).to.deep.equal([]);
          await takePicture(page, `data-${locale}-${name}-${colorScheme}`);
          await context.close();
        });
      }
    }
  }
});

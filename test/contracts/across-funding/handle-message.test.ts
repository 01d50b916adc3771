import { expect } from "chai";
import { AbiCoder, concat, toBeHex, ZeroAddress } from "ethers";

import type { AcrossFunding, DemoToken, HostileToken } from "../../../types/index.ts";
import { ethers, networkHelpers } from "../../helpers/chain.ts";
import { eventsOf } from "../../helpers/outcome.ts";
import { SESSION_TERMS_TYPES, type Terms } from "../../helpers/session-terms.ts";
import { DEPOSIT, HOLD } from "../../helpers/settlement-fixture.ts";
import { deployedWaysIn, hostileWaysIn, termsOf, type WaysInFixture } from "../../helpers/ways-in-fixture.ts";

const LANE = 3n;

type Fixture<Token> = WaysInFixture<Token> & { readonly across: AcrossFunding };

async function around<Token>(fixture: WaysInFixture<Token>): Promise<Fixture<Token>> {
  // The pool is an account here, so that it can be made to lie.
  const { settlement, relayer } = fixture;
  return { ...fixture, across: await ethers.deployContract("AcrossFunding", [settlement, relayer.address]) };
}

const usual = async (): Promise<Fixture<DemoToken>> => around(await deployedWaysIn());
const hostile = async (): Promise<Fixture<HostileToken>> => around(await hostileWaysIn(18));

function messageOf(driver: string, lane = LANE, ...behind: readonly string[]): string {
  return concat([driver, toBeHex(lane, 4), ...behind]);
}

async function signedTermsOf({ domain, driver }: Fixture<DemoToken>, terms: Terms, signer = driver): Promise<string> {
  const signature = await signer.signTypedData(domain, SESSION_TERMS_TYPES, terms);
  const fields = SESSION_TERMS_TYPES.SessionTerms.map(({ type, name }) => `${type} ${name}`);
  return AbiCoder.defaultAbiCoder().encode([`tuple(${fields.join(",")})`, "bytes"], [terms, signature]);
}

describe("AcrossFunding.handleV3AcrossMessage", () => {
  let fixture: Fixture<DemoToken>;

  beforeEach(async () => {
    fixture = await networkHelpers.loadFixture(usual);
  });

  /** As the pool does: first the tokens, then the call. */
  async function fill(amount: bigint, message: string, sent = amount) {
    const { across, erc20, relayer } = fixture;
    await erc20.mint(across, sent);
    return (await across.connect(relayer).handleV3AcrossMessage(erc20, amount, relayer, message)).wait();
  }

  async function freeOf(driver: string, lane = LANE): Promise<bigint> {
    return (await fixture.settlement.accountOf(driver, lane)).freeMicro;
  }

  it("refuses whoever is not the pool", async () => {
    const { across, erc20, driver, relayer } = fixture;

    await expect(across.connect(driver).handleV3AcrossMessage(erc20, HOLD, relayer, messageOf(driver.address)))
      .to.be.revertedWithCustomError(across, "NotSpokePool")
      .withArgs(driver.address, relayer.address);
  });

  it("refuses another token", async () => {
    const { across, erc20, driver, relayer } = fixture;

    await expect(across.connect(relayer).handleV3AcrossMessage(driver, HOLD, relayer, messageOf(driver.address)))
      .to.be.revertedWithCustomError(across, "TokenMismatch")
      .withArgs(driver.address, await erc20.getAddress());
  });

  it("refuses a message without driver and lane, or for nobody", async () => {
    const { across, erc20, driver, relayer } = fixture;
    const short = concat([driver.address, "0x000000"]);

    await expect(across.connect(relayer).handleV3AcrossMessage(erc20, HOLD, relayer, short))
      .to.be.revertedWithCustomError(across, "MessageTooShort")
      .withArgs(23n, 24n);
    await expect(
      across.connect(relayer).handleV3AcrossMessage(erc20, HOLD, relayer, messageOf(ZeroAddress)),
    ).to.be.revertedWithCustomError(across, "DriverZero");
  });

  it("lets nobody else open from a message", async () => {
    const { across, driver } = fixture;

    await expect(across.connect(driver).openFromMessage("0x"))
      .to.be.revertedWithCustomError(across, "NotSelf")
      .withArgs(driver.address);
  });

  it("pays what arrived into the lane, whoever the driver is", async () => {
    const { across, driver, erc20 } = fixture;

    const receipt = await fill(DEPOSIT, messageOf(driver.address));

    expect(eventsOf(receipt, across)).to.deep.equal([
      ["FillReceived", driver.address, LANE, DEPOSIT],
      ["FillDeposited", driver.address, LANE, DEPOSIT, 0n],
    ]);
    expect([await freeOf(driver.address), await erc20.balanceOf(across)]).to.deep.equal([DEPOSIT, 0n]);
  });

  it("opens the session whose terms the driver has signed", async () => {
    const { across, settlement, driver } = fixture;
    const terms = termsOf(fixture, { lane: LANE });

    const receipt = await fill(DEPOSIT, messageOf(driver.address, LANE, await signedTermsOf(fixture, terms)));

    expect(eventsOf(receipt, across).map(([name]) => name)).to.deep.equal(["FillReceived", "FillDeposited"]);
    const { freeMicro, commitment } = await settlement.accountOf(driver.address, LANE);
    expect([freeMicro, commitment !== 0n]).to.deep.equal([DEPOSIT - HOLD, true]);
  });

  it("leaves the money free where the session does not open, or the rest of the message is no terms", async () => {
    const { across, guard, guardian, driver, settlement } = fixture;
    const terms = termsOf(fixture, { lane: LANE });
    const signed = await signedTermsOf(fixture, terms);
    let expected = 0n;
    for (const behind of [
      await signedTermsOf(fixture, { ...terms, nonce: 9n }),
      await signedTermsOf(fixture, { ...terms, holdMicro: 100n * DEPOSIT }),
      await signedTermsOf(fixture, terms, fixture.otherDriver),
      "0x01",
      `0x${"ff".repeat(96)}`,
    ]) {
      const receipt = await fill(DEPOSIT, messageOf(driver.address, LANE, behind));
      expected += DEPOSIT;
      expect(eventsOf(receipt, across).at(-1), behind).to.deep.equal(["OpeningFailed", driver.address, LANE]);
      expect(await freeOf(driver.address)).to.equal(expected);
    }
    await guard.connect(guardian).pauseOpening();
    await fill(DEPOSIT, messageOf(driver.address, LANE, signed));
    expect(await freeOf(driver.address)).to.equal(expected + DEPOSIT);
    expect((await settlement.accountOf(driver.address, LANE)).commitment).to.equal(0n);
  });

  it("credits no more than arrived, nor what waits for others", async () => {
    const { across, driver, otherDriver } = fixture;
    await fill(DEPOSIT, messageOf(driver.address), HOLD);

    await fill(DEPOSIT, messageOf(otherDriver.address), 0n);

    expect([await freeOf(driver.address), await freeOf(otherDriver.address)]).to.deep.equal([HOLD, 0n]);
    expect(await across.waitingOf(otherDriver.address, LANE)).to.equal(0n);
  });

  it("keeps the money where the deposit fails, until anybody pays it in", async () => {
    const other = await networkHelpers.loadFixture(hostile);
    const { across, erc20, settlement, relayer, driver, otherDriver } = other;
    await erc20.mint(across, 5n * 10n ** 18n);
    await erc20.setDenied(settlement, true);

    const receipt = await (
      await across.connect(relayer).handleV3AcrossMessage(erc20, 5n * 10n ** 18n, relayer, messageOf(driver.address))
    ).wait();

    expect(eventsOf(receipt, across).at(-1)).to.deep.equal(["DepositDelayed", driver.address, LANE]);
    expect(await across.waitingOf(driver.address, LANE)).to.equal(5n * 10n ** 18n);
    await erc20.setDenied(settlement, false);
    await across.connect(otherDriver).depositWaiting(driver.address, LANE);
    expect((await settlement.accountOf(driver.address, LANE)).freeMicro).to.equal(5_000_000n);
    expect(await across.waitingOf(driver.address, LANE)).to.equal(0n);
  });

  it("keeps a remainder below the unit for the driver's next fill", async () => {
    const other = await networkHelpers.loadFixture(hostile);
    const { across, erc20, settlement, relayer, driver, otherDriver } = other;
    const unit = 10n ** 12n;
    const send = async (amount: bigint, to: string) => {
      await erc20.mint(across, amount);
      return (await across.connect(relayer).handleV3AcrossMessage(erc20, amount, relayer, messageOf(to))).wait();
    };

    const receipt = await send(7n * unit + 600n, driver.address);
    await send(unit - 1n, otherDriver.address);
    await send(2n * unit - 500n, driver.address);

    expect(eventsOf(receipt, across).at(-1)).to.deep.equal(["FillDeposited", driver.address, LANE, 7n * unit, 600n]);
    expect((await settlement.accountOf(driver.address, LANE)).freeMicro).to.equal(9n);
    expect(await across.waitingOf(driver.address, LANE)).to.equal(100n);
    expect(await across.waitingOf(otherDriver.address, LANE)).to.equal(unit - 1n);
  });
});

describe("AcrossFunding.withdrawWaiting", () => {
  it("refuses where nothing waits, and where nothing whole can be paid in", async () => {
    const { across, driver } = await networkHelpers.loadFixture(usual);

    await expect(across.connect(driver).withdrawWaiting(LANE, driver))
      .to.be.revertedWithCustomError(across, "NothingWaiting")
      .withArgs(driver.address, LANE);
    await expect(across.depositWaiting(driver.address, LANE))
      .to.be.revertedWithCustomError(across, "NothingWaiting")
      .withArgs(driver.address, LANE);
  });

  it("sends what waits for the driver to whom the driver names, once", async () => {
    const { across, erc20, relayer, driver, otherDriver } = await networkHelpers.loadFixture(hostile);
    await erc20.mint(across, 900n);
    await across.connect(relayer).handleV3AcrossMessage(erc20, 900n, relayer, messageOf(driver.address));
    const before = await erc20.balanceOf(otherDriver);

    const receipt = await (await across.connect(driver).withdrawWaiting(LANE, otherDriver)).wait();

    expect(eventsOf(receipt, across)).to.deep.equal([
      ["WaitingWithdrawn", driver.address, LANE, otherDriver.address, 900n],
    ]);
    expect((await erc20.balanceOf(otherDriver)) - before).to.equal(900n);
    await expect(across.connect(driver).withdrawWaiting(LANE, otherDriver)).to.be.revertedWithCustomError(
      across,
      "NothingWaiting",
    );
  });
});

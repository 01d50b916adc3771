import { expect } from "chai";

import { ethers, networkHelpers } from "../../helpers/chain.ts";
import {
  DEPOSIT,
  fundedSettlement,
  HOLD,
  OpeningRefusal,
  type SettlementFixture,
  termsOf,
  commitmentIn,
} from "../../helpers/settlement-fixture.ts";

describe("ChargingSettlement.openAuthorized", () => {
  let fixture: SettlementFixture;

  beforeEach(async () => {
    fixture = await networkHelpers.loadFixture(fundedSettlement);
  });

  it("refuses everybody but the two modules, also the driver and the other contracts", async () => {
    const { settlement, addresses, driver, operator, owner, guardian, thief } = fixture;
    const contracts = [addresses.MeterSettlement, addresses.Challenges, addresses.PartnerAgreements];
    for (const address of contracts) {
      await networkHelpers.impersonateAccount(address);
      await networkHelpers.setBalance(address, 10n ** 18n);
    }
    const callers = [driver, operator, owner, guardian, thief, ...(await Promise.all(contracts.map(ethers.getSigner)))];
    for (const caller of callers) {
      await expect(settlement.connect(caller).openAuthorized(termsOf(fixture)))
        .to.be.revertedWithCustomError(settlement, "NotNeighbour")
        .withArgs(caller.address);
    }
  });

  for (const name of ["VehicleConsents", "AuthorizedFunding"] as const) {
    it(`opens for ${name}, under the rules of every opening`, async () => {
      const { settlement, addresses, driver, openingGuard, guardian } = fixture;
      const terms = termsOf(fixture);
      await networkHelpers.impersonateAccount(addresses[name]);
      await networkHelpers.setBalance(addresses[name], 10n ** 18n);
      const module = await ethers.getSigner(addresses[name]);
      await openingGuard.connect(guardian).pauseOpening();
      await expect(settlement.connect(module).openAuthorized(terms)).to.be.revertedWithCustomError(
        settlement,
        "OpeningPaused",
      );
      await openingGuard.connect(guardian).resumeOpening();
      await expect(settlement.connect(module).openAuthorized({ ...terms, holdMicro: DEPOSIT + 1n }))
        .to.be.revertedWithCustomError(settlement, "OpeningRefused")
        .withArgs(OpeningRefusal.HoldAboveBalance, DEPOSIT + 1n, DEPOSIT);

      await settlement.connect(module).openAuthorized(terms);

      expect(await settlement.accountOf(driver.address, 0)).to.deep.equal([
        DEPOSIT - HOLD,
        1n,
        await commitmentIn(fixture, terms),
      ]);
    });
  }
});

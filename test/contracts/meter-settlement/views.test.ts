import { expect } from "chai";

import { networkHelpers } from "../../helpers/chain.ts";
import { meteredSessions, type MeterSettlementFixture } from "../../helpers/meter-settlement-fixture.ts";

describe("MeterSettlement views", () => {
  let fixture: MeterSettlementFixture;

  beforeEach(async () => {
    fixture = await networkHelpers.loadFixture(meteredSessions);
  });

  it("know no record of a meter that settled nothing", async () => {
    expect([...(await fixture.meterSettlement.lastRecordOf(1))]).to.deep.equal([0n, 0n]);
    expect([...(await fixture.meterSettlement.lastRecordOf(99))]).to.deep.equal([0n, 0n]);
  });

  it("tell which contracts it goes by, and that the core takes its word", async () => {
    const { meterSettlement, settlement, meterRegistry, scanner } = fixture;

    expect(await meterSettlement.settlement()).to.equal(await settlement.getAddress());
    expect(await settlement.meterSettlement()).to.equal(await meterSettlement.getAddress());
    expect(await meterSettlement.meterRegistry()).to.equal(await meterRegistry.getAddress());
    expect(await meterSettlement.ocmfScanner()).to.equal(await scanner.getAddress());
  });
});

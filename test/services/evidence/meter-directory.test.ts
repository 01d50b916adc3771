import { expect } from "chai";

import type { RegisteredEvse, RegisteredMeter } from "../../../services/chain/chain.ts";
import type { SessionTerms } from "../../../services/domain/terms.ts";
import { createMeterDirectory } from "../../../services/evidence/meter-directory.ts";

const operator = `0x${"0a".repeat(20)}`;
const terms: SessionTerms = {
  ...{ driver: `0x${"0d".repeat(20)}`, lane: 0, nonce: 0, operator, agreement: 3, evse: 1, meter: 2 },
  ...{ maximumPowerW: 22_000, tariffId: `0x${"00".repeat(32)}`, holdMicro: 1n, expiresAt: 9 },
};
const evse = { operator, maximumPowerW: 22_000, evseId: "DE*WTP*E1" } as RegisteredEvse;
const meter = { evse: 1, possession: "proven-on-chain", status: "active" } as RegisteredMeter;

describe("The agreement that sessions have to name", () => {
  function obstacleTo(agreement: number, servedAgreement?: number | null): Promise<string | null> {
    const chain = {
      readEvse: () => Promise.resolve(evse),
      readMeter: () => Promise.resolve(meter),
      readAgreement: (number: number) =>
        Promise.resolve(number > 4 ? null : { operator, shares: [], signedCount: 0, isSigned: true, isRetired: false }),
    };
    return createMeterDirectory({ chain, servedAgreement: servedAgreement ?? null }).findObstacle({
      ...{ ...terms, agreement },
    });
  }

  it("is any that binds, or none, unless one is set", async () => {
    for (const agreement of [0, 3, 4]) expect(await obstacleTo(agreement)).to.equal(null);
    expect(await obstacleTo(5)).to.equal("AGREEMENT_NOT_BINDING");
  });

  it("is the one that is set, and no other and not none", async () => {
    expect(await obstacleTo(3, 3)).to.equal(null);
    for (const agreement of [0, 4, 5]) expect(await obstacleTo(agreement, 3)).to.equal("AGREEMENT_NOT_SERVED");
  });
});

import { expect } from "chai";

import type { Deployment } from "../../../services/chain/deployment.ts";
import { parseConfiguration } from "../../../services/config/config.ts";
import { forEachRole } from "../../../services/contracts.ts";
import { pageSettingsOf } from "../../../services/http/public/page-configuration.ts";

const address = `0x${"0a".repeat(20)}`;
const deployment: Deployment = { chainId: 31_337, blockNumber: 1, contracts: forEachRole(address) };

describe("The agreement under which sessions open from the page", () => {
  function agreementOf(settings: Readonly<Record<string, string>>): number | null {
    const config = parseConfiguration({
      WATTPROOF_RPC_URL: "http://127.0.0.1:8545",
      WATTPROOF_DEPLOYMENT: "deployment.json",
      WATTPROOF_DATA: "data",
      WATTPROOF_ORACLE_PRIVATE_KEY: `0x${"11".repeat(32)}`,
      ...settings,
    });
    return pageSettingsOf(config, deployment, address).partnerAgreement;
  }

  it("is the one of the page, else the only one that is served, else the chain's newest", () => {
    expect(agreementOf({})).to.equal(null);
    expect(agreementOf({ WATTPROOF_SERVED_AGREEMENT: "3" })).to.equal(3);
    expect(agreementOf({ WATTPROOF_SERVED_AGREEMENT: "3", WATTPROOF_PARTNER_AGREEMENT: "4" })).to.equal(4);
  });
});

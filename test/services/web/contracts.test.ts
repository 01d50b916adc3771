import { expect } from "chai";
import { EventFragment, FunctionFragment, Interface } from "ethers";
import hre from "hardhat";

import {
  agreementInterface,
  challengesInterface,
  consentInterface,
  erc20Interface,
  meterInterface,
  salesInterface,
  settlementInterface,
  signingTokenInterface,
  tariffInterface,
} from "../../../services/web/page/chain/contracts.ts";
import {
  passkeyAccountInterface,
  passkeyAccountsInterface,
} from "../../../services/web/page/wallet/passkey/passkey-chain.ts";

const pairs = [
  ["IChargingSettlement", settlementInterface],
  ["ITariffRegistry", tariffInterface],
  ["IMeterRegistry", meterInterface],
  ["IChallenges", challengesInterface],
  ["IPartnerAgreements", agreementInterface],
  ["IDataConsents", consentInterface],
  ["DriversPool", salesInterface],
  ["DemoToken", erc20Interface],
  ["DemoToken", signingTokenInterface],
  ["IPasskeyAccounts", passkeyAccountsInterface],
  ["PasskeyAccount", passkeyAccountInterface],
] as const;

describe("What the page knows of the contracts", function () {
  for (const [name, known] of pairs) {
    it(`is what ${name} was compiled to`, async function () {
      const compiled = new Interface((await hre.artifacts.readArtifact(name)).abi);
      for (const fragment of known.fragments) {
        const own = fragment.format("full");
        if (fragment instanceof EventFragment) {
          expect(compiled.getEvent(fragment.topicHash)?.format("sighash"), own).to.equal(fragment.format("sighash"));
          const indexed = compiled
            .getEvent(fragment.topicHash)
            ?.inputs.map((input) => [input.name, input.indexed === true]);
          expect(indexed, own).to.deep.equal(fragment.inputs.map((input) => [input.name, input.indexed === true]));
        } else if (fragment instanceof FunctionFragment) {
          const other = compiled.getFunction(fragment.selector);
          expect(other?.format("sighash"), own).to.equal(fragment.format("sighash"));
          expect(other?.outputs.map((output) => output.format("sighash"))).to.deep.equal(
            fragment.outputs.map((output) => output.format("sighash")),
          );
        }
      }
    });
  }
});

import { expect } from "chai";

import { WattproofError } from "../../../services/errors.ts";
import { ChainUnreachableError, type ChainAccess } from "../../../services/web/page/chain/chain-access.ts";
import { checkDossier } from "../../../services/web/page/receipt/check-dossier.ts";
import { bytesOf, judge, usualDossier } from "../../helpers/dossier-world.ts";

/** Nobody is there to ask. */
const nowhere: ChainAccess = {
  request: () => Promise.reject(new ChainUnreachableError("There is no chain.")),
};

function fileOf(content: unknown): Blob {
  return new Blob([Uint8Array.from(bytesOf(content))]);
}

describe("The page's check of dossiers", function () {
  const dossier = usualDossier();
  const { contracts } = dossier.manifest;

  it("comes to the same verdict as the command, without a chain", async function () {
    const { verdict, manifest, isOurs } = await checkDossier(fileOf(dossier), nowhere, contracts);
    expect(verdict).to.deep.equal(await judge(dossier));
    expect([verdict.verdict, isOurs, manifest?.purpose]).to.deep.equal(["accepted", true, "NL-ERE-2026"]);
  });

  it("says why a dossier is refused, in the same words", async function () {
    const fraud = structuredClone(dossier);
    for (const month of fraud.months) month.exclusions = [];
    const { verdict } = await checkDossier(fileOf(fraud), nowhere, contracts);
    expect(verdict).to.deep.equal(await judge(fraud));
    expect(verdict.reasons[0]?.code).to.equal("DOSSIER_EXCLUSIONS_DIFFER");
  });

  it("tells a dossier of other contracts from one of its own", async function () {
    const others = { ...contracts, chargingSettlement: `0x${"99".repeat(20)}` };
    expect((await checkDossier(fileOf(dossier), nowhere, others)).isOurs).to.equal(false);
  });

  it("does not take what is no dossier for one", async function () {
    const { verdict, manifest } = await checkDossier(fileOf({ format: "wattproof-dossier" }), nowhere, contracts);
    expect([verdict.verdict, manifest]).to.deep.equal(["refused", null]);
    const error = await checkDossier(fileOf("{"), nowhere, contracts).catch((caught: unknown) => caught);
    expect(error).to.be.instanceOf(WattproofError);
  });

  it("passes on what else goes wrong with the chain", async function () {
    const broken: ChainAccess = { request: () => Promise.reject(new Error("It answers nonsense.")) };
    const error = await checkDossier(fileOf(dossier), broken, contracts).catch((caught: unknown) => caught);
    expect(String(error)).to.contain("nonsense");
  });
});

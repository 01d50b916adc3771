import { expect } from "chai";
import { Wallet } from "ethers";

import { createAuthority } from "../helpers/certificates.ts";
import { askIdTokens, bindingOf, consentIdOf, createFleet, type Fleet } from "../helpers/fleet.ts";
import { runService, type RunningService } from "../helpers/running-service.ts";
import { startServiceChain, type ServiceChain } from "../helpers/service-chain.ts";

const contractId = "DE-8AA-CA2B3C4D5-N";

describe("The operator's doors for cards and contracts", function () {
  let chain: ServiceChain;
  let fleet: Fleet;
  let running: RunningService;
  let url: string;

  before(async function () {
    chain = await startServiceChain();
    fleet = await createFleet(chain);
    running = await runService(chain, fleet.environment);
    ({ url } = running.service);
  });
  after(async function () {
    await running.close();
    await chain.close();
  });

  const codeOf = async (path: "/bind" | "/unbind", body: unknown, key?: string) =>
    (await askIdTokens(url, path, body, key)).code;

  it("lets only the operator in", async function () {
    const wrong = "w".repeat(32);
    expect(await codeOf("/bind", {}, wrong)).to.equal("OPERATOR_UNAUTHENTICATED");
    expect(await codeOf("/unbind", {}, wrong)).to.equal("OPERATOR_UNAUTHENTICATED");
    expect((await askIdTokens(url, "", undefined, wrong)).code).to.equal("OPERATOR_UNAUTHENTICATED");
  });

  it("refuses to bind where the service holds no key of a fleet", async function () {
    const without = await runService(chain, {
      WATTPROOF_OPERATOR_KEY: fleet.environment["WATTPROOF_OPERATOR_KEY"] ?? "",
    });
    const consent = await fleet.consent();
    const { status, code } = await askIdTokens(without.service.url, "/bind", bindingOf("04AA", consent));
    expect([status, code]).to.deep.equal([503, "FLEET_NOT_CONFIGURED"]);
    await without.close();
  });

  it("refuses what is no binding", async function () {
    const consent = await fleet.consent();
    const good = bindingOf("04AA", consent);
    for (const body of [
      "{",
      {},
      { ...good, idToken: "" },
      { ...good, idToken: "x".repeat(37) },
      { ...good, idToken: "with blank" },
      { ...good, type: "KeyCode" },
      { ...good, type: "NoAuthorization" },
      { ...good, type: [] },
      { ...good, type: ["Local", "KeyCode"] },
      { ...good, type: ["Local", "Local"] },
      { ...good, type: ["eMAID", "Local"] },
      { ...good, tariffId: "0x12" },
      { ...good, holdMicro: "0" },
      { ...good, holdMicro: (consent.sessionCapMicro + 1n).toString() },
      { ...good, more: 1 },
      { ...good, consent: { ...consent, sessionCapMicro: "1", periodCapMicro: "1", vehicleKey: "0x12" } },
      { ...good, consent: { ...consent, sessionCapMicro: "1", periodCapMicro: "1", operators: [] } },
    ]) {
      expect(await codeOf("/bind", body), JSON.stringify(body)).to.equal("ID_TOKEN_INVALID");
    }
    expect(await codeOf("/unbind", { idToken: 4 })).to.equal("ID_TOKEN_INVALID");
  });

  it("refuses a consent for a key that it does not hold, and one that does not stand", async function () {
    const foreign = await fleet.consent({ vehicleKey: Wallet.createRandom().address.toLowerCase() });
    expect(await codeOf("/bind", bindingOf("04AA", foreign))).to.equal("FLEET_KEY_UNKNOWN");
    const consent = await fleet.consent();
    const never = { ...consent, expiresAt: consent.expiresAt + 1 };
    expect(await codeOf("/bind", bindingOf("04AA", never))).to.equal("VEHICLE_CONSENT_MISSING");
    await fleet.revoke(consent);
    const { code, answer } = await askIdTokens(url, "/bind", bindingOf("04AA", consent));
    expect(code).to.equal("VEHICLE_CONSENT_MISSING");
    expect(JSON.stringify(answer)).to.include(consentIdOf(consent)).and.to.include("revoked");
  });

  it("refuses a tariff that nobody has published", async function () {
    const binding = bindingOf("04AA", await fleet.consent(), { tariffId: `0x${"12".repeat(32)}` });
    expect(await codeOf("/bind", binding)).to.equal("TARIFF_UNPUBLISHED");
  });

  it("refuses a certificate that is not the contract's", async function () {
    const consent = await fleet.consent();
    const [authority, other] = [await createAuthority("A"), await createAuthority("B")];
    const { certificate } = await authority.certify(contractId);
    const { certificate: stranger } = await authority.certify("DE-8AA-CA2B3C4D6-N");
    for (const [type, certificatePem] of [
      ["eMAID", "no certificate"],
      ["eMAID", certificate],
      ["eMAID", `${certificate}\n${other.certificate}`],
      ["eMAID", `${stranger}\n${authority.certificate}`],
      ["ISO14443", `${certificate}\n${authority.certificate}`],
    ] as const) {
      const binding = bindingOf(contractId, consent, { type, certificatePem });
      expect(await codeOf("/bind", binding), `${type} ${certificatePem}`).to.equal("CONTRACT_CERTIFICATE_INVALID");
    }
  });

  it("binds, shows, replaces and unbinds, in whatever spelling", async function () {
    const consent = await fleet.consent();
    expect(await codeOf("/unbind", { idToken: contractId })).to.equal("ID_TOKEN_UNKNOWN");
    const binding = bindingOf(contractId.toLowerCase(), consent, { type: "eMAID", holdMicro: "5000000" });
    const bound = await askIdTokens(url, "/bind", binding);
    expect(bound.answer).to.deep.include({
      ...{ idToken: "DE8AACA2B3C4D5N", type: "eMAID", consentId: consentIdOf(consent) },
      ...{ agreement: 0, holdMicro: "5000000", hasCertificate: false },
    });
    const listed = await askIdTokens(url, "");
    expect(listed.answer).to.deep.equal({ idTokens: [bound.answer], latest: [], unpaid: [] });

    const replaced = await askIdTokens(url, "/bind", bindingOf("DE8AACA2B3C4D5N", consent, { type: "eMAID" }));
    expect(replaced.answer).to.have.property("holdMicro", consent.sessionCapMicro.toString());
    expect(await codeOf("/unbind", { idToken: contractId, type: "ISO14443" })).to.equal("ID_TOKEN_UNKNOWN");
    expect((await askIdTokens(url, "/unbind", { idToken: contractId })).answer).to.deep.equal({
      idToken: "DE8AACA2B3C4D5N",
      type: "eMAID",
    });
    expect((await askIdTokens(url, "")).answer).to.deep.include({ idTokens: [] });
  });
});

// Before the library of certificates, which looks for it when it is loaded.
import "../../helpers/reflect-metadata.ts";

import { createHash } from "node:crypto";

import * as x509 from "@peculiar/x509";
import { expect } from "chai";

import type { VehicleConsent } from "../../../services/domain/vehicle-consent.ts";
import { createAuthority } from "../../helpers/certificates.ts";
import type { Charger } from "../../helpers/charger.ts";
import { openChargingWorld, type ChargingWorld } from "../../helpers/charging-world.ts";
import { askIdTokens, bindingOf, createFleet, type Fleet } from "../../helpers/fleet.ts";
import { startServiceChain, type ChargingPoint, type ServiceChain } from "../../helpers/service-chain.ts";

const contractId = "DE-8AA-CA2B3C4D5-N";
const presentedId = "de8aaca2b3c4d5n";
const afterAllCertificatesMs = Date.parse("2126-01-01T00:00:00Z");

/** What a station says of a certificate, computed without our code. */
function hashesOf(pem: string, issuerPem: string, algorithm: "SHA256" | "SHA512") {
  const [certificate, issuer] = [new x509.X509Certificate(pem), new x509.X509Certificate(issuerPem)];
  const digest = (bytes: ArrayBuffer | Uint8Array) =>
    createHash(algorithm.toLowerCase())
      .update(bytes instanceof Uint8Array ? bytes : new Uint8Array(bytes))
      .digest("hex");
  // The point of a key of P-256 are the last 65 bytes of its SubjectPublicKeyInfo.
  const keyBits = new Uint8Array(issuer.publicKey.rawData).slice(-65);
  return {
    hashAlgorithm: algorithm,
    issuerNameHash: digest(certificate.issuerName.toArrayBuffer()),
    issuerKeyHash: digest(keyBits).toUpperCase(),
    serialNumber: certificate.serialNumber.replace(/^0+/, ""),
    responderURL: "http://127.0.0.1:1/",
  };
}

describe("Contracts of vehicles that open sessions", function () {
  let chain: ServiceChain;
  let fleet: Fleet;
  let world: ChargingWorld;
  let consent: VehicleConsent;
  let point: ChargingPoint;
  let charger: Charger;
  let authority: Awaited<ReturnType<typeof createAuthority>>;
  let certificate: string;
  let issued: string;

  before(async function () {
    chain = await startServiceChain();
    fleet = await createFleet(chain);
    authority = await createAuthority("Mobility operator");
    ({ certificate } = await authority.certify(contractId));
    issued = `${certificate}\n${authority.certificate}`;
  });
  beforeEach(async function () {
    world = await openChargingWorld(chain, fleet.environment);
    consent = await fleet.consent();
    point = await chain.addChargingPoint();
  });
  afterEach(async function () {
    await world.close();
  });
  after(async function () {
    await chain.close();
  });

  async function bindContract(changes: Readonly<Record<string, unknown>> = {}): Promise<void> {
    const binding = bindingOf(contractId, consent, { type: "eMAID", certificatePem: issued, ...changes });
    const { status, answer } = await askIdTokens(world.service.url, "/bind", binding);
    expect(status, JSON.stringify(answer)).to.equal(200);
  }

  const authorize = (extra: object = {}, type = "eMAID") =>
    charger.call("Authorize", { idToken: { idToken: presentedId, type }, ...extra });
  const statusesOf = async (extra: object): Promise<unknown[]> => {
    const { idTokenInfo, certificateStatus } = await authorize(extra);
    return [(idTokenInfo as { readonly status: string }).status, certificateStatus];
  };

  for (const protocol of ["ocpp2.0.1", "ocpp2.1"] as const) {
    it(`opens a session for a contract over ${protocol}, and settles what the meter signed`, async function () {
      await bindContract();
      charger = await world.connect("PNC-1", protocol, [point.evse]);
      await world.service.synchronise();
      const cacheExpiryDateTime = new Date(consent.expiresAt * 1_000).toISOString();
      expect(await authorize()).to.deep.equal({ idTokenInfo: { status: "Accepted", cacheExpiryDateTime } });

      const event = (eventType: string, seqNo: number, triggerReason: string, extra: object) =>
        charger.call("TransactionEvent", {
          ...{ eventType, seqNo, triggerReason, timestamp: world.at(seqNo) },
          transactionInfo: { transactionId: "T-1" },
          ...extra,
        });
      const evse = { id: 1, connectorId: 1 };
      const idToken = { idToken: presentedId, type: "eMAID" };
      const begin = [{ timestamp: world.at(0), sampledValue: [{ value: 1_000, context: "Transaction.Begin" }] }];
      expect(await event("Started", 0, "CablePluggedIn", { evse, meterValue: begin })).to.deep.equal({});
      expect(await event("Updated", 1, "Authorized", { idToken })).to.deep.equal({
        idTokenInfo: { status: "Accepted" },
      });
      await world.settle();
      const { latest } = (await askIdTokens(world.service.url, "")).answer as unknown as {
        readonly latest: readonly { readonly status: string; readonly sessionId: string }[];
      };
      expect(latest).to.have.length(1);
      expect(latest[0]?.status).to.equal("attached");

      const beginSeconds = Math.floor(world.nowMs / 1_000);
      const times = { beginSeconds, endSeconds: beginSeconds + 600 };
      world.nowMs += 600_000;
      const record = point.device.record({ idTag: presentedId, energyMicroWh: 5_000_000_000n, ...times });
      const signedMeterData = Buffer.from(record).toString("base64");
      const signedMeterValue = { signedMeterData, signingMethod: "", encodingMethod: "OCMF", publicKey: "" };
      const sampledValue = [{ value: 6_000, context: "Transaction.End", signedMeterValue }];
      await event("Ended", 2, "EVDeparted", {
        transactionInfo: { transactionId: "T-1", stoppedReason: "EVDisconnected" },
        meterValue: [{ timestamp: world.at(2), sampledValue }],
      });
      await world.settle();
      // As long as the charge took, or the claim waits.
      await world.pass(700);
      const shown = await world.show({ sessionId: latest[0]?.sessionId ?? "" });
      expect(shown.session.closing).to.have.property("energyMicroWh", "5000000000");
      expect(charger.taken).to.deep.equal([]);
    });
  }

  it("takes no idToken of another type for the contract, and stops what began with it", async function () {
    await bindContract();
    charger = await world.connect("PNC-2", "ocpp2.0.1", [point.evse]);
    await world.service.synchronise();
    expect(await authorize({}, "KeyCode")).to.deep.equal({ idTokenInfo: { status: "Invalid" } });
    const started = await charger.call("TransactionEvent", {
      ...{ eventType: "Started", seqNo: 0, triggerReason: "Authorized", timestamp: world.at(0) },
      ...{ transactionInfo: { transactionId: "T-2" }, evse: { id: 1, connectorId: 1 } },
      idToken: { idToken: presentedId, type: "KeyCode" },
    });
    expect(started).to.deep.equal({ idTokenInfo: { status: "Invalid" } });
    await world.settle();
    expect(charger.taken).to.deep.equal([{ action: "RequestStopTransaction", payload: { transactionId: "T-2" } }]);
    const { unpaid } = (await askIdTokens(world.service.url, "")).answer;
    expect(unpaid).to.have.deep.nested.property("[0].reason", "ID_TOKEN_TYPE_DIFFERS");
  });

  it("says what is true of a contract's certificate", async function () {
    await bindContract();
    charger = await world.connect("PNC-3", "ocpp2.0.1", [point.evse]);
    await world.service.synchronise();
    const other = await authority.certify(contractId);
    const hashes = hashesOf(certificate, authority.certificate, "SHA256");
    const asked = (...list: readonly object[]) => ({ iso15118CertificateHashData: list });

    expect(await statusesOf({ certificate: issued })).to.deep.equal(["Accepted", "Accepted"]);
    expect(await statusesOf(asked(hashes))).to.deep.equal(["Accepted", "Accepted"]);
    const others = hashesOf(other.certificate, authority.certificate, "SHA256");
    const long = hashesOf(certificate, authority.certificate, "SHA512");
    expect(await statusesOf(asked(others, long))).to.deep.equal(["Accepted", "Accepted"]);
    for (const wrong of [
      { certificate: other.certificate },
      { certificate: "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----" },
      asked(others),
      asked({ ...hashes, serialNumber: "77" }),
      asked({ ...hashes, issuerNameHash: hashes.issuerKeyHash }),
      asked({ ...hashes, issuerKeyHash: hashes.issuerNameHash }),
    ]) {
      expect(await statusesOf(wrong), JSON.stringify(wrong)).to.deep.equal(["Invalid", "CertChainError"]);
    }
    const nowMs = world.nowMs;
    world.nowMs = afterAllCertificatesMs;
    expect(await statusesOf({ certificate })).to.deep.equal(["Invalid", "CertificateExpired"]);
    world.nowMs = nowMs;
    await fleet.revoke(consent);
    expect(await statusesOf({ certificate })).to.deep.equal(["Blocked", "ContractCancelled"]);
    await bindContractAnew();
    expect(await statusesOf({ certificate })).to.deep.equal(["Invalid", "NoCertificateAvailable"]);
    await askIdTokens(world.service.url, "/unbind", { idToken: contractId });
    expect(await statusesOf({ certificate })).to.deep.equal(["Invalid", "NoCertificateAvailable"]);
  });

  async function bindContractAnew(): Promise<void> {
    consent = await fleet.consent();
    await bindContract({ certificatePem: undefined });
  }
});

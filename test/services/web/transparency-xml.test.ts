import { expect } from "chai";
import { receiptVersion } from "../../../services/domain/receipt-version.ts";
import { testOpening } from "../../helpers/test-opening.ts";

import { taxedAlike } from "../../../services/domain/tariff.ts";
import { transparencyXmlOf } from "../../../services/evidence/formats/transparency-xml.ts";
import type { ParsedReceipt } from "../../../services/receipts/receipt-schema.ts";
import { receiptSchema } from "../../../services/receipts/receipt-schema.ts";
import { generateMeterKey } from "../../../scripts/simulator/demo-key.ts";
import { createSimulatedMeter } from "../../../scripts/simulator/meter.ts";
import { judgeFile } from "../../../services/evidence/formats/values/judge-file.ts";
import { nodeValueCryptography } from "../../../services/evidence/formats/values/node-value-cryptography.ts";
import { recordOfSample, signedSamples } from "../../../scripts/simulator/formats/signed-samples.ts";
import { createOcmfVerifier } from "../../../services/evidence/formats/ocmf/verifier.ts";
import { nodeCryptography } from "../../../services/evidence/formats/ocmf/node-cryptography.ts";

const key = generateMeterKey("secp256r1");
const hash = `0x${"11".repeat(32)}`;
const address = `0x${"22".repeat(20)}`;

function receiptOf(
  records: readonly (string | Uint8Array)[],
  meter: { readonly curve: string; readonly publicKey: string } = {
    curve: "secp256r1",
    publicKey: `0x${Buffer.from(key.publicKeyPoint).toString("hex")}`,
  },
): ParsedReceipt {
  const zero = "0";
  return receiptSchema.parse({
    version: receiptVersion,
    chainId: 31_337,
    contracts: {
      erc20: address,
      oracleCommittee: address,
      openingGuard: address,
      tariffRegistry: address,
      partnerAgreements: address,
      meterRegistry: address,
      meterSettlement: address,
      challenges: address,
      oracleBonds: address,
      vehicleConsents: address,
      authorizedFunding: address,
      chargingSettlement: address,
    },
    sessionId: hash,
    idTag: "A",
    terms: {
      driver: address,
      lane: 0,
      nonce: 0,
      operator: address,
      agreement: 0,
      evse: 1,
      meter: 1,
      maximumPowerW: 1,
      tariffId: hash,
      holdMicro: "1",
      expiresAt: 1,
    },
    tariff: {
      flatFeeMicro: zero,
      priceNanoPerKwh: zero,
      energyBands: [],
      energyStepWh: 0,
      priceNanoPerChargingHour: zero,
      chargingStepSeconds: 0,
      priceNanoPerConnectedHour: zero,
      connectedFreeSeconds: 0,
      connectedStepSeconds: 0,
      connectedMaximumMicro: zero,
      ...taxedAlike(0),
      ...{ minimumMicro: zero, minimumGrossMicro: zero, maximumMicro: zero, maximumGrossMicro: zero },
      chargesWithoutEnergy: false,
    },
    meter: { number: 1, ...meter },
    records: records.map((record) =>
      typeof record === "string"
        ? { text: record, sha256: "" }
        : { base64: Buffer.from(record).toString("base64"), sha256: "" },
    ),
    energyWh: "0",
    energyMicroWh: zero,
    chargingSeconds: 0,
    connectedSeconds: 0,
    price: {
      flatFeeMicro: zero,
      energyMicro: zero,
      chargingMicro: zero,
      connectedMicro: zero,
      ...{ flatTaxMicro: zero, energyTaxMicro: zero, chargingTaxMicro: zero, connectedTaxMicro: zero },
      netMicro: zero,
      taxMicro: zero,
      grossMicro: zero,
    },
    holdMicro: "1",
    toppedUpMicro: zero,
    chargedMicro: zero,
    returnedMicro: "1",
    transaction: { hash, blockNumber: 2, logIndex: 0, blockHash: hash },
    isReadable: null,
    challenges: [],
    refundedMicro: zero,
    opening: { hash, blockNumber: 17, logIndex: 0, ...testOpening },
    evidence: null,
    isBoundToSession: true,
  });
}

describe("The file for the transparency software", function () {
  it("is not made where a record cannot stand in it as it was signed, or there is none", function () {
    expect(transparencyXmlOf(receiptOf([]))).to.equal(null);
    expect(transparencyXmlOf(receiptOf([Uint8Array.of(0xff, 0xfe)]))).to.equal(null);
    expect(transparencyXmlOf(receiptOf(["OCMF|\u0001|"]))).to.equal(null);
  });

  it("escapes whatever a record says", function () {
    const xml = transparencyXmlOf(receiptOf(['OCMF|{"a":"</signedData><x>&\'\r"}|{}'])) ?? "";
    expect(xml).to.include("OCMF|{&quot;a&quot;:&quot;&lt;/signedData&gt;&lt;x&gt;&amp;&apos;&#13;&quot;}|{}");
    expect(xml.match(/<\w+/g)).to.deep.equal(["<values", "<value", "<signedData", "<publicKey"]);
  });

  it("carries what meters of other formats signed, so that it opens as any such file does", function () {
    for (const sample of signedSamples()) {
      const record = Buffer.from(recordOfSample(sample));
      const meter = { curve: sample.curve, publicKey: `0x${sample.point}` };
      const xml = transparencyXmlOf(receiptOf([record.toString()], meter)) ?? "";
      const lines = judgeFile("file", Buffer.from(xml), null, null, nodeValueCryptography);
      expect([sample.name, lines.at(-1)?.id, lines.at(-1)?.energyWh, lines.at(-1)?.keyFrom]).to.deep.equal([
        sample.name,
        "file#session-1",
        sample.energyWh,
        "file",
      ]);
    }
  });

  it("carries begin and end with the key, so that they verify", function () {
    const meter = createSimulatedMeter({ key, serial: "S", evseId: "DE*A" });
    const times = { beginSeconds: 1_700_000_000, endSeconds: 1_700_000_060 };
    const pair = meter.recordPair({ idTag: "A", energyMicroWh: 5n, ...times });
    const xml = transparencyXmlOf(receiptOf(pair)) ?? "";
    expect([...xml.matchAll(/<value (.*)>/g)].map(([, attributes]) => attributes)).to.deep.equal([
      'transactionId="17" context="Transaction.Begin"',
      'transactionId="17" context="Transaction.End"',
    ]);
    const verifier = createOcmfVerifier({ cryptography: nodeCryptography });
    const publicKey = /<publicKey encoding="plain">(\w+)</.exec(xml)?.[1] ?? "";
    const records = [...xml.matchAll(/<signedData format="OCMF" encoding="plain">(.*)</g)].map(([, text = ""]) =>
      new TextEncoder().encode(text.replaceAll("&quot;", '"').replaceAll("&amp;", "&")),
    );
    expect(verifier.verifySession(records.map((record) => ({ record, publicKey }))).verdict).to.equal("accepted");
  });
});

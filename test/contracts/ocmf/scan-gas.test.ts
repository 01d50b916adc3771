import { expect } from "chai";
import { getBytes, type Interface } from "ethers";

import { ethers, networkHelpers } from "../../helpers/chain.ts";
import { deployedOcmf, type OcmfFixture } from "../../helpers/ocmf-chain.ts";
import { bytesOf } from "../../helpers/ocmf.ts";

/** The shape of a KEBA record, which a third of the sample set has: 395 bytes, two readings of seven fields. */
const kebaPayload = `{"FV":"1.0","GI":"KEBA_KCP30","GS":"2","GV":"2.8.5","PG":"T70172","IS":false,"IL":"NONE","IF":["RFID_NONE","OCPP_NONE","ISO15118_NONE","PLMN_NONE"],"IT":"NONE","ID":"","RD":[{"TM":"2020-05-04T09:08:51,000+0200 S","TX":"B","EF":"","ST":"G","RV":62500.1270,"RI":"1-b:1.8.0","RU":"kWh"},{"TM":"2020-05-04T10:18:59,000+0200 R","TX":"E","EF":"","ST":"G","RV":62500.1271,"RI":"1-b:1.8.0","RU":"kWh"}]}`;

/** Measured: 82 with all fields apart, 76 in four words; the bound leaves room for another compiler, and none for a second pass over the text. */
const boundGasPerByte = 130;

describe("OcmfScanner gas", () => {
  let fixture: OcmfFixture;

  beforeEach(async () => {
    fixture = await networkHelpers.loadFixture(deployedOcmf);
  });

  for (const name of ["scan", "scanPacked"] as const) {
    it(`reads a usual record with ${name} for less than ${boundGasPerByte} gas per byte`, async () => {
      const { scanner } = fixture;
      const scannerInterface: Interface = scanner.interface;
      const payload = bytesOf(kebaPayload);
      expect(payload.length).to.equal(395);
      const data = scannerInterface.encodeFunctionData(name, [payload]);
      const [sender] = await ethers.getSigners();
      if (sender === undefined) throw new Error("There is no account");

      const receipt = await (await sender.sendTransaction({ to: await scanner.getAddress(), data })).wait();

      // What every transaction costs: 21,000, and 4 or 16 for each byte of its data.
      const intrinsic = getBytes(data).reduce((gas, byte) => gas + (byte === 0 ? 4 : 16), 21_000);
      const gasPerByte = (Number(receipt?.gasUsed) - intrinsic) / payload.length;
      expect(gasPerByte).to.be.within(1, boundGasPerByte);
      if (process.env["WATTPROOF_PRINT_GAS"] === "1") console.log(`      ${gasPerByte.toFixed(1)} gas per byte`);
    });
  }
});

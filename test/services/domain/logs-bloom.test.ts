import { expect } from "chai";

import { bloomOf, isEmptyBloom, isWithin, mayHoldLogsOf, readBloom } from "../../../services/domain/logs-bloom.ts";

// A block of a local chain with two logs of one contract, as its node gives it.
const address = "0x610178da211fef7d417bc0e6fed39f05609ad788";
const logs = [
  {
    address,
    topics: [
      "0xab503b0582305f770d7bf0ffcf8a76dedd49da23b47176d73d8a2e8d471dab2e",
      "0x00000000000000000000000070997970c51812dc3a010c7d01b50e0d17dc79c8",
      "0x0000000000000000000000000000000000000000000000000000000000000000",
      "0x4f50fc17351df09395c183ec7f2021c9c9e9aed1bc4ff0a416daf01909cc1885",
    ],
  },
  {
    address,
    topics: [
      "0x810d47230ea212958950bbd81ef66a96fa6b6e8e750819eb084fb60e9aefbb0c",
      "0x374363cb5e9c17d6edeca2e04f4c1d26c6b5e5d015666d84f88d26de6783248a",
      "0x0000000000000000000000003c44cdddb6a900fa2b585dd299e03d12fa4293bc",
    ],
  },
];
const header =
  "0x00000000000000000002000000000000000000000000000000000000000000000000000000000400100000000000000000000000000004000000000000100000000000000000000000000000000000000000000000000000000000020000800000000800020000000000000000000800000800000000000040000000000000000000000000000000000000002000000200000000000000000000000000000000000010000000200000000000000000000000000000000000000000000000040000000000000000040000000000000000000000000000000020000000000020000000000000000000400000000008000001000000000004000000000000000000";

describe("The bloom filter of logs", function () {
  it("refuses what is none", function () {
    for (const text of ["", "0x", "0x00", `${header}00`, header.slice(2), `0x${"g".repeat(512)}`]) {
      expect(readBloom(text), text.slice(0, 12)).to.equal(null);
    }
  });

  it("is the one that a node gives for the same logs", function () {
    expect(readBloom(header)).to.deep.equal(bloomOf(logs));
  });

  it("says of an address that it has logs, in any spelling, and of another that it has none", function () {
    const bloom = bloomOf(logs);
    expect(mayHoldLogsOf(bloom, [address])).to.equal(true);
    expect(mayHoldLogsOf(bloom, [address.toUpperCase().replace("0X", "0x")])).to.equal(true);
    expect(mayHoldLogsOf(bloom, [`0x${"11".repeat(20)}`])).to.equal(false);
    expect(mayHoldLogsOf(bloom, [`0x${"11".repeat(20)}`, address])).to.equal(true);
    expect(mayHoldLogsOf(bloom, [])).to.equal(false);
  });

  it("shows that a log is missing, and not that one is too many", function () {
    const [first] = logs;
    if (first === undefined) expect.fail("There are logs.");
    expect(isWithin(bloomOf(logs), bloomOf([first]))).to.equal(false);
    expect(isWithin(bloomOf([first]), bloomOf(logs))).to.equal(true);
  });

  it("is empty without logs", function () {
    expect(isEmptyBloom(bloomOf([]))).to.equal(true);
    expect(isEmptyBloom(bloomOf(logs))).to.equal(false);
  });
});

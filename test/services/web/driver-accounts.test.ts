import { expect } from "chai";

import { chooseAccount, lanes } from "../../../services/web/page/chain/driver-accounts.ts";

const account = (lane: number, freeMicro: bigint, commitment = 0n) => ({ lane, freeMicro, nonce: 0, commitment });

describe("The account that pays for the next charge", function () {
  it("is the usual one while nothing is paid in and nothing runs", function () {
    expect(chooseAccount(lanes.map((lane) => account(lane, 0n)))?.lane).to.equal(0);
  });

  it("is another one while a session holds money of the usual one", function () {
    expect(chooseAccount([account(0, 50n, 7n), account(1, 0n), account(2, 0n)])?.lane).to.equal(1);
  });

  it("is the one with most money of those that are not busy, so that no money is left lying", function () {
    expect(chooseAccount([account(0, 5n), account(1, 9n), account(2, 90n, 7n)])?.lane).to.equal(1);
    expect(chooseAccount([account(0, 5n), account(1, 5n), account(2, 0n)])?.lane).to.equal(0);
  });

  it("is none while all are busy", function () {
    expect(chooseAccount(lanes.map((lane) => account(lane, 1n, 7n)))).to.equal(null);
  });
});

import { id } from "ethers";

import type { OracleCommittee } from "../../types/index.ts";
import { ethers, networkHelpers } from "./chain.ts";
import { byAddress } from "./claims.ts";
import { CHANGE_DELAY_SECONDS, DAY, type Signer } from "./settlement-fixture.ts";
import { type CompactSignature, signDigest } from "./session-terms.ts";

export const LIABILITY_SECONDS = 2n * DAY;

export interface CommitteeFixture {
  readonly committee: OracleCommittee;
  readonly owner: Signer;
  readonly thief: Signer;
  /** The members of version 1 by address; two of the three must sign. */
  readonly members: readonly [Signer, Signer, Signer];
  /** Accounts that are no members, by address. */
  readonly others: readonly [Signer, Signer, Signer];
  /** The time of the last block of the fixture, in seconds: when version 1 came into force. */
  readonly startedAt: bigint;
}

export async function deployedCommittee(): Promise<CommitteeFixture> {
  const [owner, thief, ...accounts] = await ethers.getSigners();
  const [first, second, third] = byAddress(accounts.slice(0, 3));
  const [fourth, fifth, sixth] = byAddress(accounts.slice(3, 6));
  if (!owner || !thief || !first || !second || !third || !fourth || !fifth || !sixth) {
    throw new Error("The simulated chain has too few accounts");
  }
  const committee = await ethers.deployContract("OracleCommittee", [
    owner.address,
    CHANGE_DELAY_SECONDS,
    LIABILITY_SECONDS,
    addressesOf([first, second, third]),
    2,
  ]);
  return {
    committee,
    owner,
    thief,
    members: [first, second, third],
    others: [fourth, fifth, sixth],
    startedAt: BigInt(await networkHelpers.time.latest()),
  };
}

export function addressesOf(signers: readonly Signer[]): string[] {
  return signers.map(({ address }) => address);
}

/** What a quorum is asked to sign here: any 32 bytes. */
export const DIGEST = id("what a quorum signs");

const KEY_PATH = "m/44'/60'/0'/0/";
const PHRASE = "test test test test test test test test test test test junk";

/** Signatures of a bare digest, in the given order: the accounts of the simulated chain sign only messages. */
export async function signaturesOf(signers: readonly Signer[], digest = DIGEST): Promise<CompactSignature[]> {
  const keys = await keysByAddress();
  return signers.map(({ address }) => {
    const key = keys.get(address);
    if (key === undefined) throw new Error(`The key of ${address} is not known`);
    return signDigest(key, digest);
  });
}

async function keysByAddress() {
  const accounts = await ethers.getSigners();
  return new Map(
    accounts.map((_, index) => {
      const wallet = ethers.HDNodeWallet.fromPhrase(PHRASE, undefined, `${KEY_PATH}${index.toString()}`);
      return [wallet.address, wallet.signingKey];
    }),
  );
}

import {
  createSoftwarePasskey,
  type AssertionChanges,
  type SoftwarePasskey,
} from "../../scripts/gas/software-passkey.ts";
import { batchDigestOf, encodeAssertion, type AccountBatch, type AccountCall } from "../../services/domain/passkey.ts";
import type { PasskeyAccount, PasskeyAccounts } from "../../types/index.ts";
import { ethers } from "./chain.ts";
import { DAY } from "./settlement-fixture.ts";
import { deployedWaysIn, type WaysInFixture } from "./ways-in-fixture.ts";

export interface PasskeyFixture extends WaysInFixture {
  readonly accounts: PasskeyAccounts;
  readonly passkey: SoftwarePasskey;
  readonly chainId: number;
  /** Where the account of `passkey` is, or will be. */
  readonly address: string;
  /** A handle of it. */
  readonly account: PasskeyAccount;
}

/** A passkey whose account does not exist yet; `otherDriver` is its recovery account. */
export async function passkeyWithoutAccount(): Promise<PasskeyFixture> {
  const fixture = await deployedWaysIn();
  const accounts = await ethers.deployContract("PasskeyAccounts");
  const passkey = createSoftwarePasskey();
  const { x, y } = passkey.point;
  const address = await accounts.addressOf(x, y, fixture.otherDriver.address);
  return {
    ...fixture,
    accounts,
    passkey,
    chainId: Number((await ethers.provider.getNetwork()).chainId),
    address,
    account: await ethers.getContractAt("PasskeyAccount", address),
  };
}

/** The same, and the account exists. */
export async function passkeyWithAccount(): Promise<PasskeyFixture> {
  const fixture = await passkeyWithoutAccount();
  const { x, y } = fixture.passkey.point;
  await fixture.accounts.create(x, y, fixture.otherDriver.address);
  return fixture;
}

export function call(target: string, callData: string, value = 0n): AccountCall {
  return { target, value, callData };
}

/** A batch that is good for a day. */
export function batchOf({ startedAt }: PasskeyFixture, calls: readonly AccountCall[], nonce = 0): AccountBatch {
  return { calls, nonce, deadline: Number(startedAt + DAY) };
}

/** The passkey's assertion of a batch, encoded. */
export function assertionOf(
  { passkey, chainId, address }: PasskeyFixture,
  batch: AccountBatch,
  changes: AssertionChanges = {},
): string {
  return encodeAssertion(passkey.assert(batchDigestOf(batch, { chainId, account: address }), changes));
}

/** Has somebody bring a signed batch, through the factory, which creates the account where it is missing. */
export async function bring(fixture: PasskeyFixture, batch: AccountBatch, assertion = assertionOf(fixture, batch)) {
  const { accounts, passkey, otherDriver, relayer } = fixture;
  const { x, y } = passkey.point;
  return accounts
    .connect(relayer)
    .createAndExecute(x, y, otherDriver.address, [...batch.calls], batch.nonce, batch.deadline, assertion);
}

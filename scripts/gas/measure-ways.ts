import { AbiCoder, concat, toBeHex, Wallet, ZeroAddress } from "ethers";

import { batchDigestOf, encodeAssertion, nestedDigestOf, type AccountCall } from "../../services/domain/passkey.ts";
import { sessionIdOf, settlementDomainOf, termsTypes } from "../../services/domain/terms.ts";
import { createBenchMeters } from "./bench-meters.ts";
import { createBenchSessions, HOLD_MICRO, SESSION_SECONDS, type BenchSessions } from "./bench-sessions.ts";
import { type BenchWorld, createBenchWorld, receiptOf } from "./bench-world.ts";
import { createGasRows, type GasRow, type GasRows } from "./gas-rows.ts";
import { deploySafeWallets, signAsSafe } from "./safe-wallets.ts";
import { createSoftwarePasskey } from "./software-passkey.ts";

/** The same key each time: figures differ by the zero bytes of keys and signatures. */
const PRIVATE_KEY = 0xc0ffee_0000_0002n;

/** Measures further ways to pay on a fresh chain. */
export async function measureWays(): Promise<readonly GasRow[]> {
  const world = await createBenchWorld(1);
  const sessions = createBenchSessions(world);
  await createBenchMeters(world, sessions, 1);
  const gas = createGasRows();
  await measurePasskey(world, sessions, gas);
  await measureAcross(world, sessions, gas);
  await measureSafe(world, sessions, gas);
  return gas.rows;
}

/** A driver whose tokens lie at the address of an account that does not exist: two charges, a withdrawal, a signature. */
async function measurePasskey(world: BenchWorld, sessions: BenchSessions, gas: GasRows): Promise<void> {
  const { ethers, settlement, erc20, operator, chainId } = world;
  const accounts = await ethers.deployContract("PasskeyAccounts");
  const passkey = createSoftwarePasskey({ privateKey: PRIVATE_KEY });
  const { x, y } = passkey.point;
  // Another address of the same passkey: only the account is created.
  gas.add("PasskeyAccounts.create", 1, await receiptOf(accounts.create(x, y, operator.address)));

  const account = await accounts.create.staticCall(x, y, ZeroAddress);
  await erc20.mint(account, 10n * HOLD_MICRO);
  const domain = { chainId: Number(chainId), account };
  let nonce = 0;
  const call = (target: string, callData: string): AccountCall => ({ target, value: 0n, callData });
  const [token, book] = [await erc20.getAddress(), await settlement.getAddress()];
  const bring = async (calls: readonly AccountCall[]) => {
    const batch = { calls, nonce, deadline: (await world.now()) + SESSION_SECONDS };
    nonce += 1;
    const assertion = encodeAssertion(passkey.assert(batchDigestOf(batch, domain)));
    return receiptOf(accounts.createAndExecute(x, y, ZeroAddress, [...calls], batch.nonce, batch.deadline, assertion));
  };
  const planned = async () => (await sessions.planSession(0, { driver: account, nonce: await nonceOf() })).terms;
  const nonceOf = async () => Number((await settlement.accountOf(account, 0)).nonce);

  for (const entry of ["first charge by passkey", "later charge by passkey"]) {
    const terms = await planned();
    const receipt = await bring([
      call(token, erc20.interface.encodeFunctionData("approve", [book, HOLD_MICRO])),
      call(book, settlement.interface.encodeFunctionData("deposit", [account, 0, HOLD_MICRO])),
      call(book, settlement.interface.encodeFunctionData("open", [terms])),
    ]);
    gas.add(entry, 1, receipt);
    await world.pass(SESSION_SECONDS + 1);
    await settlement.expire(terms, await sessions.openingOf({ terms }), 0n);
  }
  const terms = await planned();
  const digest = nestedDigestOf(sessionIdOf(terms, world.domain), domain);
  const signature = encodeAssertion(passkey.assert(digest));
  gas.add("openSigned by passkey", 1, await receiptOf(settlement.openSigned(terms, signature)));
  await world.pass(SESSION_SECONDS + 1);
  await settlement.expire(terms, await sessions.openingOf({ terms }), 0n);
  const withdrawal = settlement.interface.encodeFunctionData("withdraw", [0, HOLD_MICRO, operator.address]);
  gas.add("withdraw by passkey", 1, await bring([call(book, withdrawal)]));
}

/** A Safe of two in three owners: the first charge deploys it, and a later one asks it alone. */
async function measureSafe(world: BenchWorld, sessions: BenchSessions, gas: GasRows): Promise<void> {
  const { ethers, settlement, erc20, operator, chainId } = world;
  const openings = await ethers.deployContract("WalletOpenings", [settlement]);
  const safes = await deploySafeWallets(operator);
  const owners = [1n, 2n, 3n].map((added) => new Wallet(toBeHex(PRIVATE_KEY + added, 32)));
  const creation = safes.creationOf(
    owners.map(({ address }) => address),
    2,
  );
  const safe = await safes.addressOf(
    owners.map(({ address }) => address),
    2,
  );
  await erc20.mint(operator, 2n * HOLD_MICRO);
  await erc20.connect(operator).approve(settlement, 2n * HOLD_MICRO);
  await settlement.connect(operator).deposit(safe, 0, 2n * HOLD_MICRO);
  const domain = { chainId: Number(chainId), verifyingContract: safe };
  const planned = async (nonce: number) => {
    const { terms } = await sessions.planSession(0, { driver: safe, nonce });
    return { terms, signature: await signAsSafe(sessionIdOf(terms, world.domain), domain, owners.slice(1)) };
  };

  const first = await planned(0);
  const created = openings.createAndOpen(safes.factory, creation, first.terms, first.signature);
  gas.add("WalletOpenings.createAndOpen with a Safe", 1, await receiptOf(created));
  await world.pass(SESSION_SECONDS + 1);
  await settlement.expire(first.terms, await sessions.openingOf(first), 0n);
  const later = await planned(1);
  gas.add("openSigned by a Safe", 1, await receiptOf(settlement.openSigned(later.terms, later.signature)));
}

/** What the pool's call costs, without the pool: the second fill of a driver, alone and with a session. */
async function measureAcross(world: BenchWorld, sessions: BenchSessions, gas: GasRows): Promise<void> {
  const { ethers, settlement, erc20, operator } = world;
  const across = await ethers.deployContract("AcrossFunding", [settlement, operator]);
  const fill = async (behind: readonly string[]) => {
    await erc20.mint(across, HOLD_MICRO);
    const message = concat([world.driverAt(0).address, toBeHex(0, 4), ...behind]);
    return receiptOf(across.handleV3AcrossMessage(erc20, HOLD_MICRO, operator, message));
  };
  await fill([]);
  gas.add("AcrossFunding.handleV3AcrossMessage", 1, await fill([]));
  const { terms, driver } = await sessions.planSession(0);
  const signature = await driver.signTypedData(settlementDomainOf(world.domain), termsTypes, terms);
  const fields = termsTypes.SessionTerms.map(({ type, name }) => `${type} ${name}`);
  const signed = AbiCoder.defaultAbiCoder().encode([`tuple(${fields.join(",")})`, "bytes"], [terms, signature]);
  const receipt = await fill([signed]);
  if (receipt.logs.some(({ topics }) => topics[0] === across.interface.getEvent("OpeningFailed").topicHash)) {
    throw new Error("the session of the fill did not open");
  }
  gas.add("AcrossFunding.handleV3AcrossMessage with a session", 1, receipt);
}

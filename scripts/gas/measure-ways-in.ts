import { type HDNodeWallet, MaxUint256, Signature } from "ethers";

import { sessionIdOf, settlementDomainOf, termsTypes } from "../../services/domain/terms.ts";
import { permitTypes, transferTypes } from "../../services/domain/token-signatures.ts";
import { type BenchSession, type BenchSessions, HOLD_MICRO, SESSION_SECONDS } from "./bench-sessions.ts";
import { type BenchWorld, receiptOf, UNIT } from "./bench-world.ts";
import type { GasRows } from "./gas-rows.ts";
import { p256Key } from "./p256-key.ts";
import { PERMIT2_ADDRESS, permit2Code, WITNESSED_TRANSFER_TYPES } from "./permit2.ts";

interface Bench {
  readonly world: BenchWorld;
  readonly sessions: BenchSessions;
  readonly gas: GasRows;
}

/** Sessions that vehicles open, and sessions that are opened with money that is still in the driver's wallet. */
export async function measureWaysIn(bench: Bench): Promise<void> {
  const { world } = bench;
  const tokenDomain = world.domainOf(await world.erc20.name(), await world.erc20.getAddress());
  for (const index of [10, 11, 12, 13, 14]) await world.erc20.mint(world.driverAt(index), 10n * HOLD_MICRO);

  await measureVehicle(bench, 8, "secp256k1");
  await measureVehicle(bench, 9, "secp256r1");
  await measurePermits(bench, tokenDomain);
  await measureTransferAuthorization(bench, tokenDomain);
  await measurePermit2(bench);
}

/** The second session under a consent: what it may hold in the period is in use. */
async function measureVehicle(
  { world, sessions, gas }: Bench,
  index: number,
  curve: "secp256k1" | "secp256r1",
): Promise<void> {
  const { vehicleConsents, settlement, operator, accountAt } = world;
  const ethereumKey = world.keyOf(accountAt(9).address);
  const certificateKey = p256Key(0xc0ffee_0000_0001n);
  const driver = await world.sending(world.driverAt(index));
  const consent = {
    driver: driver.address,
    lane: 0,
    vehicleKey: curve === "secp256k1" ? accountAt(9).address : certificateKey.publicKey,
    operators: [operator.address],
    sessionCapMicro: HOLD_MICRO,
    periodCapMicro: 10n * HOLD_MICRO,
    periodSeconds: 7 * SESSION_SECONDS,
    expiresAt: (await world.now()) + 365 * SESSION_SECONDS,
  };
  gas.add(`VehicleConsents.grant (${curve})`, 1, await receiptOf(vehicleConsents.connect(driver).grant(consent)));
  for (const isFirst of [true, false]) {
    const { terms } = await sessions.planSession(index);
    const digest = sessionIdOf(terms, world.domain);
    const signature = curve === "secp256k1" ? ethereumKey.sign(digest).serialized : certificateKey.sign(digest);
    const receipt = await receiptOf(vehicleConsents.openByVehicle(consent, terms, signature));
    if (!isFirst) gas.add(`openByVehicle (${curve})`, 1, receipt);
    await world.pass(SESSION_SECONDS + 1);
    await settlement.expire(terms, await sessions.openingOf({ terms }), 0n);
  }
  if (curve === "secp256k1") {
    gas.add("VehicleConsents.revoke", 1, await receiptOf(vehicleConsents.connect(driver).revoke(consent)));
  }
}

/** The second permit of each owner: the token's nonce is in use. */
async function measurePermits({ world, sessions, gas }: Bench, tokenDomain: ReturnType<BenchWorld["domainOf"]>) {
  const { authorizedFunding, erc20, settlement } = world;
  const spender = await authorizedFunding.getAddress();
  const permitBy = async (owner: HDNodeWallet, value: bigint) => {
    const nonce = await erc20.nonces(owner.address);
    const deadline = (await world.now()) + SESSION_SECONDS;
    const content = { owner: owner.address, spender, value, nonce, deadline };
    const { v, r, s } = Signature.from(await owner.signTypedData(tokenDomain, permitTypes, content));
    return { value, deadline, v, r, s };
  };
  const owner = await world.sending(world.driverAt(10));
  for (const isFirst of [true, false]) {
    const permit = await permitBy(owner, UNIT);
    const sending = authorizedFunding.connect(owner).depositWithPermit(owner, 0, UNIT, permit);
    const receipt = await receiptOf(sending);
    if (!isFirst) gas.add("depositWithPermit", 1, receipt);
  }
  // Who has enough deposited already pays nothing in.
  const { freeMicro } = await settlement.accountOf(owner, 0);
  await settlement.connect(owner).withdraw(0, freeMicro, owner);
  const { terms } = await sessions.planSession(10);
  const signature = await owner.signTypedData(settlementDomainOf(world.domain), termsTypes, terms);
  const permit = await permitBy(owner, HOLD_MICRO);
  gas.add(
    "depositWithPermitAndOpen",
    1,
    await receiptOf(authorizedFunding.depositWithPermitAndOpen(terms, permit, signature)),
  );
}

async function measureTransferAuthorization(
  { world, sessions, gas }: Bench,
  tokenDomain: ReturnType<BenchWorld["domainOf"]>,
) {
  const { authorizedFunding } = world;
  const session = await sessions.planSession(11);
  const transfer = { value: HOLD_MICRO, validAfter: 0n, validBefore: (await world.now()) + SESSION_SECONDS };
  const content = {
    from: session.terms.driver,
    to: await authorizedFunding.getAddress(),
    ...transfer,
    nonce: sessionIdOf(session.terms, world.domain),
  };
  const { v, r, s } = Signature.from(await session.driver.signTypedData(tokenDomain, transferTypes, content));
  gas.add(
    "openWithTransferAuthorization",
    1,
    await receiptOf(authorizedFunding.openWithTransferAuthorization(session.terms, transfer, v, r, s)),
  );
}

/** The second transfer of the owner: Permit2's word of nonces is in use. */
async function measurePermit2({ world, sessions, gas }: Bench): Promise<void> {
  const { authorizedFunding, erc20, provider, settlement } = world;
  await provider.request({ method: "hardhat_setCode", params: [PERMIT2_ADDRESS, permit2Code(world.chainId)] });
  const owner = await world.sending(world.driverAt(12));
  await erc20.connect(owner).approve(PERMIT2_ADDRESS, MaxUint256);
  for (const nonce of [1n, 2n]) {
    const session: BenchSession = await sessions.planSession(12);
    const deadline = (await world.now()) + SESSION_SECONDS;
    const signature = await owner.signTypedData(
      { name: "Permit2", chainId: world.chainId, verifyingContract: PERMIT2_ADDRESS },
      { ...WITNESSED_TRANSFER_TYPES, ...termsTypes },
      {
        permitted: { token: await erc20.getAddress(), amount: HOLD_MICRO },
        spender: await authorizedFunding.getAddress(),
        nonce,
        deadline,
        witness: session.terms,
      },
    );
    const transfer = { amount: HOLD_MICRO, nonce, deadline, signature };
    const receipt = await receiptOf(authorizedFunding.openWithPermit2(session.terms, transfer));
    if (nonce === 2n) gas.add("openWithPermit2", 1, receipt);
    await world.pass(SESSION_SECONDS + 1);
    await settlement.expire(session.terms, await sessions.openingOf(session), 0n);
  }
}

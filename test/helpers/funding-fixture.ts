import { Signature } from "ethers";

import { sessionIdOf, type Terms } from "./session-terms.ts";
import { DAY, DEPOSIT, type Signer } from "./settlement-fixture.ts";
import type { WaysInFixture } from "./ways-in-fixture.ts";

const PERMIT_TYPES = {
  Permit: [
    { name: "owner", type: "address" },
    { name: "spender", type: "address" },
    { name: "value", type: "uint256" },
    { name: "nonce", type: "uint256" },
    { name: "deadline", type: "uint256" },
  ],
};
const TRANSFER_TYPES = {
  ReceiveWithAuthorization: [
    { name: "from", type: "address" },
    { name: "to", type: "address" },
    { name: "value", type: "uint256" },
    { name: "validAfter", type: "uint256" },
    { name: "validBefore", type: "uint256" },
    { name: "nonce", type: "bytes32" },
  ],
};

/** A permit as TokenPermit of IAuthorizedFunding.sol. */
export interface Permit {
  readonly value: bigint;
  readonly deadline: bigint;
  readonly v: number;
  readonly r: string;
  readonly s: string;
}

/** The owner's permit of an allowance for the funding contract. */
export async function permitOf(
  { erc20, funding, tokenDomain, startedAt }: WaysInFixture,
  owner: Signer,
  value: bigint,
  deadline = startedAt + DAY,
): Promise<Permit> {
  const nonce = await erc20.nonces(owner.address);
  const spender = await funding.getAddress();
  const content = { owner: owner.address, spender, value, nonce, deadline };
  const { v, r, s } = Signature.from(await owner.signTypedData(tokenDomain, PERMIT_TYPES, content));
  return { value, deadline, v, r, s };
}

/** A permit that no token takes. */
export function worthlessPermit({ startedAt }: Pick<WaysInFixture, "startedAt">): Permit {
  return { value: DEPOSIT, deadline: startedAt + DAY, v: 27, r: `0x${"11".repeat(32)}`, s: `0x${"22".repeat(32)}` };
}

/** A transfer as TransferAuthorization of IAuthorizedFunding.sol, valid for a day. */
export function transferOf({ startedAt }: Pick<WaysInFixture, "startedAt">, value: bigint) {
  return { value, validAfter: 0n, validBefore: startedAt + DAY };
}

/** The signature of a transfer from the terms' driver to the funding contract, whose nonce is the session id. */
export async function signTransfer(
  fixture: WaysInFixture,
  signer: Signer,
  terms: Terms,
  transfer: ReturnType<typeof transferOf>,
  changes: { to?: string; nonce?: string } = {},
): Promise<string> {
  const { domain, funding, tokenDomain } = fixture;
  const to = await funding.getAddress();
  const content = { from: terms.driver, to, ...transfer, nonce: sessionIdOf(domain, terms), ...changes };
  return await signer.signTypedData(tokenDomain, TRANSFER_TYPES, content);
}

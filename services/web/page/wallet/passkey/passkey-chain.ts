import { Interface, getAddress } from "ethers";
import { z } from "zod";

import type { PasskeyPoint } from "../../../../domain/passkey.ts";
import type { ChainAccess } from "../../chain/chain-access.ts";
import { createLogReader } from "../../chain/event-log.ts";

/** What the page asks the contracts of passkeys, in words of Solidity; a test compares it with what was compiled. */
export const passkeyAccountsInterface = new Interface([
  "event AccountCreated(address indexed account, bytes32 indexed keyId, address indexed recovery, bytes32 x, bytes32 y)",
  "function create(bytes32 x, bytes32 y, address recovery) returns (address account)",
  "function addressOf(bytes32 x, bytes32 y, address recovery) view returns (address account)",
]);
export const passkeyAccountInterface = new Interface([
  "function nonce() view returns (uint256)",
  "function recovery() view returns (address)",
  "function recoverableAt() view returns (uint256)",
  "function changeRecovery(address recoveryAccount)",
  "function announceRecovery()",
  "function cancelRecovery()",
]);

const hex = z.string().regex(/^0x[0-9a-fA-F]*$/u);
const head = z.object({ timestamp: hex.transform(Number) });

/** An account as the chain has it. */
export interface AccountState {
  readonly isCreated: boolean;
  readonly nonce: number;
  /** Who may recover it, and from when on, in seconds since 1970 (0: not announced); `null` before it is created. */
  readonly recovery: { readonly account: string; readonly recoverableAt: number } | null;
}

/** What the chain knows of passkeys and their accounts. */
export interface PasskeyChain {
  readAddress(point: PasskeyPoint, recovery: string): Promise<string>;
  readState(account: string): Promise<AccountState>;
  /** Seconds since 1970, of the newest block. */
  readTime(): Promise<number>;
  /** The account that was created for one of these keys; `null`: for none of them. */
  findAccount(keyIds: readonly string[]): Promise<{ readonly point: PasskeyPoint; readonly recovery: string } | null>;
}

export function createPasskeyChain(chain: ChainAccess, accounts: string, firstBlock: number): PasskeyChain {
  const readLogs = createLogReader(chain, firstBlock);

  async function view(to: string, abi: Interface, name: string, values: readonly unknown[]): Promise<unknown> {
    const data = abi.encodeFunctionData(name, values);
    const answer = hex.parse(await chain.request("eth_call", [{ to, data }, "latest"]));
    const decoded: readonly unknown[] = abi.decodeFunctionResult(name, answer).toArray();
    return decoded[0];
  }

  return {
    async readAddress({ x, y }, recovery) {
      return getAddress(
        z.string().parse(await view(accounts, passkeyAccountsInterface, "addressOf", [x, y, recovery])),
      );
    },
    async readState(account) {
      // An account without code answers nothing.
      const data = passkeyAccountInterface.encodeFunctionData("nonce");
      const nonce = hex.parse(await chain.request("eth_call", [{ to: account, data }, "latest"]));
      if (nonce === "0x") return { isCreated: false, nonce: 0, recovery: null };
      const ask = (name: string): Promise<unknown> => view(account, passkeyAccountInterface, name, []);
      return {
        isCreated: true,
        nonce: Number(nonce),
        recovery: {
          account: z.string().parse(await ask("recovery")),
          recoverableAt: Number(z.bigint().parse(await ask("recoverableAt"))),
        },
      };
    },
    readTime: async () => head.parse(await chain.request("eth_getBlockByNumber", ["latest", false])).timestamp,
    async findAccount(keyIds) {
      const topic = passkeyAccountsInterface.getEvent("AccountCreated")?.topicHash ?? "";
      const [first] = await readLogs(accounts, [topic, null, keyIds]);
      const event =
        first === undefined ? null : passkeyAccountsInterface.parseLog({ topics: [...first.topics], data: first.data });
      if (!event) return null;
      const { x, y, recovery } = z.object({ x: hex, y: hex, recovery: z.string() }).parse(event.args.toObject());
      return { point: { x, y }, recovery };
    },
  };
}

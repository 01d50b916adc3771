import { expect } from "chai";
import { Contract, ContractFactory, JsonRpcProvider, Wallet, ZeroAddress, type BaseWallet } from "ethers";
import hre from "hardhat";

import {
  deploySafePart,
  deploySafeWallets,
  signAsSafe,
  wrapForNewWallet,
  type SafeWallets,
} from "../../scripts/gas/safe-wallets.ts";
import { topUpTypes } from "../../services/domain/driver-orders.ts";
import { tariffIdOf } from "../../services/domain/packed-tariff.ts";
import { sessionIdOf, settlementDomainOf, termsTypes, type SessionTerms } from "../../services/domain/terms.ts";
import { codeOf, type Answer } from "../helpers/running-service.ts";
import { testMaximumPowerW, testTariff } from "../helpers/service-chain.ts";
import { startWebWorld, type WebWorld } from "../helpers/web-world.ts";

/** What owners sign to have their Safe send a transaction. */
const safeTxTypes = {
  SafeTx: [
    { name: "to", type: "address" },
    { name: "value", type: "uint256" },
    { name: "data", type: "bytes" },
    { name: "operation", type: "uint8" },
    { name: "safeTxGas", type: "uint256" },
    { name: "baseGas", type: "uint256" },
    { name: "gasPrice", type: "uint256" },
    { name: "gasToken", type: "address" },
    { name: "refundReceiver", type: "address" },
    { name: "nonce", type: "uint256" },
  ],
};

describe("Drivers whose wallet is a contract", function () {
  const owner = new Wallet(Wallet.createRandom().privateKey);
  let world: WebWorld;
  let wallet: string;

  before(async function () {
    world = await startWebWorld();
  });
  beforeEach(async function () {
    const { abi, bytecode } = await hre.artifacts.readArtifact("ContractWallet");
    const provider = new JsonRpcProvider(world.chain.rpcUrl, 31_337, { staticNetwork: true, cacheTimeout: -1 });
    const deployed = await new ContractFactory(abi, bytecode, await provider.getSigner(0)).deploy(owner.address);
    await deployed.waitForDeployment();
    wallet = await deployed.getAddress();
    provider.destroy();
    await world.chain.fundDriver(wallet, 20_000_000n, 0n);
  });
  after(async function () {
    await world.close();
  });

  function domain() {
    const { chainId, contracts } = world.chain.deployment;
    return { chainId, verifyingContract: contracts.chargingSettlement };
  }

  async function termsOf(driver = wallet): Promise<SessionTerms> {
    return {
      ...{ driver, lane: 0, nonce: 0, operator: world.chain.operator, agreement: 0 },
      ...{ evse: world.point.evse, meter: world.point.meter, maximumPowerW: testMaximumPowerW },
      ...{ tariffId: tariffIdOf(testTariff), holdMicro: 5_000_000n },
      expiresAt: (await world.chain.headSeconds()) + 86_400,
    };
  }

  async function send(path: string, content: unknown): Promise<Answer> {
    const response = await fetch(`${world.url}${path}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(content, (_name, value: unknown) => (typeof value === "bigint" ? String(value) : value)),
    });
    return { status: response.status, body: await response.json() };
  }

  it("open nothing by a signature that the wallet does not take, of whatever length", async function () {
    const terms = await termsOf();
    const stranger = await Wallet.createRandom().signTypedData(settlementDomainOf(domain()), termsTypes, terms);
    for (const signature of [stranger, "0x01", `0x${"12".repeat(2_048)}`]) {
      const answer = await send("/v1/openings", { kind: "signed-terms", terms, signature });
      expect([answer.status, codeOf(answer)]).to.deep.equal([422, "OPENING_REFUSED"]);
      expect(answer.body).to.have.nested.property("error.detail", "SIGNATURE_INVALID");
    }
    expect(codeOf(await send("/v1/openings", { kind: "signed-terms", terms, signature: "0x" }))).to.equal(
      "OPENING_REFUSED",
    );
    const signature = `0x${"12".repeat(2_049)}`;
    expect(codeOf(await send("/v1/openings", { kind: "signed-terms", terms, signature }))).to.equal("ENVELOPE_INVALID");
  });

  it("open and top up by what the wallet takes as its signature, and the same again opens nothing twice", async function () {
    const terms = await termsOf();
    const signature = await owner.signTypedData(settlementDomainOf(domain()), termsTypes, terms);
    const sessionId = sessionIdOf(terms, domain());

    const answer = await send("/v1/openings", { kind: "signed-terms", terms, signature });

    expect([answer.status, answer.body]).to.deep.equal([
      201,
      { ...(answer.body as object), sessionId, status: "open" },
    ]);
    const opening = await world.chain.openingOf(sessionId);
    expect(await world.chain.contracts.chargingSettlement.isLive(terms, opening, 0n)).to.equal(true);
    const again = await send("/v1/openings", { kind: "signed-terms", terms, signature });
    expect([again.status, again.body]).to.deep.equal([201, { sessionId, status: "open", txHash: null }]);
    const topUp = { sessionId, toppedUpMicro: 0n, amountMicro: 2_000_000n };
    const raised = await send("/v1/driver-orders", {
      ...{ kind: "top-up", terms, opening, toppedUpMicro: 0n, amountMicro: 2_000_000n },
      signature: await owner.signTypedData(settlementDomainOf(domain()), topUpTypes, topUp),
    });
    expect(raised.status).to.equal(200);
    await world.running.service.synchronise();
    const stop = async (signer: { signTypedData: Wallet["signTypedData"] }): Promise<Answer> => {
      const types = { StopCharging: [{ name: "sessionId", type: "bytes32" }] };
      const stopDomain = { name: "Wattproof driver page", version: "1", chainId: 31_337 };
      return send(`/v1/sessions/${sessionId}/stop`, {
        signature: await signer.signTypedData(stopDomain, types, { sessionId }),
      });
    };
    expect(codeOf(await stop(Wallet.createRandom()))).to.equal("STOP_UNAUTHENTICATED");
    expect(codeOf(await stop(owner))).to.equal("STOP_UNSUPPORTED");
    expect(await world.chain.contracts.chargingSettlement.isLive(terms, opening, 2_000_000n)).to.equal(true);
  });

  describe("with the contracts of Safe", function () {
    const owners = [Wallet.createRandom(), Wallet.createRandom(), Wallet.createRandom()] as const;
    const addresses = owners.map(({ address }) => address);
    let provider: JsonRpcProvider;
    let safes: SafeWallets;

    before(async function () {
      provider = new JsonRpcProvider(world.chain.rpcUrl, 31_337, { staticNetwork: true, cacheTimeout: -1 });
      safes = await deploySafeWallets(await provider.getSigner(0));
    });
    after(function () {
      provider.destroy();
    });

    /** A Safe that nobody has deployed, with money in its account. */
    async function plannedSafe(threshold: number): Promise<{ readonly safe: string; readonly creation: string }> {
      const safe = await safes.addressOf(addresses, threshold);
      await world.chain.fundDriver(safe, 20_000_000n, 0n);
      return { safe, creation: safes.creationOf(addresses, threshold) };
    }

    async function deployedSafe(threshold: number): Promise<string> {
      const { safe, creation } = await plannedSafe(threshold);
      const signer = await provider.getSigner(0);
      await (await signer.sendTransaction({ to: safes.factory, data: creation })).wait();
      return safe;
    }

    async function signFor(safe: string, terms: SessionTerms, signers: readonly BaseWallet[]): Promise<string> {
      return signAsSafe(sessionIdOf(terms, domain()), { chainId: 31_337, verifyingContract: safe }, signers);
    }

    async function expectOpen(terms: SessionTerms, answer: Answer): Promise<void> {
      const sessionId = sessionIdOf(terms, domain());
      expect([answer.status, answer.body]).to.deep.equal([
        201,
        { ...(answer.body as object), sessionId, status: "open" },
      ]);
      const opening = await world.chain.openingOf(sessionId);
      expect(await world.chain.contracts.chargingSettlement.isLive(terms, opening, 0n)).to.equal(true);
    }

    function expectRefused(answer: Answer, detail: string): void {
      expect([answer.status, codeOf(answer)]).to.deep.equal([422, "OPENING_REFUSED"]);
      expect(answer.body).to.have.nested.property("error.detail", detail);
    }

    it("open by as many owners as the Safe asks for, and not by fewer", async function () {
      const safe = await deployedSafe(2);
      const terms = await termsOf(safe);
      const open = async (signers: readonly BaseWallet[]): Promise<Answer> =>
        send("/v1/openings", { kind: "signed-terms", terms, signature: await signFor(safe, terms, signers) });

      expectRefused(await open([owners[1]]), "SIGNATURE_INVALID");
      expectRefused(await open([owners[1], Wallet.createRandom()]), "SIGNATURE_INVALID");
      await expectOpen(terms, await open([owners[2], owners[1]]));
    });

    it("open by what the owners have said on the chain, without a signature", async function () {
      const safe = await deployedSafe(1);
      const terms = await termsOf(safe);
      const open = async (): Promise<Answer> => send("/v1/openings", { kind: "signed-terms", terms, signature: "0x" });
      expectRefused(await open(), "SIGNATURE_INVALID");
      await approveOnChain(safe, sessionIdOf(terms, domain()));

      await expectOpen(terms, await open());
    });

    it("open for a Safe that is not deployed yet, and the same again opens nothing twice", async function () {
      const { safe, creation } = await plannedSafe(3);
      const terms = await termsOf(safe);
      const inner = await signFor(safe, terms, owners);
      const open = async (signature: string): Promise<Answer> =>
        send("/v1/openings", { kind: "signed-terms", terms, signature });
      expectRefused(await open(inner), "SIGNATURE_INVALID");
      const few = await signFor(safe, terms, owners.slice(1));
      expectRefused(await open(wrapForNewWallet(safes.factory, creation, few)), "SIGNATURE_INVALID");
      const ofOthers = safes.creationOf(addresses.slice(1), 1);
      expectRefused(await open(wrapForNewWallet(safes.factory, ofOthers, inner)), "WALLET_NOT_CREATED");
      expectRefused(await open(`${inner}${"6492".repeat(16)}`), "SIGNATURE_INVALID");
      expect(await provider.getCode(safe)).to.equal("0x");

      await expectOpen(terms, await open(wrapForNewWallet(safes.factory, creation, inner)));

      expect(await provider.getCode(safe)).to.not.equal("0x");
      const again = await open(wrapForNewWallet(safes.factory, creation, inner));
      expect([again.status, again.body]).to.deep.equal([
        201,
        { sessionId: sessionIdOf(terms, domain()), status: "open", txHash: null },
      ]);
    });

    /** One owner has the Safe keep what it was asked to sign (SignMessageLib), as its own page does. */
    async function approveOnChain(safe: string, digest: string): Promise<void> {
      const sender = await provider.getSigner(0);
      const library = await deploySafePart("signMessage", sender);
      const contract = new Contract(
        safe,
        [
          "function signMessage(bytes data)",
          "function nonce() view returns (uint256)",
          `function execTransaction(address to, uint256 value, bytes data, uint8 operation, uint256 safeTxGas,
            uint256 baseGas, uint256 gasPrice, address gasToken, address refundReceiver, bytes signatures) returns (bool)`,
        ],
        sender,
      );
      const delegateCall = 1;
      const data = contract.interface.encodeFunctionData("signMessage", [digest]);
      const nonce = (await contract.getFunction("nonce")()) as bigint;
      const values = {
        ...{ to: library, value: 0, data, operation: delegateCall, safeTxGas: 0, baseGas: 0, gasPrice: 0 },
        ...{ gasToken: ZeroAddress, refundReceiver: ZeroAddress },
      };
      const signature = await owners[0].signTypedData({ chainId: 31_337, verifyingContract: safe }, safeTxTypes, {
        ...values,
        nonce,
      });
      await (await contract.getFunction("execTransaction").send(...Object.values(values), signature)).wait();
    }
  });

  it("open for an account with a key and code (EIP-7702), by its key and by what its code takes", async function () {
    const provider = new JsonRpcProvider(world.chain.rpcUrl, 31_337, { staticNetwork: true, cacheTimeout: -1 });
    for (const isByKey of [true, false]) {
      const account = Wallet.createRandom(provider);
      await world.chain.request("hardhat_setBalance", [account.address, "0x3635c9adc5dea00000"]);
      // Its first transaction gives it the code, and is sent by itself: the permission has the nonce after it.
      const permission = await account.authorize({ address: wallet, nonce: 1 });
      await (await account.sendTransaction({ type: 4, to: owner.address, authorizationList: [permission] })).wait();
      expect(await provider.getCode(account.address)).to.equal(`0xef0100${wallet.slice(2).toLowerCase()}`);
      await world.chain.fundDriver(account.address, 20_000_000n, 0n);
      const terms = await termsOf(account.address);
      const signer = isByKey ? account : owner;
      const signature = await signer.signTypedData(settlementDomainOf(domain()), termsTypes, terms);

      const answer = await send("/v1/openings", { kind: "signed-terms", terms, signature });

      const sessionId = sessionIdOf(terms, domain());
      expect([answer.status, answer.body]).to.deep.equal([
        201,
        { ...(answer.body as object), sessionId, status: "open" },
      ]);
    }
    provider.destroy();
  });
});

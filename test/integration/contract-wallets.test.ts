import { expect } from "chai";
import { ContractFactory, JsonRpcProvider, Wallet } from "ethers";
import hre from "hardhat";

import { topUpTypes } from "../../services/domain/driver-orders.ts";
import { tariffIdOf } from "../../services/domain/packed-tariff.ts";
import { sessionIdOf, settlementDomainOf, termsTypes, type SessionTerms } from "../../services/domain/terms.ts";
import { codeOf, type Answer } from "../helpers/running-service.ts";
import { testMaximumPowerW, testTariff } from "../helpers/service-chain.ts";
import { startWebWorld, type WebWorld } from "../helpers/web-world.ts";

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

  async function termsOf(): Promise<SessionTerms> {
    return {
      ...{ driver: wallet, lane: 0, nonce: 0, operator: world.chain.operator, agreement: 0 },
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
});

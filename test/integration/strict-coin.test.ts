import { expect } from "chai";
import { JsonRpcProvider, Wallet } from "ethers";

import { tariffIdOf } from "../../services/domain/packed-tariff.ts";
import { priceOf } from "../../services/domain/tariff.ts";
import { idTagOf } from "../../services/domain/id-tag.ts";
import { sessionIdOf, type SessionTerms } from "../../services/domain/terms.ts";
import { nodeCryptography } from "../../services/evidence/formats/ocmf/node-cryptography.ts";
import { createOcmfVerifier } from "../../services/evidence/formats/ocmf/verifier.ts";
import { verifyReceipt } from "../../services/receipts/verify-receipt.ts";
import {
  approveCall,
  depositCall,
  depositCalls,
  openCall,
  withdrawCall,
  type ContractCall,
} from "../../services/web/page/chain/transactions.ts";
import { addStation, get, post, runService, type RunningService } from "../helpers/running-service.ts";
import { startServiceChain, testTariff, type ChargingPoint, type ServiceChain } from "../helpers/service-chain.ts";

const gasWei = "0x3635c9adc5dea00000";
const depositMicro = 30_000_000n;
const energyMicroWh = 10_000_000_000n;
const epochsSeconds = 3 * 86_400;

describe("A coin in the manner of USDT, whose transfers return nothing", function () {
  this.timeout(120_000);
  let chain: ServiceChain;
  let running: RunningService;
  let point: ChargingPoint;
  let driver: Wallet;
  let settlement: string;

  before(async function () {
    chain = await startServiceChain({ coin: "StrictToken" });
    running = await runService(chain);
    point = await chain.addChargingPoint();
    const provider = new JsonRpcProvider(chain.rpcUrl, 31_337, { staticNetwork: true, cacheTimeout: -1 });
    driver = new Wallet(Wallet.createRandom().privateKey, provider);
    settlement = chain.deployment.contracts.chargingSettlement;
    await chain.request("hardhat_setBalance", [driver.address, gasWei]);
    await (await chain.contracts.erc20.connect(driver).mint(driver.address, 100_000_000n)).wait();
  });
  after(async function () {
    await running.close();
    await chain.close();
  });

  async function send(call: ContractCall): Promise<void> {
    await (await driver.sendTransaction(call)).wait();
  }

  const walletMicro = (account: string): Promise<bigint> => chain.contracts.erc20.balanceOf(account);

  it("refuses another allowance while one is left, and is paid in by the calls that the page makes", async function () {
    const { erc20 } = chain.deployment.contracts;
    // A payment that was begun and given up left this.
    await send(approveCall(erc20, settlement, 1_000_000n));
    const careless = approveCall(erc20, settlement, depositMicro);
    const refusal = await driver.estimateGas(careless).then(
      () => null,
      (error: unknown) => String(error),
    );
    expect(refusal).to.contain("revert");

    const allowance = await chain.contracts.erc20.allowance(driver.address, settlement);
    const calls = depositCalls(chain.deployment.contracts, driver.address, depositMicro, allowance);
    expect(calls).to.deep.equal([
      approveCall(erc20, settlement, 0n),
      careless,
      depositCall(settlement, driver.address, depositMicro),
    ]);
    for (const call of calls) await send(call);
    expect(await walletMicro(settlement)).to.equal(depositMicro);
    expect(await walletMicro(driver.address)).to.equal(70_000_000n);
  });

  it("charges, settles, and has a receipt in which nothing fails", async function () {
    const { store, url } = running.service;
    const terms: SessionTerms = {
      driver: driver.address,
      lane: 0,
      nonce: 0,
      operator: chain.operator,
      agreement: 0,
      evse: point.evse,
      meter: point.meter,
      maximumPowerW: point.maximumPowerW,
      tariffId: tariffIdOf(testTariff),
      holdMicro: 20_000_000n,
      expiresAt: (await chain.headSeconds()) + 86_400,
    };
    await send(openCall(settlement, terms));
    const sessionId = sessionIdOf(terms, { chainId: 31_337, verifyingContract: settlement });
    await chain.pass(3_600);
    await running.service.synchronise();
    const station = await addStation(store, "CS-1", [point.evse]);
    const idTag = idTagOf(sessionId, await chain.openingOf(sessionId));
    const times = { beginSeconds: 1_700_000_000, endSeconds: 1_700_003_600 };
    const record = point.device.record({ idTag, energyMicroWh, ...times });
    expect((await post(url, station, record)).body).to.deep.include({ sessionState: "completed" });
    await running.service.synchronise();

    const { grossMicro } = priceOf(testTariff, energyMicroWh, 3_600, 0);
    const receipt = await get(url, `/v1/receipts/${sessionId}`);
    expect(receipt.body).to.deep.include({ chargedMicro: grossMicro.toString() });
    const { isGood, checks } = await verifyReceipt(receipt.body, {
      chain: { request: (method, parameters) => chain.request(method, parameters) },
      verifier: createOcmfVerifier({ cryptography: nodeCryptography }),
    });
    expect(checks.filter(({ outcome }) => outcome === "fails")).to.deep.equal([]);
    expect(isGood).to.equal(true);
  });

  it("is paid out to the driver and to the operator, to the last millionth, and nothing is left", async function () {
    const { grossMicro } = priceOf(testTariff, energyMicroWh, 3_600, 0);
    await send(withdrawCall(settlement, 0, driver.address, depositMicro - grossMicro));
    expect(await walletMicro(driver.address)).to.equal(100_000_000n - grossMicro);

    // What oracles credited is final when the epoch after its own is over.
    await chain.pass(epochsSeconds);
    const { chargingSettlement } = chain.contracts;
    const { operator } = chain;
    const data = chargingSettlement.interface.encodeFunctionData("withdrawCredit", [operator, 0, grossMicro, operator]);
    await chain.request("eth_sendTransaction", [{ from: operator, to: settlement, data }]);
    expect(await walletMicro(operator)).to.equal(grossMicro);
    expect(await walletMicro(settlement)).to.equal(0n);
    expect(await chargingSettlement.owedMicro()).to.equal(0n);
  });
});

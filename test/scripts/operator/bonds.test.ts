import { expect } from "chai";
import { JsonRpcProvider, Wallet, ZeroHash } from "ethers";

import { defaultRules } from "../../../scripts/deploy/contract-set.ts";
import { signAsQuorum } from "../../../scripts/local-world/registration.ts";
import { claimsOf, encodeSettlement } from "../../../services/chain/settlement-call.ts";
import { batchDigestOf } from "../../../services/domain/claims.ts";
import { priceOf } from "../../../services/domain/tariff.ts";
import { testTariff, type OpenedSession } from "../../helpers/service-chain.ts";
import { errorCodeOf, errorDetailOf, openOperatorWorld, type JsonRun, type OperatorWorld } from "./operator-world.ts";

const hourSeconds = 3_600;
const energyMicroWh = 7_420_500_000n;
const bondMicro = defaultRules.leastBondMicro;
const { grossMicro } = priceOf(testTariff, energyMicroWh, hourSeconds, hourSeconds);
const chargedMicro = priceOf(testTariff, 1_000_000_000n, hourSeconds, hourSeconds).grossMicro;
/** By the usual rules the least reward is more than a tenth of such a loss. */
const rewardMicro = defaultRules.challengeRewardMicro;
const depositMicro = defaultRules.demandDepositMicro;

describe("wattproof: bonds and the cases that they pay", function () {
  this.timeout(300_000);
  let world: OperatorWorld;
  let session: OpenedSession;
  let recordFile: string;

  before(async () => {
    world = await openOperatorWorld();
    await world.chain.mintToOperator(10n * depositMicro);
    const point = await world.chain.addChargingPoint("secp256r1", { isProven: true });
    session = await world.chain.openSession(point);
    const times = { beginSeconds: 1_700_000_000, endSeconds: 1_700_000_000 + hourSeconds };
    recordFile = world.write("session.ocmf", point.device.record({ idTag: session.idTag, energyMicroWh, ...times }));
    await settleTooLow();
  });
  after(async () => {
    await world.close();
  });

  const oracle = (): string => world.chain.oracle.address;
  const asOracle = (): Readonly<Record<string, string>> => ({
    WATTPROOF_ORACLE_PRIVATE_KEY: world.chain.oracle.privateKey,
  });
  const bondOf = (): Promise<bigint> => world.chain.contracts.oracleBonds.bondOf(oracle());

  /** The oracle signs for one kilowatt-hour, and for no records. */
  async function settleTooLow(): Promise<void> {
    const { chargingSettlement } = world.chain.contracts;
    const domain = { chainId: 31_337, verifyingContract: await chargingSettlement.getAddress() };
    const claim = { energyMicroWh: 1_000_000_000n, chargingSeconds: hourSeconds, connectedSeconds: hourSeconds };
    const { terms, opening } = session;
    const items = [{ terms, opening, tariff: testTariff, isReadable: true, ...claim, toppedUpMicro: 0n }];
    const digest = batchDigestOf({ claims: claimsOf(items, domain), evidenceRoot: ZeroHash }, domain);
    const signatures = signAsQuorum([world.chain.oracle], digest).map((part) => ({ signer: oracle(), ...part }));
    const data = encodeSettlement(chargingSettlement.interface, items, ZeroHash, signatures);
    await world.chain.sendAsStranger(domain.verifyingContract, data);
  }

  async function expectUnchanged(parameters: readonly string[], environment = {}): Promise<JsonRun> {
    const head = await world.headBlock();
    const planned = await world.runJson([...parameters, "--dry-run"], environment);
    expect(planned.code, planned.stderr).to.equal(0);
    expect(planned.document).to.have.property("isDryRun", true);
    expect(await world.headBlock()).to.equal(head);
    return planned;
  }

  it("concludes a demand that nobody answered, with the record that shows what the operator lost", async () => {
    const none = await world.runJson(["challenge", "close", oracle()]);
    expect([none.code, errorCodeOf(none)]).to.deep.equal([1, "REGISTRY_ENTRY_UNKNOWN"]);
    const demanded = await world.runJson(["challenge", "demand", session.sessionId]);
    expect(demanded.code, demanded.stderr).to.equal(0);
    await world.chain.pass(13 * hourSeconds);

    const conclude = ["challenge", "conclude", session.sessionId, "--record", recordFile];
    await expectUnchanged(conclude);
    const concluded = await world.runJson(conclude);
    expect(concluded.code, concluded.stderr).to.equal(0);
    expect(await bondOf()).to.equal(0n);
    const { poolMicro, lossMicro } = await world.chain.contracts.oracleBonds.caseOf(oracle(), 1);
    expect([poolMicro, lossMicro]).to.deep.equal([bondMicro, grossMicro]);
  });

  it("closes a case after its time and no earlier, and collects what the caller lost", async () => {
    const close = ["challenge", "close", oracle()];
    const early = await world.runJson(close);
    expect([early.code, errorCodeOf(early)]).to.deep.equal([1, "CONTRACT_REFUSED"]);
    expect(errorDetailOf(early)).to.match(/^CaseStillOpen\(/u);
    await world.chain.pass(49 * hourSeconds);

    await expectUnchanged(close);
    const owedMicro = grossMicro - chargedMicro + rewardMicro;
    const closed = await world.runJson(close);
    expect(closed.code, closed.stderr).to.equal(0);
    expect(closed.document).to.deep.include({ number: 1, collectedMicro: owedMicro.toString() });
    // The driver's part was collected by nobody yet; what was paid was burnt once more.
    expect(await bondOf()).to.equal(bondMicro - 2n * (grossMicro + rewardMicro));
    const again = await world.runJson([...close, "--for", world.chain.driver]);
    expect(again.document).to.deep.include({ collectedMicro: chargedMicro.toString() });
  });

  it("pays out deposit, compensation and reward, and no more", async () => {
    const { erc20 } = world.chain.contracts;
    const before = await erc20.balanceOf(world.chain.operator);
    const allMicro = depositMicro + grossMicro - chargedMicro + rewardMicro;
    const tooMuch = await world.runJson(["challenge", "withdraw", "1000"]);
    expect(errorDetailOf(tooMuch)).to.match(/^BalanceTooLow\(/u);
    const planned = await expectUnchanged(["challenge", "withdraw"]);
    expect(planned.document).to.deep.include({ amountMicro: allMicro.toString() });

    expect((await world.runJson(["challenge", "withdraw"])).code).to.equal(0);

    expect(await erc20.balanceOf(world.chain.operator)).to.equal(before + allMicro);
    const nothing = await world.runJson(["challenge", "withdraw"]);
    expect([nothing.code, errorCodeOf(nothing)]).to.deep.equal([1, "NOTHING_TO_WITHDRAW"]);
  });

  it("posts a bond for an oracle, by whoever pays, and says what is lacking", async () => {
    await world.chain.mintToOperator(bondMicro);
    const before = await bondOf();
    const post = ["oracle", "post-bond", "2.5", "--oracle", oracle(), "--account", "OPERATOR"];
    await expectUnchanged(post);
    const posted = await world.runJson(post);
    expect(posted.code, posted.stderr).to.equal(0);
    expect(await bondOf()).to.equal(before + 2_500_000n);
    expect(posted.document).to.deep.include({
      oracle: oracle(),
      bondMicro: (before + 2_500_000n).toString(),
      leastBondMicro: bondMicro.toString(),
    });
    const text = await world.run(post);
    expect(text.stdout).to.contain("needs");
    const { findings } = (await world.runJson(["doctor", "--no-service"])).document as {
      readonly findings: readonly { readonly check: string; readonly outcome: string }[];
    };
    expect(findings.find(({ check }) => check === "oracle's bond")).to.have.property("outcome", "warning");
    const poor = await world.runJson(["oracle", "post-bond", "1"], asOracle());
    expect(errorDetailOf(poor)).to.match(/^ERC20InsufficientBalance\(/u);
  });

  it("pays an oracle's bond out when its liability is over, and not before", async () => {
    const withdraw = ["oracle", "withdraw-bond", "--recipient", world.chain.operator];
    const bound = await world.runJson(withdraw, asOracle());
    expect(errorDetailOf(bound)).to.match(/^BondBound\(/u);
    const provider = new JsonRpcProvider(world.chain.rpcUrl, 31_337, { staticNetwork: true, cacheTimeout: -1 });
    const signer = new Wallet(world.chain.oracle.privateKey, provider);
    await (await world.chain.contracts.oracleCommittee.connect(signer).resign()).wait();
    provider.destroy();
    await world.chain.pass(49 * hourSeconds);
    const { erc20 } = world.chain.contracts;
    const balance = await erc20.balanceOf(world.chain.operator);
    const before = await bondOf();
    await expectUnchanged(withdraw, asOracle());

    const part = await world.runJson(["oracle", "withdraw-bond", "1", "--recipient", world.chain.operator], asOracle());
    expect(part.document).to.deep.include({ amountMicro: "1000000", bondMicro: (before - 1_000_000n).toString() });
    expect((await world.runJson(withdraw, asOracle())).code).to.equal(0);

    expect(await erc20.balanceOf(world.chain.operator)).to.equal(balance + before);
    const nothing = await world.runJson(withdraw, asOracle());
    expect([nothing.code, errorCodeOf(nothing)]).to.deep.equal([1, "NOTHING_TO_WITHDRAW"]);
  });
});

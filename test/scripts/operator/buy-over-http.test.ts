import { execFile } from "node:child_process";
import { once } from "node:events";
import { readFileSync, renameSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";

import {
  decodePaymentRequiredHeader,
  decodePaymentResponseHeader,
  encodePaymentSignatureHeader,
} from "@x402/core/http";
import { validatePaymentRequired } from "@x402/core/schemas";
import { expect } from "chai";
import {
  Contract,
  ContractFactory,
  type ContractTransactionResponse,
  hexlify,
  id,
  JsonRpcProvider,
  randomBytes,
  Wallet,
  ZeroHash,
} from "ethers";
import hre from "hardhat";

import { artifactOf } from "../../../scripts/deploy/artifacts.ts";
import { evidenceAddressOf } from "../../../services/chain/deployment.ts";
import { createEvidenceMarket } from "../../../services/chain/evidence-market.ts";
import { createHttpRpc } from "../../../services/chain/rpc.ts";
import { paymentNonceOf } from "../../../services/dossier/format/dossier-sale.ts";
import { openLyingEndpoint, Refusal, type LyingEndpoint } from "../../helpers/lying-endpoint.ts";
import { addStation, operatorKey, post, runService, type RunningService } from "../../helpers/running-service.ts";
import { expectCode } from "../../services/store/suite.ts";
import { developmentKey, errorCodeOf, openOperatorWorld, type OperatorWorld } from "./operator-world.ts";

type Payload = Parameters<typeof encodePaymentSignatureHeader>[0];

/** A buyer pays over HTTP by x402, whose own library reads what the service asks and writes what the buyer sends. */
describe("Buying a dossier over HTTP", function () {
  this.timeout(600_000);
  let world: OperatorWorld;
  let running: RunningService;
  let provider: JsonRpcProvider;
  let summary = "";
  let url = "";
  let offerId = "";
  let endpoint: LyingEndpoint | null = null;
  const buyer = new Wallet(developmentKey(9));

  async function done(...parameters: readonly string[]): Promise<Readonly<Record<string, unknown>>> {
    const result = await run(...parameters);
    expect(result.code, `${parameters.join(" ")}: ${result.stdout} ${result.stderr}`).to.equal(0);
    return result.document;
  }

  const run = (...parameters: readonly string[]) =>
    world.runJson(parameters, { WATTPROOF_OPERATOR_KEY: operatorKey, WATTPROOF_SERVICE_URL: running.service.url });

  before(async () => {
    world = await openOperatorWorld({ hasMarket: true, hasAuthorizationToken: true });
    running = await runService(world.chain, {
      WATTPROOF_SELLER_PRIVATE_KEY: developmentKey(7),
      WATTPROOF_PAGE_ORIGIN: "https://charge.example",
    });
    provider = new JsonRpcProvider(world.chain.rpcUrl, 31_337, { staticNetwork: true, cacheTimeout: -1 });
    await world.chain.mintToStranger(10n ** 12n);
    const point = await world.chain.addChargingPoint("secp256r1", { isProven: true });
    const station = await addStation(running.service.store, "CS-1", [point.evse]);
    const session = await world.chain.openSession(point, { chargedSeconds: 3_600 });
    await running.service.catchUp();
    const times = { beginSeconds: 1_700_000_000, endSeconds: 1_700_003_600 };
    const record = point.device.record({ idTag: session.idTag, energyMicroWh: 7_000_000_000n, ...times });
    expect((await post(running.service.url, station, record)).status).to.equal(200);
    await running.service.synchronise();

    const file = join(world.folder, "dossier.json");
    summary = join(world.folder, "summary.json");
    const period = ["--from", "2023-01-01", "--to", "2024-01-01"];
    await done("dossier", "make", "--purpose", "FLEET", ...period, "--operator", world.chain.operator, "--out", file);
    await done("dossier", "disclose", file, "--out", summary);
    const sales = evidenceAddressOf(world.chain.deployment, "evidenceSales");
    await done("partners", "propose", "--share", `${sales}=1000`);
    await done("sale", "join", "1");
    const licence = world.write("licence.txt", "For research.");
    const offer = await done("sale", "offer", file, "--agreement", "1", "--price", "12.5", "--licence", licence);
    offerId = String(offer["offerId"]);
    url = `${running.service.url}/v1/dossiers/${offerId}`;
    expect((await fetch(url)).status).to.equal(404);
    const whole = await run("sale", "publish", offerId, file);
    expect(errorCodeOf(whole)).to.equal("DOSSIER_NOT_OF_OFFER");
    expect(await done("sale", "publish", offerId, summary, "--dry-run")).to.include({ isDryRun: true });
    expect((await fetch(url)).status).to.equal(404);
    expect(await done("sale", "publish", offerId, summary)).to.include({ url });
  });
  after(async () => {
    provider.destroy();
    await endpoint?.close();
    await running.close();
    await world.close();
  });

  /** A payment that the buyer signs, with what a test changes in it. */
  async function payment(
    changes: Readonly<Record<string, unknown>> = {},
    salt = hexlify(randomBytes(32)),
    signer = buyer,
  ) {
    const asked = decodePaymentRequiredHeader((await fetch(url)).headers.get("PAYMENT-REQUIRED") ?? "");
    const [accepted] = asked.accepts;
    if (accepted === undefined) throw new Error("Nothing is accepted.");
    const { name, version } = accepted.extra as { name: string; version: string };
    const authorization = {
      ...{ from: buyer.address, to: accepted.payTo, value: accepted.amount, validAfter: "0" },
      ...{ validBefore: "9999999999", nonce: paymentNonceOf(offerId, salt), ...changes },
    };
    const domain = { name, version, chainId: 31_337, verifyingContract: accepted.asset };
    const names = ["address from", "address to", "uint256 value", "uint256 validAfter", "uint256 validBefore"];
    const members = [...names, "bytes32 nonce"].map((text) => text.split(" "));
    const fields = members.map(([type = "", field = ""]) => ({ type, name: field }));
    const signature = await signer.signTypedData(domain, { TransferWithAuthorization: fields }, authorization);
    const content: Payload = { x402Version: 2, accepted, payload: { signature, authorization, salt } };
    return { content, authorization, signature, asset: accepted.asset };
  }

  const pay = (content: Payload): Promise<Response> =>
    fetch(url, { headers: { "PAYMENT-SIGNATURE": encodePaymentSignatureHeader(content) } });

  async function codeOf(response: Response): Promise<unknown> {
    return ((await response.json()) as { error: { code: string } }).error.code;
  }

  const balanceOf = (account: string): Promise<bigint> => world.chain.contracts.erc20.balanceOf(account);

  it("answers 402 with what x402's own library takes for a demand", async () => {
    const answer = await fetch(url);
    expect(answer.status).to.equal(402);
    const asked = decodePaymentRequiredHeader(answer.headers.get("PAYMENT-REQUIRED") ?? "");
    validatePaymentRequired(asked);
    expect(await answer.json()).to.deep.equal(asked);
    expect(asked.resource.url).to.equal(`https://charge.example/v1/dossiers/${offerId}`);
    expect(asked.accepts[0]).to.deep.include({ scheme: "exact", network: "eip155:31337", amount: "12500000" });
    expect(asked.accepts[0]?.payTo).to.equal(evidenceAddressOf(world.chain.deployment, "evidenceSales"));
  });

  it("takes no payment that is for something else, for less, to somebody else, or of nobody", async () => {
    const before = await balanceOf(buyer.address);
    for (const changes of [{ nonce: `0x${"11".repeat(32)}` }, { value: "12499999" }, { to: buyer.address }]) {
      const answer = await pay((await payment(changes)).content);
      expect([answer.status, await codeOf(answer)]).to.deep.equal([400, "PAYMENT_INVALID"]);
    }
    const misspelt = await payment();
    const { authorization } = misspelt;
    const from = `0x${authorization.from
      .slice(2)
      .toLowerCase()
      .replace(/[a-f]/u, (letter) => letter.toUpperCase())}`;
    misspelt.content.payload = { ...misspelt.content.payload, authorization: { ...authorization, from } };
    expect(await codeOf(await pay(misspelt.content))).to.equal("PAYMENT_INVALID");
    const forged = await payment();
    forged.content.payload = { ...forged.content.payload, signature: `0x${"01".repeat(65)}` };
    const refused = await pay(forged.content);
    expect([refused.status, await codeOf(refused)]).to.deep.equal([409, "SALE_REFUSED"]);
    const late = await pay((await payment({ validBefore: "1" })).content);
    expect(late.status).to.equal(409);
    const garbage = await fetch(url, { headers: { "PAYMENT-SIGNATURE": "AAAA" } });
    expect(await codeOf(garbage)).to.equal("PAYMENT_INVALID");
    const unknown = await fetch(`${running.service.url}/v1/dossiers/0x${"12".repeat(32)}`);
    expect(await codeOf(unknown)).to.equal("OFFER_UNKNOWN");
    expect(await balanceOf(buyer.address)).to.equal(before);
  });

  /** Another service of the same operator, which has the same dossier for sale. */
  async function sellingElsewhere(
    settings: Readonly<Record<string, string>>,
    act: (otherUrl: string) => Promise<void>,
  ): Promise<void> {
    const other = await runService(world.chain, settings);
    try {
      const environment = { WATTPROOF_OPERATOR_KEY: operatorKey, WATTPROOF_SERVICE_URL: other.service.url };
      expect((await world.runJson(["sale", "publish", offerId, summary], environment)).code).to.equal(0);
      await act(`${other.service.url}/v1/dossiers/${offerId}`);
    } finally {
      await other.close();
    }
  }

  it("takes nothing where it cannot bring the sale to the chain", async () => {
    const { content } = await payment();
    const headers = { "PAYMENT-SIGNATURE": encodePaymentSignatureHeader(content) };
    const before = await balanceOf(buyer.address);

    await sellingElsewhere({}, async (otherUrl) => {
      const answer = await fetch(otherUrl, { headers });
      expect([answer.status, await codeOf(answer)]).to.deep.equal([501, "SALE_UNAVAILABLE"]);
    });
    const tooCheap = { WATTPROOF_SELLER_PRIVATE_KEY: developmentKey(6), WATTPROOF_TRANSACTION_LIMIT_GWEI: "1" };
    await sellingElsewhere(tooCheap, async (otherUrl) => {
      const answer = await fetch(otherUrl, { headers });
      expect([answer.status, await codeOf(answer)]).to.deep.equal([503, "SALE_UNFINISHED"]);
    });
    expect(await balanceOf(buyer.address)).to.equal(before);
  });

  it("sells for a signed payment, once, and hands the dossier out again for the same one", async () => {
    const before = await balanceOf(buyer.address);
    const { content } = await payment();
    const answer = await pay(content);
    expect(answer.status, await answer.clone().text()).to.equal(200);
    expect(await answer.text()).to.equal(readFileSync(summary, "utf8"));
    const settled = decodePaymentResponseHeader(answer.headers.get("PAYMENT-RESPONSE") ?? "");
    expect(settled).to.include({ success: true, payer: buyer.address, network: "eip155:31337" });
    expect(settled.transaction).to.match(/^0x[0-9a-f]{64}$/u);
    expect((await pay(content)).status).to.equal(200);
    expect(before - (await balanceOf(buyer.address))).to.equal(12_500_000n);
  });

  it("counts a payment that somebody brought to the token before, once", async () => {
    const other = await payment();
    // The first buyer has bought; another one, whose payment a stranger sends to the token directly.
    const second = new Wallet(developmentKey(8));
    await world.chain.fundDriver(second.address, 0n, 20_000_000n);
    const authorization = { ...other.authorization, from: second.address };
    const { name, version } = other.content.accepted.extra as { name: string; version: string };
    const domain = { name, version, chainId: 31_337, verifyingContract: other.asset };
    const types = ["address from", "address to", "uint256 value", "uint256 validAfter", "uint256 validBefore"];
    const fields = [...types, "bytes32 nonce"].map((text) => text.split(" "));
    const signature = await second.signTypedData(
      domain,
      { TransferWithAuthorization: fields.map(([type = "", field = ""]) => ({ type, name: field })) },
      authorization,
    );
    const token = new Contract(other.asset, artifactOf("erc20").interface, new Wallet(developmentKey(6), provider));
    const { from, to, value, validAfter, validBefore, nonce } = authorization;
    const move = token.getFunction("transferWithAuthorization(address,address,uint256,uint256,uint256,bytes32,bytes)");
    const sent = (await move(
      from,
      to,
      value,
      validAfter,
      validBefore,
      nonce,
      signature,
    )) as ContractTransactionResponse;
    await sent.wait();
    expect(await balanceOf(second.address)).to.equal(7_500_000n);
    const content = { ...other.content, payload: { ...other.content.payload, authorization, signature } };
    const answer = await pay(content);
    expect(answer.status, await answer.clone().text()).to.equal(200);
    expect(await answer.text()).to.equal(readFileSync(summary, "utf8"));
    expect(await balanceOf(second.address)).to.equal(7_500_000n);
    expect((await pay(content)).status).to.equal(200);
  });

  it("hands the dossier out again to a wallet that is a contract, and to nobody who did not buy", async () => {
    const owner = new Wallet(developmentKey(5), provider);
    const { abi, bytecode } = await hre.artifacts.readArtifact("ContractWallet");
    const wallet = await (await new ContractFactory(abi, bytecode, owner).deploy(owner.address)).getAddress();
    await world.chain.fundDriver(wallet, 0n, 20_000_000n);
    const { content } = await payment({ from: wallet }, undefined, owner);
    expect((await pay(content)).status).to.equal(200);
    const again = await pay(content);
    expect(again.status, await again.clone().text()).to.equal(200);
    expect(await again.text()).to.equal(readFileSync(summary, "utf8"));
    const later = await pay((await payment({ from: wallet }, undefined, owner)).content);
    expect(later.status).to.equal(200);
    expect(await balanceOf(wallet)).to.equal(7_500_000n);
    const thief = await pay((await payment({ from: wallet }, undefined, new Wallet(developmentKey(4)))).content);
    expect([thief.status, await codeOf(thief)]).to.deep.equal([409, "SALE_REFUSED"]);
  });

  it("takes no payment for what it is only asked about, or cannot hand out", async () => {
    const rich = new Wallet(developmentKey(3));
    await world.chain.fundDriver(rich.address, 0n, 20_000_000n);
    const { content } = await payment({ from: rich.address }, undefined, rich);
    const headers = { "PAYMENT-SIGNATURE": encodePaymentSignatureHeader(content) };
    const looked = await fetch(url, { method: "HEAD", headers });
    expect([looked.status, looked.headers.get("allow")]).to.deep.equal([405, "GET"]);

    // In the place of the file is something that cannot be opened.
    const path = join(running.dataPath, "dossiers", `${offerId}.json`);
    renameSync(path, `${path}.away`);
    const inItsPlace = createServer().listen(path);
    await once(inItsPlace, "listening");
    for (const answer of [await fetch(url), await pay(content)]) {
      expect([answer.status, await codeOf(answer)]).to.deep.equal([503, "STORE_UNAVAILABLE"]);
    }
    inItsPlace.close();
    await once(inItsPlace, "close");
    expect((await pay(content)).status).to.equal(404);
    renameSync(`${path}.away`, path);
    expect(await balanceOf(rich.address)).to.equal(20_000_000n);
  });

  it("asks the chain once about an offer that nobody made, and looks for another one's content once", async () => {
    endpoint = await openLyingEndpoint(world.chain.rpcUrl);
    const { lies, asked } = endpoint;
    const rpc = createHttpRpc(endpoint.url, 30_000, AbortSignal.timeout(60_000));
    const { deployment } = world.chain;
    const market = createEvidenceMarket({ rpc, deployment });
    expect(await market.readOffer(`0x${"12".repeat(32)}`)).to.equal(null);
    expect([...asked]).to.deep.equal([["eth_call", 1]]);
    expect((await market.readOffer(offerId))?.isOpen).to.equal(true);
    expect((await market.readOffer(offerId))?.content.priceMicro).to.equal("12500000");
    expect(asked.get("eth_getLogs")).to.equal(1);

    // Tokens older than ERC-5267, such as USDC, have no function that tells their domain.
    const told = await market.readToken();
    const selector = id("eip712Domain()").slice(0, 10);
    lies["eth_call"] = (truth, [call]) => {
      const { data } = call as { readonly data: string };
      // It has no function that tells its version either, and the chain refuses to ask it.
      if (data.startsWith(selector) || truth === undefined) throw new Refusal("execution reverted");
      return truth;
    };
    expect(await createEvidenceMarket({ rpc, deployment }).readToken()).to.deep.equal(told);
    lies["eth_call"] = (truth, [call]) =>
      (call as { readonly data: string }).data.startsWith(id("DOMAIN_SEPARATOR()").slice(0, 10)) ? ZeroHash : truth;
    await expectCode(createEvidenceMarket({ rpc, deployment }).readToken(), "CHAIN_MISMATCH");
  });

  it("is done whole by the script of the documentation", async () => {
    const out = join(world.folder, "bought.json");
    const words = ["docs/examples/buy-dossier.mjs", url, world.chain.rpcUrl, out];
    const environment = { ...process.env, BUYER_PRIVATE_KEY: developmentKey(9) };
    const { stdout } = await promisify(execFile)(process.execPath, words, { env: environment });
    expect(stdout).to.contain("The dossier holds.").and.to.contain("Paid in transaction");
    expect(readFileSync(out, "utf8")).to.equal(readFileSync(summary, "utf8"));
    // Nobody is asked to pay under an offer whose time is over, or that has ended; who has bought gets it still.
    const bought = await payment();
    await world.chain.pass(8 * 86_400);
    expect((await fetch(url)).status).to.equal(404);
    expect((await pay(bought.content)).status).to.equal(200);
    await done("sale", "end", offerId);
    expect((await fetch(url)).status).to.equal(404);
  });
});

import { expect } from "chai";
import { z } from "zod";

import { payloadOf } from "../../../scripts/simulator/payload.ts";
import { readContractInterfaces } from "../../../services/chain/contracts.ts";
import { createPayloadScan } from "../../../services/chain/payload-scan.ts";
import { createRegistryReader } from "../../../services/chain/registries.ts";
import { createHttpRpc, RpcRefusal, type Rpc } from "../../../services/chain/rpc.ts";
import { startServiceChain, type ServiceChain } from "../../helpers/service-chain.ts";
import { expectCode } from "../store/suite.ts";

const timeoutMs = 60_000;
const good = payloadOf({
  serial: "TEST",
  pagination: 1n,
  identification: "TAG",
  evseId: "DE*WTP*E1",
  synchronisation: "S",
  readings: [{ transaction: "B", registerMicroWh: 0n, epochSeconds: 1_700_000_000 }],
});
// Good JSON with the same meaning, which the contract does not decode.
const escaped = good.replace('"MS":"TEST"', '"MS":"\\u0054EST"');

describe("Asking the deployed scanner about a payload", function () {
  let chain: ServiceChain;
  let rpc: Rpc;

  before(async function () {
    chain = await startServiceChain();
    rpc = createHttpRpc(chain.rpcUrl, timeoutMs, new AbortController().signal);
  });
  after(async function () {
    await chain.close();
  });

  function scanThrough(endpoint: Rpc, readAddress?: () => Promise<string>) {
    const interfaces = readContractInterfaces();
    const registries = createRegistryReader(endpoint, chain.deployment, interfaces);
    return createPayloadScan({
      rpc: endpoint,
      scanner: interfaces.ocmfScanner,
      readAddress: readAddress ?? (() => registries.readOcmfScanner()),
    });
  }

  function refusingWith(revertData: string | null): Rpc {
    return { request: () => Promise.reject(new RpcRefusal("execution reverted", revertData)) };
  }

  const otherFailures: readonly (readonly [string, string | null])[] = [
    ["nothing", null],
    ["no data", "0x"],
    ["an error that is not the scanner's", "0x4e487b71"],
  ];
  for (const [name, revertData] of otherFailures) {
    it(`is CHAIN_UNAVAILABLE where the endpoint refuses with ${name}`, async function () {
      const scan = scanThrough(refusingWith(revertData), () => Promise.resolve(chain.operator));
      await expectCode(scan(Buffer.from(good)), "CHAIN_UNAVAILABLE");
    });
  }

  it("is CHAIN_UNAVAILABLE where the endpoint does not answer", async function () {
    const stopped = createHttpRpc(chain.rpcUrl, timeoutMs, AbortSignal.abort());
    await expectCode(scanThrough(stopped)(Buffer.from(good)), "CHAIN_UNAVAILABLE");
  });

  it("is CHAIN_MISMATCH where there is no scanner", async function () {
    const scan = scanThrough(rpc, () => Promise.resolve(chain.operator));
    await expectCode(scan(Buffer.from(good)), "CHAIN_MISMATCH");
  });

  for (const [name, payload] of [
    ["an escape in a value that it reads", escaped],
    ["more than 3,072 bytes", good.replace("Wattproof simulator", "x".repeat(3_072))],
    ["no content", ""],
  ] as const) {
    it(`is false for a payload with ${name}`, async function () {
      expect(await scanThrough(rpc)(Buffer.from(payload))).to.equal(false);
    });
  }

  it("is true for a payload that the scanner reads", async function () {
    expect(await scanThrough(rpc)(Buffer.from(good))).to.equal(true);
  });

  it("asks for the scanner's address once, and again only where it had no answer", async function () {
    let asked = 0;
    const address = z.string().parse(await chain.contracts.meterRegistry.ocmfScanner());
    const scan = scanThrough(rpc, () => {
      asked += 1;
      return asked === 1 ? Promise.reject(new Error("no answer")) : Promise.resolve(address);
    });
    await scan(Buffer.from(good)).catch(() => undefined);
    expect(await scan(Buffer.from(good))).to.equal(true);
    expect(await scan(Buffer.from(good))).to.equal(true);
    expect(asked).to.equal(2);
  });
});

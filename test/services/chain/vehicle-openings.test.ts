import { expect } from "chai";

import { readContractInterfaces } from "../../../services/chain/contracts.ts";
import { createHttpRpc } from "../../../services/chain/rpc.ts";
import {
  createVehicleOpenings,
  type VehicleOpening,
  type VehicleOpenings,
} from "../../../services/chain/vehicle-openings.ts";
import type { RelayChain } from "../../../services/relay/relay-chain.ts";
import type { RelayDesk } from "../../../services/relay/relay-desk.ts";
import { openLyingEndpoint, type LyingEndpoint } from "../../helpers/lying-endpoint.ts";
import { startServiceChain, type OpenedSession, type ServiceChain } from "../../helpers/service-chain.ts";

describe("Whether a fleet's session was opened", function () {
  let chain: ServiceChain;
  let endpoint: LyingEndpoint;
  let openings: VehicleOpenings;
  let session: OpenedSession;
  let blockNumber: number;

  before(async function () {
    chain = await startServiceChain();
    endpoint = await openLyingEndpoint(chain.rpcUrl);
    blockNumber = Number(await chain.request("eth_blockNumber"));
    session = await chain.openSession(await chain.addChargingPoint());
    // The hold is another one now, so that the contract does not know the session as it was opened: only the event tells.
    await chain.topUp(session, 0n, 1_000_000n);
    const { settlement, vehicleConsents: consents } = readContractInterfaces();
    openings = createVehicleOpenings({
      rpc: createHttpRpc(endpoint.url, 30_000, new AbortController().signal),
      deployment: chain.deployment,
      settlement,
      consents,
      // Neither has anything to do with what was opened.
      relayChain: {} as RelayChain,
      relay: {} as RelayDesk,
      fleets: [],
      blockRange: 2,
    });
  });
  beforeEach(function () {
    endpoint.tellTruth();
  });
  after(async function () {
    await endpoint.close();
    await chain.close();
  });

  const openingOf = (sessionId: string): VehicleOpening =>
    ({ sessionId, terms: session.terms, blockNumber }) as VehicleOpening;

  it("is read from the event", async function () {
    expect(await openings.readState(openingOf(session.sessionId))).to.equal("open");
    expect(await openings.readState(openingOf(`0x${"12".repeat(32)}`))).to.equal("void");
  });

  it("is read from the receipts where the endpoint leaves the event out", async function () {
    endpoint.lies["eth_getLogs"] = () => [];
    expect(await openings.readState(openingOf(session.sessionId))).to.equal("open");
  });

  it("stays unknown where the receipts do not tell all either", async function () {
    endpoint.lies["eth_getLogs"] = () => [];
    endpoint.lies["eth_getBlockReceipts"] = () => null;
    endpoint.lies["eth_getTransactionReceipt"] = (truth) =>
      truth === null ? null : { ...(truth as object), logs: [] };
    const outcome: unknown = await openings.readState(openingOf(session.sessionId)).catch((error: unknown) => error);
    expect(outcome).to.have.property("code", "CHAIN_EVENTS_MISSING");
  });
});

import { expect } from "chai";

import { openChainLine, type ChainLine } from "../../helpers/chain-line.ts";
import { openChargingWorld, type ChargingWorld } from "../../helpers/charging-world.ts";
import { askIdTokens, bindingOf, createFleet, type Fleet } from "../../helpers/fleet.ts";
import { startServiceChain, type ServiceChain } from "../../helpers/service-chain.ts";

const card = "04A1B2C3D4E5F6";

describe("Cards while the chain cannot be reached", function () {
  let chain: ServiceChain;
  let fleet: Fleet;
  let line: ChainLine;
  let world: ChargingWorld;

  before(async function () {
    chain = await startServiceChain();
    fleet = await createFleet(chain);
    line = await openChainLine(chain.rpcUrl);
    world = await openChargingWorld(chain, {
      ...fleet.environment,
      WATTPROOF_RPC_URL: line.url,
      WATTPROOF_TOKEN_OPENING_WAIT_MS: "100",
    });
  });
  after(async function () {
    await world.close();
    await line.close();
    await chain.close();
  });

  it("are not accepted, keep their station connected, and get their session when it is back", async function () {
    const consent = await fleet.consent();
    const bound = await askIdTokens(world.service.url, "/bind", bindingOf(card, consent));
    expect(bound.status, JSON.stringify(bound.answer)).to.equal(200);
    const point = await chain.addChargingPoint();
    const charger = await world.connect("OUTAGE-1", "ocpp2.0.1", [point.evse]);
    await world.service.synchronise();
    const idToken = { idToken: card, type: "ISO14443" };
    const authorize = async () => (await charger.call("Authorize", { idToken }))["idTokenInfo"];
    expect(await authorize()).to.have.property("status", "Accepted");

    line.cut();
    expect(await authorize()).to.deep.equal({ status: "NotAtThisTime" });
    const started = await charger.call("TransactionEvent", {
      eventType: "Started",
      timestamp: world.at(0),
      triggerReason: "Authorized",
      seqNo: 0,
      transactionInfo: { transactionId: "outage" },
      evse: { id: 1, connectorId: 1 },
      idToken,
    });
    expect(started["idTokenInfo"]).to.deep.equal({ status: "NotAtThisTime" });
    expect(await world.service.store.listTokenOpenings(null, 1)).to.deep.equal([]);

    line.mend();
    await world.settle();
    const [opening] = await world.service.store.listTokenOpenings(null, 2);
    expect(opening).to.deep.include({ ocppTransactionId: "outage", status: "attached", reason: null });
    const shown = await world.show({ sessionId: opening?.intent?.sessionId ?? "" });
    expect(shown.session.state).to.equal("charging");
    expect(await authorize()).to.have.property("status", "Accepted");
    expect(charger.taken).to.deep.equal([]);
  });
});

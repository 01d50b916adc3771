import { setTimeout as sleep } from "node:timers/promises";

import { expect } from "chai";
import { Wallet } from "ethers";

import { openChargingWorld, openPlace, start16, type ChargingWorld } from "../../helpers/charging-world.ts";
import { registerStation } from "../../helpers/ocpp-service.ts";
import { becomesTrue } from "../../helpers/silent-sockets.ts";
import { startServiceChain, type OpenedSession, type ServiceChain } from "../../helpers/service-chain.ts";

describe("A driver who gives a session up before it begins", function () {
  this.timeout(120_000);
  const relayer = Wallet.createRandom();
  let chain: ServiceChain;
  let world: ChargingWorld;

  before(async function () {
    chain = await startServiceChain();
  });
  beforeEach(async function () {
    await chain.request("hardhat_setBalance", [relayer.address, "0x8ac7230489e80000"]);
    world = await openChargingWorld(chain, { WATTPROOF_RELAYER_PRIVATE_KEY: relayer.privateKey });
  });
  afterEach(async function () {
    await world.close();
  });
  after(async function () {
    await chain.close();
  });

  const appoint = (isAppointed: boolean): Promise<void> => chain.changeReleaser(relayer.address, isAppointed);

  async function stop(session: OpenedSession, signature?: string) {
    const url = `${world.service.url}/v1/sessions/${session.sessionId}/stop`;
    const body = JSON.stringify({ signature: signature ?? (await chain.signStop(session)) });
    const response = await fetch(url, { method: "POST", body });
    const answer = (await response.json()) as { readonly status?: string; readonly error?: { readonly code: string } };
    return [response.status, answer.status ?? answer.error?.code];
  }

  async function openAtOfflineCharger(): Promise<OpenedSession> {
    const { session, point } = await openPlace(chain, world);
    await registerStation(world.service.store, "CS-OFF", { evses: [point.evse] });
    return session;
  }

  it("has the whole hold back at once where the charger is offline, and asking again does no harm", async function () {
    await appoint(true);
    const session = await openAtOfflineCharger();
    const free = await chain.readFree(session);
    expect((await stop(session))[1]).to.equal("cancelled");
    await world.settle();
    expect(await chain.readFree(session)).to.equal(free + session.terms.holdMicro);
    const state = (await world.service.store.findSession(session.sessionId))?.state;
    expect([state?.status, state?.closing?.kind]).to.deep.equal(["expired", "expired"]);
    expect((await stop(session))[0]).to.equal(409);
  });

  it("is refused by a stranger's signature, and nothing changes", async function () {
    await appoint(true);
    const session = await openAtOfflineCharger();
    const stranger = Wallet.createRandom().signingKey.sign(`0x${"11".repeat(32)}`).serialized;
    expect(await stop(session, stranger)).to.deep.equal([403, "STOP_UNAUTHENTICATED"]);
    expect((await world.service.store.findSession(session.sessionId))?.state.status).to.equal("opened");
  });

  it("is told to end it at the charger where the operator has not appointed the service's account", async function () {
    await appoint(false);
    const session = await openAtOfflineCharger();
    expect(await stop(session)).to.deep.equal([409, "STOP_UNSUPPORTED"]);
    expect((await world.service.store.findSession(session.sessionId))?.state.status).to.equal("opened");
  });

  it("gives nothing up once a charger has agreed to begin, or its EVSE reports in no way that says so", async function () {
    await appoint(true);
    const { session, point } = await openPlace(chain, world);
    expect(await stop(session)).to.deep.equal([409, "STOP_UNSUPPORTED"]);
    const charger = await world.connect("CS-ON", "ocpp1.6", [point.evse]);
    charger.answers = () => ({ status: "Accepted" });
    await world.settle();
    expect(charger.taken.map(({ action }) => action)).to.include("RemoteStartTransaction");
    expect(await stop(session)).to.deep.equal([409, "STOP_UNSUPPORTED"]);
    await start16(world, charger, { idTag: session.idTag });
    await world.service.ocpp.handedOn();
    expect(await stop(session)).to.deep.equal([202, "requested"]);
    expect(await chain.contracts.chargingSettlement.isLive(session.terms, session.opening, 0)).to.equal(true);
  });

  it("has it back for good where its charger was just about to be asked to begin", async function () {
    await appoint(true);
    await world.close();
    world = await openChargingWorld(chain, {
      WATTPROOF_RELAYER_PRIVATE_KEY: relayer.privateKey,
      WATTPROOF_OCPP_CALL_TIMEOUT_MS: "2500",
    });
    const { session, point } = await openPlace(chain, world);
    const charger = await world.connect("CS-SLOW", "ocpp2.1", [point.evse]);
    // Before it is asked to begin, it is asked what limits it keeps, and takes its time.
    charger.answers = ({ action }) => (action === "GetVariables" ? null : { status: "Accepted" });
    const settling = world.settle();
    expect(await becomesTrue(() => charger.displayed.length > 0)).to.equal(true);
    const free = await chain.readFree(session);
    expect((await stop(session))[1]).to.equal("cancelled");
    await settling;
    await sleep(3_000);
    await world.settle();
    expect(charger.taken).to.deep.equal([]);
    expect(await chain.readFree(session)).to.equal(free + session.terms.holdMicro);
  });

  it("is not begun by a charger that comes back later", async function () {
    await appoint(true);
    const session = await openAtOfflineCharger();
    expect((await stop(session))[1]).to.equal("cancelled");
    const charger = await world.reconnect("CS-OFF", "ocpp1.6");
    await world.settle();
    expect(charger.taken).to.deep.equal([]);
    const answer = await charger.call("StartTransaction", {
      ...{ connectorId: 1, idTag: session.idTag, meterStart: 0, timestamp: world.at(0) },
    });
    expect(answer).to.have.nested.property("idTagInfo.status").that.does.not.equal("Accepted");
  });
});

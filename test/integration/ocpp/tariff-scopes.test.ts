import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { expect } from "chai";
import { recoverAddress, Signature, Wallet } from "ethers";

import { tariffIdOf } from "../../../services/domain/packed-tariff.ts";
import type { Tariff } from "../../../services/domain/tariff.ts";
import { offerDigestOf } from "../../../services/domain/tariff-offer.ts";
import type { Charger } from "../../helpers/charger.ts";
import { registerStation } from "../../helpers/ocpp-service.ts";
import { openChargingWorld, type ChargingWorld } from "../../helpers/charging-world.ts";
import { codeOf, get, getAsOperator, operatorKey, type Answer } from "../../helpers/running-service.ts";
import { startServiceChain, testTariff, type ChargingPoint, type ServiceChain } from "../../helpers/service-chain.ts";

const priced = (priceNanoPerKwh: bigint): Tariff => ({ ...testTariff, flatFeeMicro: 0n, priceNanoPerKwh });
const everybody = priced(520_000_000n);
const ofSite = priced(490_000_000n);
const ofStaff = priced(100_000_000n);
const ofConnector = priced(610_000_000n);

interface Offered {
  readonly tariffId: string;
  readonly connectors: readonly number[] | null;
  readonly offer: { readonly validUntil: number; readonly signer: string; readonly r: string; readonly vs: string };
}

/** One site with two charging points; the second charger has two connectors. */
describe("Tariffs of sites, connectors and groups of drivers", function () {
  this.timeout(120_000);
  let folder: string;
  let chain: ServiceChain;
  let world: ChargingWorld;
  let first: ChargingPoint;
  let second: ChargingPoint;
  let staffMember: string;

  before(async function () {
    folder = await mkdtemp(join(tmpdir(), "wattproof-sites-"));
    chain = await startServiceChain();
    for (const tariff of [everybody, ofSite, ofStaff, ofConnector]) await chain.publishTariff(tariff);
    [first, second] = [await chain.addChargingPoint(), await chain.addChargingPoint()];
    const evses = [{ evse: first.evse }, { evse: second.evse }];
    const sites = join(folder, "sites.json");
    await writeFile(
      sites,
      JSON.stringify({ sites: [{ id: "town-hall", name: "Town hall", operator: "Test", evses }] }),
    );
    world = await openChargingWorld(
      chain,
      { WATTPROOF_SITES: sites, WATTPROOF_TARIFF_GRACE_SECONDS: "0" },
      (await chain.headSeconds()) * 1_000,
    );
    staffMember = (await chain.openSession(first, { tariff: everybody })).terms.driver;
  });
  after(async function () {
    await world.close();
    await chain.close();
    await rm(folder, { recursive: true });
  });

  async function send(path: string, body: object): Promise<Answer> {
    const headers = { "content-type": "application/json", authorization: `Bearer ${operatorKey}` };
    const response = await fetch(`${world.service.url}${path}`, {
      method: "POST",
      headers,
      body: JSON.stringify(body),
    });
    return { status: response.status, body: await response.json() };
  }
  const assign = (tariff: Tariff, where: object): Promise<Answer> =>
    send("/v1/tariff-assignments/assign", { tariffId: tariffIdOf(tariff), ...where });
  async function connect(stationId: string, protocol: string, { evse }: ChargingPoint): Promise<Charger> {
    await registerStation(world.service.store, stationId, { evses: [evse], tariffs: [] });
    return world.reconnect(stationId, protocol);
  }
  async function offers({ evse }: ChargingPoint, query = ""): Promise<readonly Offered[]> {
    const { body } = await get(world.service.url, `/v1/evses/${evse}/tariffs${query}`);
    return (body as { readonly tariffs: readonly Offered[] }).tariffs;
  }
  const idsOf = async (point: ChargingPoint, query = ""): Promise<readonly string[]> =>
    (await offers(point, query)).map(({ tariffId }) => tariffId);

  it("refuses by name a site, a connector and a group that there is not, and changes nothing", async function () {
    const codeFor = async (where: object): Promise<unknown> => codeOf(await assign(everybody, where));
    expect(await codeFor({ sites: ["town-hal"] })).to.equal("SITE_UNKNOWN");
    expect(await codeFor({ sites: ["town-hall"], group: "staff" })).to.equal("DRIVER_GROUP_UNKNOWN");
    expect(await codeFor({ evses: [second.evse], connector: 2 })).to.equal("CONNECTOR_UNKNOWN");
    expect(await codeFor({ sites: ["town-hall"], connector: 2 })).to.equal("ENVELOPE_INVALID");
    expect(await codeFor({ evses: [first.evse], sites: ["town-hal"] })).to.equal("SITE_UNKNOWN");
    const leaving = { group: "staff", drivers: [staffMember] };
    expect(codeOf(await send("/v1/driver-groups/remove", leaving))).to.equal("DRIVER_GROUP_UNKNOWN");
    expect(codeOf(await send("/v1/driver-groups/add", { group: "Staff!", drivers: [staffMember] }))).to.equal(
      "ENVELOPE_INVALID",
    );
    expect(codeOf(await send("/v1/driver-groups/add", { group: "staff", drivers: ["0x12"] }))).to.equal(
      "ENVELOPE_INVALID",
    );
    expect(codeOf(await get(world.service.url, `/v1/evses/${first.evse}/tariffs?driver=ada`))).to.equal(
      "QUERY_INVALID",
    );
    expect([await idsOf(first), await idsOf(second)]).to.deep.equal([[], []]);
  });

  it("has a site's price at each of its charging points, and an EVSE's own before it", async function () {
    expect((await assign(ofSite, { sites: ["town-hall"] })).status).to.equal(200);
    expect([await idsOf(first), await idsOf(second)]).to.deep.equal([[tariffIdOf(ofSite)], [tariffIdOf(ofSite)]]);
    await assign(everybody, { evses: [first.evse] });
    expect([await idsOf(first), await idsOf(second)]).to.deep.equal([[tariffIdOf(everybody)], [tariffIdOf(ofSite)]]);
    const { body } = await get(world.service.url, "/v1/sites");
    expect(body).to.have.nested.property("sites[0].id", "town-hall");
  });

  it("has a group's price for its drivers alone, by a signed offer, and keeps who added them", async function () {
    const added = await send("/v1/driver-groups/add", { group: "staff", drivers: [staffMember], by: "Ada" });
    expect(added.body).to.deep.equal({ group: "staff", added: [staffMember] });
    await assign(ofStaff, { sites: ["town-hall"], group: "staff" });
    const stranger = Wallet.createRandom().address;
    expect(await idsOf(first, `?driver=${stranger}`)).to.deep.equal([tariffIdOf(everybody)]);
    const [offer, ...others] = await offers(first, `?driver=${staffMember}`);
    expect([offer?.tariffId, others]).to.deep.equal([tariffIdOf(ofStaff), []]);
    if (offer === undefined) expect.fail("There is an offer.");
    const { chainId, contracts } = chain.deployment;
    const { validUntil, signer, r, vs } = offer.offer;
    const promised = { evse: first.evse, tariffId: offer.tariffId, validUntil };
    const digest = offerDigestOf(promised, { chainId, verifyingContract: contracts.chargingSettlement });
    expect(recoverAddress(digest, Signature.from({ r, yParityAndS: vs }))).to.equal(signer);
    expect(validUntil * 1_000).to.be.greaterThan(world.nowMs);
    const members = await getAsOperator(world.service.url, "/v1/driver-groups?group=staff");
    expect(members.body).to.have.nested.property("members[0].addedBy", "Ada");
    const actions = await getAsOperator(world.service.url, "/v1/operator/actions");
    expect(JSON.stringify(actions.body)).to.contain("driver-group-added").and.to.contain("tariff-assigned");
  });

  it("starts a driver of the group at the group's price, and at everybody's not", async function () {
    const charger = await connect("CS-1", "ocpp1.6", first);
    // In the second in which a price ends, a session still has it.
    await world.pass(2);
    const own = await chain.openSession(first, { tariff: ofStaff });
    const other = await chain.openSession(first, { tariff: everybody });
    await world.settle();
    await world.settle();
    const started = JSON.stringify(charger.taken.filter(({ action }) => action === "RemoteStartTransaction"));
    expect(started).to.contain(own.idTag).and.not.to.contain(other.idTag);
    expect((await world.show(other)).session).to.deep.include({ state: "unservable", reason: "TARIFF_NOT_ASSIGNED" });
    const removed = await send("/v1/driver-groups/remove", { group: "staff", drivers: [staffMember] });
    expect(removed.body).to.deep.equal({ group: "staff", removed: [staffMember] });
    expect(await idsOf(first, `?driver=${staffMember}`)).to.deep.equal([tariffIdOf(everybody)]);
    await charger.close();
  });

  it("has a connector's price there alone, and where the charger says at which the vehicle is, only that", async function () {
    const charger = await connect("CS-2", "ocpp2.0.1", second);
    const tell = (connectorId: number, connectorStatus: string) =>
      charger.call("StatusNotification", { timestamp: world.at(0), connectorStatus, evseId: 1, connectorId });
    await tell(1, "Available");
    await tell(2, "Available");
    await world.settle();
    const done = await assign(ofConnector, { evses: [second.evse], connector: 2 });
    expect(done.body).to.have.nested.property("changes[0].connector", 2);
    const [site, dear] = [tariffIdOf(ofSite), tariffIdOf(ofConnector)];
    expect((await offers(second)).map(({ tariffId, connectors }) => [tariffId, connectors])).to.deep.equal([
      [site, null],
      [dear, [2]],
    ]);
    expect(await idsOf(second, "?connector=2")).to.deep.equal([dear]);
    expect(await idsOf(second, "?connector=1")).to.deep.equal([site]);
    await tell(2, "Occupied");
    await world.settle();
    expect(await idsOf(second)).to.deep.equal([dear]);
    await world.pass(2);
    const refused = await chain.openSession(second, { tariff: ofSite });
    const served = await chain.openSession(second, { tariff: ofConnector });
    await world.settle();
    await world.settle();
    const started = JSON.stringify(charger.taken.filter(({ action }) => action === "RequestStartTransaction"));
    expect(started).to.contain(served.idTag).and.not.to.contain(refused.idTag);
    await charger.close();
  });
});

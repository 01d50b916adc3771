import { createHmac } from "node:crypto";

import { expect } from "chai";

import type { Charger, TakenCall } from "../../helpers/charger.ts";
import { openChargingWorld, openPlace, type ChargingWorld } from "../../helpers/charging-world.ts";
import { operatorKey } from "../../helpers/running-service.ts";
import { startServiceChain, type ServiceChain } from "../../helpers/service-chain.ts";
import { becomesTrue } from "../../helpers/silent-sockets.ts";

const pageUrl = "https://charge.example";
const characters = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

/** What a station makes of its settings: written down from the specification once more, for these tests alone. */
function codeShown(values: ReadonlyMap<string, string>, atMs: number): string {
  const counter = new DataView(new ArrayBuffer(8));
  counter.setBigUint64(0, BigInt(Math.floor(atMs / 1_000 / Number(values.get("ValidityTime")))));
  const hash = createHmac("sha256", values.get("SharedSecret") ?? "")
    .update(new Uint8Array(counter.buffer))
    .digest();
  let code = "";
  for (let index = 0; index < Number(values.get("Length")); index += 1) {
    code += characters.charAt(
      (hash[((hash[31] ?? 0) % 16) + index - (((hash[31] ?? 0) % 16) + index > 31 ? 32 : 0)] ?? 0) % 62,
    );
  }
  return code;
}

describe("The code on a charger's screen", function () {
  let chain: ServiceChain;
  let world: ChargingWorld;
  let charger: Charger;
  let evse: number;
  let values: Map<string, string>;

  before(async function () {
    chain = await startServiceChain();
  });
  after(async function () {
    await chain.close();
  });
  beforeEach(async function () {
    world = await openChargingWorld(chain, { WATTPROOF_PAGE_ORIGIN: pageUrl });
    ({ evse } = (await openPlace(chain, world)).point);
    charger = await world.connect("CS-1", "ocpp2.1", [evse]);
    values = new Map();
    charger.answers = take("Accepted");
  });
  afterEach(async function () {
    await world.close();
  });

  /** Answers each variable so, and keeps what it is set to. */
  function take(attributeStatus: string): (call: TakenCall) => object {
    return ({ action, payload }) => {
      if (action !== "SetVariables") return { status: "Accepted" };
      const data = payload["setVariableData"] as readonly {
        readonly attributeValue: string;
        readonly component: object;
        readonly variable: { readonly name: string };
      }[];
      for (const { attributeValue, variable } of data) values.set(variable.name, attributeValue);
      return { setVariableResult: data.map(({ component, variable }) => ({ attributeStatus, component, variable })) };
    };
  }

  async function enable(
    body: object = {},
    stationId = "CS-1",
  ): Promise<{ readonly status: number; readonly body: Record<string, unknown> }> {
    const response = await fetch(`${world.service.url}/v1/stations/${stationId}/screen-code`, {
      method: "POST",
      headers: { authorization: `Bearer ${operatorKey}`, "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  }
  const scan = async (
    code: string,
    place = "CS-1/1",
    language = "de",
  ): Promise<{ readonly status: number; readonly location: string | null; readonly text: string }> => {
    const response = await fetch(`${world.service.url}/c/${place}/${code}/v1`, {
      redirect: "manual",
      headers: { "accept-language": language },
    });
    return { status: response.status, location: response.headers.get("location"), text: await response.text() };
  };
  const shownAt = (seconds: number): string => codeShown(values, world.nowMs + seconds * 1_000);
  const started = () =>
    charger.taken.filter(({ action }) => action === "NotifyWebPaymentStarted").map(({ payload }) => payload);

  it("leads to the charging point, and has the charger show that somebody is paying", async function () {
    const enabled = await enable();
    expect([enabled.status, enabled.body["urlTemplate"]]).to.deep.equal([
      200,
      `${pageUrl}/c/{chargingstationid}/{evse}/{totp}/{version}`,
    ]);
    expect(values.get("URLTemplate")).to.equal(enabled.body["urlTemplate"]);
    const scanned = await scan(shownAt(0));
    expect([scanned.status, scanned.location]).to.deep.equal([303, `/#/evse/${evse}`]);
    expect(await becomesTrue(() => started().length > 0)).to.equal(true);
    expect(started()).to.deep.equal([{ evseId: 1, timeout: 120 }]);
  });

  it("is not used up by a program that only looks at the address", async function () {
    await enable();
    const url = `${world.service.url}/c/CS-1/1/${shownAt(0)}/v1`;
    const looked = await fetch(url, { method: "HEAD", redirect: "manual" });
    expect([looked.status, looked.headers.get("allow")]).to.deep.equal([405, "GET"]);
    expect((await scan(shownAt(0))).status).to.equal(303);
  });

  it("leads on at once where the charger does not answer", async function () {
    await enable();
    charger.answers = () => null;
    expect((await scan(shownAt(0))).status).to.equal(303);
  });

  it("holds in the interval before and the one after, and no longer", async function () {
    await enable();
    // In the middle of an interval, so that a minute more or less is the neighbour.
    world.nowMs = Math.ceil(world.nowMs / 60_000) * 60_000 + 30_000;
    for (const [seconds, status] of [
      [-120, 410],
      [-60, 303],
      [60, 303],
      [120, 410],
    ] as const) {
      expect((await scan(shownAt(seconds))).status).to.equal(status);
    }
  });

  it("is refused with a page that says so, and tells the charger nothing, where it is wrong, used, or another's", async function () {
    await enable();
    const code = shownAt(0);
    const refused: readonly (readonly [code: string, place: string])[] = [
      ["AAAAAAAA", "CS-1/1"],
      [code.slice(0, -1), "CS-1/1"],
      [`${code}A`, "CS-1/1"],
      [code, "CS-1/2"],
      [code, "CS-1/0"],
      [code, "CS-9/1"],
      ["%3Cscript%3E", "CS-1/1"],
    ];
    for (const [tried, place] of refused) {
      const { status, text } = await scan(tried, place);
      expect([status, text.includes("<h1>Dieser Code gilt nicht mehr</h1>")]).to.deep.equal([410, true]);
      expect(text).to.not.contain("script");
    }
    expect(started()).to.deep.equal([]);
    expect((await scan(code)).status).to.equal(303);
    const replayed = await scan(code, "CS-1/1", "fr");
    expect([replayed.status, replayed.text.includes('lang="fr"')]).to.deep.equal([410, true]);
    expect(await becomesTrue(() => started().length > 0)).to.equal(true);
    expect(started()).to.have.length(1);
  });

  it("no longer holds once the charger has a new secret, which is kept out of the frames", async function () {
    await enable({ validitySeconds: 30, length: 12 });
    const old = shownAt(0);
    const secret = values.get("SharedSecret") ?? "";
    expect(old).to.have.length(12);
    await enable();
    expect(values.get("SharedSecret")).to.not.equal(secret);
    expect((await scan(old)).status).to.equal(410);
    const frames = await world.service.store.listFrames("CS-1", 0, 100);
    const sent = frames.filter(({ text }) => text.includes("SharedSecret")).map(({ text }) => text);
    expect(sent.length).to.be.greaterThan(0);
    expect(sent.join()).to.not.contain(secret);
  });

  it("is not enabled where the charger shows none, is away or unknown, or where no page was named", async function () {
    const code = ({ body }: { readonly body: Record<string, unknown> }) =>
      (body["error"] as { readonly code: string }).code;
    charger.answers = take("UnknownComponent");
    expect(code(await enable())).to.equal("SCREEN_CODE_UNSUPPORTED");
    expect(await world.service.store.findScreenCode("CS-1")).to.equal(null);
    expect(code(await enable({}, "CS-9"))).to.equal("STATION_UNKNOWN");
    expect(code(await enable({ validitySeconds: 5 }))).to.equal("ENVELOPE_INVALID");
    await charger.close();
    expect(code(await enable())).to.equal("STATION_OFFLINE");
    const homeless = await openChargingWorld(chain);
    await homeless.connect("CS-1", "ocpp2.1", [evse]);
    const response = await fetch(`${homeless.service.url}/v1/stations/CS-1/screen-code`, {
      method: "POST",
      headers: { authorization: `Bearer ${operatorKey}` },
      body: "{}",
    });
    expect(code({ body: (await response.json()) as Record<string, unknown> })).to.equal("PAGE_ADDRESS_MISSING");
    await homeless.close();
  });
});

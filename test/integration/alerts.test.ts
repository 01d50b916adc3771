import { expect } from "chai";

import { registerStation } from "../helpers/ocpp-service.ts";
import { connectCharger } from "../helpers/charger.ts";
import { startMailServer, type MailServer } from "../helpers/mail-server.ts";
import { runService, type RunningService } from "../helpers/running-service.ts";
import { startServiceChain, type ServiceChain } from "../helpers/service-chain.ts";
import { startWebhookServer, type WebhookServer } from "../helpers/webhook-server.ts";

describe("A service that tells of its alerts", function () {
  this.timeout(120_000);
  let chain: ServiceChain;
  let running: RunningService;
  let hook: WebhookServer;
  let mails: MailServer;

  before(async function () {
    chain = await startServiceChain();
  });
  beforeEach(async function () {
    [hook, mails] = [await startWebhookServer(), await startMailServer()];
    running = await runService(chain, {
      WATTPROOF_ALERT_WEBHOOK_URL: hook.url,
      WATTPROOF_ALERT_WEBHOOK_SECRET: "a secret of at least thirty-two characters",
      WATTPROOF_ALERT_MAIL_TO: "night@example.org",
      WATTPROOF_ALERT_LEVEL: "all",
      WATTPROOF_SMTP_URL: mails.url,
      WATTPROOF_MAIL_FROM: "service@example.org",
    });
  });
  afterEach(async function () {
    await running.close();
    await hook.close();
    await mails.close();
  });
  after(async function () {
    await chain.close();
  });

  it("tells what a charger has caused, by both ways, also after a restart while nobody took it", async function () {
    hook.status = 500;
    const { service } = running;
    await registerStation(service.store, "CS-1", { evses: [1] });
    const charger = await connectCharger(service.url, "CS-1", "ocpp1.6");
    // Energy that breaks the schema of its message is kept, acknowledged and told to the operator.
    await charger.call("MeterValues", { connectorId: "one", meterValue: [] });
    await charger.close();
    await service.synchronise();
    expect(mails.mails.map(({ subject }) => subject)).to.deep.equal(["Wattproof: ocpp-frame-quarantined"]);
    expect(mails.mails[0]?.parts[0]?.content).to.contain("Station CS-1");
    expect(hook.posts).to.have.length(1);

    hook.status = 200;
    running = await running.restart();
    const [notice] = await running.service.store.listNotices("single");
    expect(notice).to.deep.include({ channel: "webhook", alert: "ocpp-frame-quarantined" });
    await running.service.store.putNotice({
      ...{ replicaId: "single", channel: "webhook", alert: "ocpp-frame-quarantined" },
      content: JSON.stringify({ ...(JSON.parse(notice?.content ?? "") as object), dueAtMs: 0 }),
    });
    running = await running.restart();
    await running.service.synchronise();
    expect(hook.posts).to.have.length(2);
    expect(JSON.parse(hook.posts[1]?.body ?? "")).to.include({ alert: "ocpp-frame-quarantined", stationId: "CS-1" });
    expect(hook.posts[1]?.headers["wattproof-parcel"]).to.equal(hook.posts[0]?.headers["wattproof-parcel"]);
    expect(mails.mails).to.have.length(1);
    expect(await running.service.store.listNotices("single")).to.deep.equal([]);
  });
});

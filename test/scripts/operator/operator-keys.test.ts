import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { expect } from "chai";

import { tariffIdOf } from "../../../services/domain/packed-tariff.ts";
import { testTariff } from "../../helpers/service-chain.ts";
import { runService, type RunningService } from "../../helpers/running-service.ts";
import { errorCodeOf, openOperatorWorld, type OperatorWorld } from "./operator-world.ts";

const configured = { WATTPROOF_OPERATOR_KEY: "k".repeat(40) };

describe("wattproof: keys of the operator", function () {
  this.timeout(300_000);
  let world: OperatorWorld;
  let running: RunningService;
  let folder: string;
  let sessionId: string;
  let evse: number;

  before(async () => {
    world = await openOperatorWorld();
    running = await runService(world.chain, configured);
    const point = await world.chain.addChargingPoint();
    ({ evse } = point);
    ({ sessionId } = await world.chain.openSession(point, { expiresInSeconds: 3_600 }));
    await running.service.synchronise();
    folder = mkdtempSync(join(tmpdir(), "wattproof-keys-"));
  });
  after(async () => {
    await running.close();
    await world.close();
    rmSync(folder, { recursive: true });
  });

  const run = (parameters: readonly string[], environment: Record<string, string>) =>
    world.runJson([...parameters, "--service", running.service.url], environment);
  const fileOf = (name: string): string => join(folder, `${name}.key`);
  const holding = (name: string) => ({ WATTPROOF_OPERATOR_KEY_FILE: fileOf(name) });
  const bearerOf = (name: string) => ({
    headers: { authorization: `Bearer ${readFileSync(fileOf(name), "utf8").trim()}` },
  });
  const post = async (path: string, content: unknown, name: string): Promise<number> => {
    const request = { ...bearerOf(name), method: "POST", body: JSON.stringify(content) };
    return (await fetch(`${running.service.url}${path}`, request)).status;
  };
  const addKey = (name: string, environment: Record<string, string> = configured, ...more: readonly string[]) =>
    run(["operator", "add-key", name, "--role", "money", "--out", fileOf(name), ...more], environment);
  const codeOf = async (asked: ReturnType<typeof run>): Promise<readonly unknown[]> => {
    const answer = await asked;
    return [answer.code, errorCodeOf(answer)];
  };

  it("refuses names that no key can have, and callers without a valid key", async () => {
    expect(await codeOf(addKey("Ada Lovelace"))).to.deep.equal([2, "USAGE_INVALID"]);
    expect(await codeOf(addKey("configured"))).to.deep.equal([1, "OPERATOR_KEY_TAKEN"]);
    const stranger = { WATTPROOF_OPERATOR_KEY: "x".repeat(40) };
    expect((await codeOf(addKey("mallory", stranger)))[1]).to.equal("OPERATOR_UNAUTHENTICATED");
    expect((await codeOf(addKey("mallory", {})))[1]).to.equal("KEY_UNAVAILABLE");
    expect(statSync(fileOf("mallory"), { throwIfNoEntry: false })).to.equal(undefined);
    expect(await running.service.store.listOperatorKeys()).to.deep.equal([]);
  });

  it("refuses a key without a role, or with one that there is not", async () => {
    for (const role of [[], ["--role", "admin"]]) {
      const asked = run(["operator", "add-key", "ada", "--out", fileOf("ada"), ...role], configured);
      expect(await codeOf(asked)).to.deep.equal([2, "USAGE_INVALID"]);
    }
    expect(await running.service.store.listOperatorKeys()).to.deep.equal([]);
  });

  it("makes nothing in a dry run", async () => {
    const planned = await addKey("ada", configured, "--dry-run");
    expect([planned.code, planned.document["name"]]).to.deep.equal([0, "ada"]);
    expect(statSync(fileOf("ada"), { throwIfNoEntry: false })).to.equal(undefined);
    expect(await running.service.store.listOperatorKeys()).to.deep.equal([]);
  });

  it("writes a key for its owner alone, which is valid at once and of which the service has the digest", async () => {
    const added = await addKey("ada");
    expect(added.code, added.stderr).to.equal(0);
    expect(statSync(fileOf("ada")).mode & 0o777).to.equal(0o600);
    const key = readFileSync(fileOf("ada"), "utf8").trim();
    expect(added.stdout).not.to.contain(key);
    expect(JSON.stringify(await running.service.store.listOperatorKeys())).not.to.contain(key);
    const listed = await run(["operator", "list-keys"], holding("ada"));
    expect(listed.document).to.have.nested.property("keys[0].name", "ada");
    expect(listed.document).to.have.nested.property("keys[0].addedBy", "configured");
    expect(listed.document).to.have.nested.property("keys[0].role", "money");
  });

  it("does not overwrite a file, and gives no name twice", async () => {
    const before = readFileSync(fileOf("ada"), "utf8");
    expect((await codeOf(addKey("ada")))[1]).to.equal("INPUT_UNREADABLE");
    const again = run(["operator", "add-key", "ada", "--role", "read", "--out", fileOf("ada-2")], configured);
    expect(await codeOf(again)).to.deep.equal([1, "OPERATOR_KEY_TAKEN"]);
    expect(readFileSync(fileOf("ada"), "utf8")).to.equal(before);
    expect(statSync(fileOf("ada-2"), { throwIfNoEntry: false })).to.equal(undefined);
  });

  it("does not use a key file that others can read", async () => {
    chmodSync(fileOf("ada"), 0o640);
    expect((await codeOf(run(["operator", "list-keys"], holding("ada"))))[1]).to.equal("KEY_UNAVAILABLE");
    chmodSync(fileOf("ada"), 0o600);
  });

  it("has what was decided about a session name the key that decided it", async () => {
    const way = ["--as", "expire", "--reason", "the charger is gone"];
    const resolved = await run(["sessions", "resolve", sessionId, ...way], holding("ada"));
    expect(resolved.code, resolved.stderr).to.equal(0);
    expect(resolved.document).to.have.nested.property("resolution.keyName", "ada");
    const [action] = await running.service.store.listActions(sessionId);
    expect(action).to.include({ action: "session-resolution", keyName: "ada" });
    const shown = await run(["sessions", "show", sessionId], holding("ada"));
    expect(shown.document).to.have.nested.property("resolution.keyName", "ada");
  });

  it("has whoever asks told what was done to what, by whom, newest first and page by page", async () => {
    const tariffId = tariffIdOf(testTariff);
    const order = { tariffId, evses: [evse] };
    const assigned = await post("/v1/tariff-assignments/assign", order, "ada");
    expect(assigned).to.equal(200);
    const planned = await post("/v1/tariff-assignments/unassign", { ...order, dryRun: true }, "ada");
    expect(planned).to.equal(200);
    const listed = await run(["operator", "list-actions", "--of", tariffId], holding("ada"));
    expect(listed.code, listed.stderr).to.equal(0);
    const actions = listed.document["actions"] as readonly Readonly<Record<string, string>>[];
    expect(actions.map(({ action, keyName }) => [action, keyName])).to.deep.equal([["tariff-assigned", "ada"]]);
    expect(JSON.parse(actions[0]?.["details"] ?? "")).to.deep.include({ evses: [evse] });

    const newest = await run(["operator", "list-actions", "--limit", "1"], holding("ada"));
    expect(newest.document).to.have.nested.property("actions[0].action", "tariff-assigned");
    const older = ["operator", "list-actions", "--limit", "1", "--before", String(newest.document["next"])];
    expect((await run(older, holding("ada"))).document).to.have.nested.property(
      "actions[0].action",
      "session-resolution",
    );
    expect(await codeOf(run(["operator", "list-actions", "--limit", "0"], holding("ada")))).to.deep.equal([
      2,
      "USAGE_INVALID",
    ]);
    expect((await fetch(`${running.service.url}/v1/operator/actions?limit=x`, bearerOf("ada"))).status).to.equal(400);
    expect((await fetch(`${running.service.url}/v1/operator/actions`)).status).to.equal(401);
  });

  it("refuses a revoked key at once, keeps the others, and says who revoked it", async () => {
    expect((await addKey("bob", holding("ada"))).code).to.equal(0);
    const planned = await run(["operator", "revoke-key", "ada", "--dry-run"], holding("bob"));
    expect(planned.code).to.equal(0);
    expect((await run(["operator", "list-keys"], holding("ada"))).code).to.equal(0);

    expect((await run(["operator", "revoke-key", "ada"], holding("bob"))).code).to.equal(0);
    expect((await codeOf(run(["operator", "list-keys"], holding("ada"))))[1]).to.equal("OPERATOR_UNAUTHENTICATED");
    const again = run(["operator", "revoke-key", "ada"], holding("bob"));
    expect(await codeOf(again)).to.deep.equal([1, "OPERATOR_KEY_UNKNOWN"]);
    const own = run(["operator", "revoke-key", "configured"], holding("bob"));
    expect(await codeOf(own)).to.deep.equal([1, "OPERATOR_KEY_CONFIGURED"]);
    const { document } = await run(["operator", "list-keys"], configured);
    expect(document).to.have.nested.property("keys[0].revokedBy", "bob");
    const actions = await running.service.store.listActions("ada");
    expect(actions.map(({ action, keyName }) => [action, keyName])).to.deep.equal([
      ["operator-key-added", "configured"],
      ["operator-key-revoked", "bob"],
    ]);
  });
});

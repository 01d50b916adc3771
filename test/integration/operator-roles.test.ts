import { createHash } from "node:crypto";

import { expect } from "chai";
import { z } from "zod";

import { operations } from "../../services/http/api/open-api.ts";
import { operatorRoles, isRoleEnough, type OperatorRole } from "../../services/domain/operator-key.ts";
import { addStation, operatorKey, runService, type RunningService } from "../helpers/running-service.ts";
import { startServiceChain, type ServiceChain } from "../helpers/service-chain.ts";

const keyOf = (role: OperatorRole): string => `key-of-somebody-who-may-${role}-0123456789`;
const refusal = z.object({ error: z.object({ code: z.string() }) });
const actionsAnswer = z.object({
  actions: z.array(
    z.object({ keyName: z.string(), action: z.string(), subject: z.string(), details: z.string(), result: z.string() }),
  ),
});
const operatorOperations = operations.filter(({ access }) => access === "operator");

describe("Roles of the operator's keys", function () {
  this.timeout(120_000);
  let chain: ServiceChain;
  let running: RunningService;

  before(async function () {
    chain = await startServiceChain();
    running = await runService(chain);
    const point = await chain.addChargingPoint();
    await addStation(running.service.store, "CS-1", [point.evse]);
    for (const role of operatorRoles) {
      const keySha256 = createHash("sha256").update(keyOf(role)).digest("hex");
      const added = await ask("POST", "/v1/operator/key-additions", operatorKey, {
        name: `${role}er`,
        role,
        keySha256,
      });
      expect(added.status).to.equal(200);
    }
  });
  after(async function () {
    await running.close();
    await chain.close();
  });

  async function ask(method: string, path: string, key: string, body?: unknown): Promise<Response> {
    return fetch(`${running.service.url}${path}`, {
      method,
      headers: { authorization: `Bearer ${key}`, connection: "close" },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  }

  async function codeOf(response: Response): Promise<string> {
    return refusal.parse(await response.json()).error.code;
  }

  async function newest(count: number): Promise<z.infer<typeof actionsAnswer>["actions"]> {
    const response = await ask("GET", `/v1/operator/actions?limit=${count}`, keyOf("read"));
    return actionsAnswer.parse(await response.json()).actions;
  }

  it("are named by every operation that is the operator's", function () {
    expect(operatorOperations.length).to.be.greaterThan(30);
    expect(operatorOperations.filter(({ role }) => role === undefined)).to.deep.equal([]);
    for (const { method, role } of operatorOperations) if (method === "GET") expect(role).to.equal("read");
  });

  for (const { id, method, path, role = "read" } of operatorOperations) {
    const address = path.replace(/:[A-Za-z]+/g, "X");
    const lesser = operatorRoles.filter((one) => !isRoleEnough(one, role));
    for (const one of lesser) {
      it(`refuse ${id} to a key that may ${one} alone, before anything is read, and keep that`, async function () {
        const answer = await ask(method, address, keyOf(one), "no order at all");
        expect([answer.status, await codeOf(answer)]).to.deep.equal([403, "OPERATOR_ROLE_INSUFFICIENT"]);
        const [action] = await newest(1);
        expect(action).to.include({ keyName: `${one}er`, result: "OPERATOR_ROLE_INSUFFICIENT" });
      });
    }
    it(`let a key that may ${role} as far as the order of ${id}`, async function () {
      const answer = await ask(method, address, keyOf(role), method === "GET" ? undefined : "no order at all");
      expect(answer.status).not.to.be.oneOf([401, 403]);
      await answer.body?.cancel();
    });
  }

  it("leave what was refused for another reason in the record, with its code, and nothing of what is only read", async function () {
    const before = await newest(1);
    const answer = await ask("POST", "/v1/stations/CS-1/commands/Reset", keyOf("operate"), { type: "Soft" });
    expect(await codeOf(answer)).to.equal("STATION_OFFLINE");
    await ask("GET", "/v1/stations/CS-1", keyOf("operate"));
    const [refused, earlier] = await newest(2);
    expect(refused).to.deep.include({ keyName: "operateer", action: "station-command", subject: "CS-1" });
    expect([refused?.result, refused?.details]).to.deep.equal([
      "STATION_OFFLINE",
      JSON.stringify({ stationId: "CS-1", action: "Reset" }),
    ]);
    expect(earlier).to.deep.equal(before[0]);
  });

  it("do not make a refusal of strangers an action of anybody", async function () {
    const before = await newest(1);
    const answer = await ask("POST", "/v1/stations/CS-1/commands/Reset", "x".repeat(40), {});
    expect(await codeOf(answer)).to.equal("OPERATOR_UNAUTHENTICATED");
    expect(await newest(1)).to.deep.equal(before);
  });
});

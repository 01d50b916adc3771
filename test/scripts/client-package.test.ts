import { execFile, execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { promisify } from "node:util";

import { expect } from "chai";
import { build } from "vite";
import { z } from "zod";

import { addStation, operatorKey, post, runService, type RunningService } from "../helpers/running-service.ts";
import { startServiceChain, type OpenedSession, type ServiceChain } from "../helpers/service-chain.ts";

const manifestSchema = z.object({ version: z.string(), dependencies: z.record(z.string(), z.string()) });
const packedSchema = z.array(z.object({ filename: z.string() }));

/** The package as it is published, in a project that has nothing else. */
describe("The package wattproof-client", function () {
  this.timeout(180_000);
  let folder: string;
  let chain: ServiceChain;
  let running: RunningService;
  let session: OpenedSession;
  const manifest = manifestSchema.parse(JSON.parse(readFileSync("packages/client/package.json", "utf8")));
  const own = z
    .object({ version: z.string(), dependencies: z.record(z.string(), z.string()) })
    .parse(JSON.parse(readFileSync("package.json", "utf8")));

  before(async function () {
    execFileSync(process.execPath, ["scripts/client/build-client.mjs"]);
    folder = mkdtempSync(join(tmpdir(), "wattproof-client-"));
    const packed = execFileSync("npm", ["pack", "--json", "--pack-destination", folder], { cwd: "packages/client" });
    const [tarball] = packedSchema.parse(JSON.parse(packed.toString()));
    const installed = join(folder, "node_modules/wattproof-client");
    mkdirSync(installed, { recursive: true });
    execFileSync("tar", ["-xzf", join(folder, tarball?.filename ?? ""), "--strip-components=1", "-C", installed]);
    // What it depends on by its own word, and nothing else that happens to be here.
    for (const name of Object.keys(manifest.dependencies)) {
      mkdirSync(dirname(join(folder, "node_modules", name)), { recursive: true });
      symlinkSync(resolve("node_modules", name), join(folder, "node_modules", name));
    }
    writeFileSync(join(folder, "package.json"), JSON.stringify({ type: "module", private: true }));

    chain = await startServiceChain();
    running = await runService(chain);
    const point = await chain.addChargingPoint("secp256r1", { isProven: true });
    const station = await addStation(running.service.store, "CS-1", [point.evse]);
    session = await chain.openSession(point, { chargedSeconds: 3_600 });
    await running.service.synchronise();
    const times = { beginSeconds: 1_700_000_000, endSeconds: 1_700_003_600 };
    const record = point.device.record({ idTag: session.idTag, energyMicroWh: 7_420_500_000n, ...times });
    expect((await post(running.service.url, station, record)).status).to.equal(200);
    await running.service.synchronise();
    await running.service.synchronise();
  });
  after(async function () {
    await running.close();
    await chain.close();
    rmSync(folder, { recursive: true, force: true });
  });

  /** Runs a module of the project and gives what it writes, as JSON. */
  async function run(code: string): Promise<unknown> {
    writeFileSync(join(folder, "main.mjs"), code);
    const argument = JSON.stringify({
      ...{ url: running.service.url, rpcUrl: chain.rpcUrl, sessionId: session.sessionId, operator: chain.operator },
      ...{ operatorKey, domain: { chainId: chain.deployment.chainId, verifyingContract: settlement() } },
      terms: { ...session.terms, holdMicro: session.terms.holdMicro.toString() },
    });
    // The service is in this process, and has to answer meanwhile.
    const options = { cwd: folder, timeout: 60_000 };
    const { stdout } = await promisify(execFile)(process.execPath, ["main.mjs", argument], options);
    return JSON.parse(stdout);
  }

  function settlement(): string {
    return chain.deployment.contracts.chargingSettlement;
  }

  const given = "const given = JSON.parse(process.argv[2]);";

  it("has the version of the program, and the versions of its libraries", function () {
    expect(manifest.version).to.equal(own.version);
    for (const [name, version] of Object.entries(manifest.dependencies)) {
      expect(own.dependencies[name], name).to.equal(version);
    }
  });

  it("reads a session, works its id out of the terms, and verifies its receipt without the service", async function () {
    const outcome = await run(`
      import { createServiceClient, sessionIdOf, verifyReceipt } from "wattproof-client";
      ${given}
      const service = createServiceClient({ url: given.url });
      const { visibility, session } = await service.readSession(given.sessionId);
      const receipt = await service.readReceipt(given.sessionId);
      const good = await verifyReceipt(receipt, given.rpcUrl);
      const forged = await verifyReceipt({ ...receipt, chargedMicro: "1" }, given.rpcUrl);
      const terms = { ...given.terms, holdMicro: BigInt(given.terms.holdMicro) };
      console.log(JSON.stringify({
        visibility, state: session.state, isGood: good.isGood,
        forged: forged.checks.filter(({ outcome }) => outcome === "fails").length > 0,
        isSame: sessionIdOf(terms, given.domain) === given.sessionId,
      }));`);
    expect(outcome).to.deep.equal({ visibility: "public", state: "settled", isGood: true, forged: true, isSame: true });
  });

  it("tells refusals by their code, and what cannot be reached", async function () {
    const outcome = await run(`
      import { createServiceClient, ServiceRefusal, ServiceUnreachableError } from "wattproof-client/service";
      ${given}
      const service = createServiceClient({ url: given.url + "/" });
      const refused = await service.readSession("0x" + "12".repeat(32)).catch((error) => error);
      const dead = createServiceClient({ url: "http://127.0.0.1:1" });
      const unreachable = await dead.readSession(given.sessionId).catch((error) => error);
      console.log(JSON.stringify([
        refused instanceof ServiceRefusal, refused.code, refused.status, refused.isRetryable,
        unreachable instanceof ServiceUnreachableError,
      ]));`);
    expect(outcome).to.deep.equal([true, "SESSION_UNKNOWN", 404, true, true]);
  });

  it("verifies a dossier that the service makes, and refuses one that was changed", async function () {
    const outcome = await run(`
      import { verifyDossier } from "wattproof-client/dossier";
      ${given}
      const order = { purpose: "FLEET", operator: given.operator, fromSeconds: 0, toSeconds: 4000000000, evses: null, identifiers: {} };
      const answer = await fetch(given.url + "/v1/dossiers", {
        method: "POST",
        headers: { authorization: "Bearer " + given.operatorKey, "content-type": "application/json" },
        body: JSON.stringify(order),
      });
      const text = await answer.text();
      async function* bytes(content) { yield new TextEncoder().encode(content); }
      const good = await verifyDossier(() => bytes(text), { chain: given.rpcUrl });
      const bad = await verifyDossier(() => bytes(text.replaceAll("7420500000", "7420500001")));
      console.log(JSON.stringify([good.verdict, good.sessions, good.totals.claimableMicroWh, bad.verdict]));`);
    expect(outcome).to.deep.equal(["accepted", 1, "7420500000", "refused"]);
  });

  it("has types that a strict project takes, to the members of an answer and the names of the ABI", function () {
    const project = {
      compilerOptions: {
        ...{ strict: true, module: "nodenext", target: "es2024", noEmit: true, skipLibCheck: true, types: [] },
        lib: ["es2024", "dom"],
      },
      files: ["main.ts"],
    };
    writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(project));
    writeFileSync(
      join(folder, "main.ts"),
      `import { createServiceClient, type SessionTerms } from "wattproof-client";
       import { chargingSettlementAbi } from "wattproof-client/abi";
       const answer = await createServiceClient({ url: "" }).readSession("");
       const grade: string | undefined = answer.visibility === "whole" ? answer.session.assessment?.grade : undefined;
       export const hold = (terms: SessionTerms): bigint => terms.holdMicro;
       export const name: "open" | string = chargingSettlementAbi[0].type;
       // @ts-expect-error There is no such member.
       export const wrong = answer.session.nonsense;
       export { grade };`,
    );
    const compiler = resolve("node_modules/typescript/bin/tsc");
    expect(execFileSync(process.execPath, [compiler, "-p", "."], { cwd: folder }).toString()).to.equal("");
  });

  it("leaves out of a browser's bundle what is not used, and everything of Node", async function () {
    const sizeOf = async (source: string): Promise<{ readonly bytes: number; readonly imports: readonly string[] }> => {
      writeFileSync(join(folder, "page.mjs"), source);
      const lib = { entry: join(folder, "page.mjs"), formats: ["es" as const], fileName: "page" };
      const built = await build({ root: folder, configFile: false, logLevel: "silent", build: { write: false, lib } });
      const chunks = [built].flat().flatMap((one) => ("output" in one ? one.output : []));
      const code = chunks.map((chunk) => (chunk.type === "chunk" ? chunk.code : "")).join("");
      return { bytes: code.length, imports: chunks.flatMap((chunk) => (chunk.type === "chunk" ? chunk.imports : [])) };
    };
    const terms = await sizeOf(`import { termsTypes } from "wattproof-client"; console.log(termsTypes);`);
    const receipt = await sizeOf(`import { verifyReceipt } from "wattproof-client"; console.log(verifyReceipt);`);
    expect(terms.imports).to.deep.equal([]);
    expect(receipt.imports).to.deep.equal([]);
    expect(terms.bytes).to.be.lessThan(receipt.bytes / 2);
  });
});

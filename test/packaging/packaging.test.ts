import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";

import { expect } from "chai";
import { parse } from "yaml";
import { z } from "zod";

import { prefix, sections } from "../../services/config/config.ts";
import { readPostgresTarget } from "../../services/store/postgres/target.ts";

const settings = sections.flatMap((section) => section.settings);
const names = new Set([
  ...settings.map(({ name }) => `${prefix}${name}`),
  ...settings.filter(({ kind }) => kind.isSecret === true).map(({ name }) => `${prefix}${name}_FILE`),
]);
const recipe = readFileSync("packaging/Dockerfile", "utf8");
const unit = readFileSync("packaging/wattproof.service", "utf8");

/** The greatest exposure that the unit may have, of 10, as systemd counts it. */
const mostExposure = 1.5;

const composeSchema = z.object({
  services: z.record(
    z.string(),
    z.looseObject({
      read_only: z.boolean().optional(),
      cap_drop: z.array(z.string()).optional(),
      environment: z.record(z.string(), z.string()).optional(),
      secrets: z.array(z.string()).optional(),
      volumes: z.array(z.string()).optional(),
    }),
  ),
  secrets: z.record(z.string(), z.object({ file: z.string() })),
  volumes: z.record(z.string(), z.unknown()),
});

describe("The container", function () {
  const instructions = recipe
    .replaceAll(/\\\n\s*/gu, " ")
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"));
  const last = (name: string): string => instructions.findLast((line) => line.startsWith(`${name} `)) ?? "";

  it("is built in a stage of its own, and has no instruction that Docker does not know", function () {
    const known = /^(?:FROM|LABEL|RUN|WORKDIR|COPY|USER|ENV|VOLUME|EXPOSE|STOPSIGNAL|HEALTHCHECK|ENTRYPOINT) /u;
    expect(instructions.filter((line) => !known.test(line))).to.deep.equal([]);
    expect(instructions.filter((line) => line.startsWith("FROM "))).to.have.length(2);
  });

  it("pins the Node that package.json has, and no newest of anything", function () {
    const { dependencies } = z
      .object({ dependencies: z.object({ node: z.string() }) })
      .parse(JSON.parse(readFileSync("package.json", "utf8")));
    for (const line of instructions.filter((one) => one.startsWith("FROM "))) {
      expect(line).to.contain(`node:${dependencies.node}-`);
    }
    expect(recipe).to.not.match(/latest|:\s*node\s*$/u);
  });

  it("runs as nobody, says whether it is well, and carries no secret", function () {
    expect(last("USER")).to.equal("USER 10001:10001");
    expect(last("HEALTHCHECK")).to.contain("/v1/health");
    expect(last("ENTRYPOINT")).to.match(/^ENTRYPOINT \["node_modules\/\.bin\/node", .*"services\/index\.ts"\]$/u);
    expect(recipe).to.not.match(/PRIVATE_KEY|PASSWORD|OPERATOR_KEY/u);
    expect(recipe.indexOf("USER 10001")).to.be.greaterThan(recipe.lastIndexOf("RUN "));
  });
});

const recipes = [
  ["compose.yaml", "wattproof", "ledger"],
  ["compose.replicas.yaml", "replica-a", "dossiers-a"],
  ["compose.replicas.yaml", "replica-b", "dossiers-b"],
] as const;
for (const [file, name, volume] of recipes) {
  describe(`${name} in packaging/${file}`, function () {
    const compose = composeSchema.parse(parse(readFileSync(`packaging/${file}`, "utf8"), { merge: true }));
    const service = compose.services[name] ?? expect.fail("There is no such service.");

    it("names settings that there are, and secrets only by their files", function () {
      const given = Object.keys(service.environment ?? {});
      expect(given.length).to.be.greaterThan(5);
      expect(given.filter((name) => !names.has(name))).to.deep.equal([]);
      const secrets = settings.filter(({ kind }) => kind.isSecret === true).map(({ name }) => `${prefix}${name}`);
      expect(given.filter((name) => secrets.includes(name))).to.deep.equal([]);
    });

    it("lets the service write to its ledger alone, and takes every right of the system from it", function () {
      expect(service.read_only).to.equal(true);
      expect(service.cap_drop).to.deep.equal(["ALL"]);
      expect(service["security_opt"]).to.deep.equal(["no-new-privileges:true"]);
      expect(service.volumes).to.deep.equal([`${volume}:/var/lib/wattproof`]);
      expect(compose.volumes).to.have.property(volume);
    });

    it("has every secret and file that it names", function () {
      for (const one of Object.values(compose.services)) {
        for (const secret of one.secrets ?? []) expect(compose.secrets).to.have.property(secret);
        const mounted = (one.volumes ?? []).map((volume) => volume.split(":")[0] ?? "");
        const files = mounted.filter((source) => source.startsWith("./"));
        expect(files.filter((file) => !existsSync(`packaging/${file}`))).to.deep.equal([]);
      }
    });
  });
}

describe("The two replicas of the compose file", function () {
  const compose = composeSchema.parse(parse(readFileSync("packaging/compose.replicas.yaml", "utf8"), { merge: true }));
  const [a, b] = ["replica-a", "replica-b"].map((name) => compose.services[name]?.environment ?? {});

  it("have one ledger, one set of keys and names of their own, and the first alone begins it", function () {
    const { WATTPROOF_REPLICA_NAME: nameOfA, WATTPROOF_INIT: init, ...ofA } = a ?? {};
    const { WATTPROOF_REPLICA_NAME: nameOfB, ...ofB } = b ?? {};
    expect([nameOfA, nameOfB, init]).to.deep.equal(["a", "b", "${WATTPROOF_INIT:-0}"]);
    expect(ofA).to.deep.equal(ofB);
    const target = readPostgresTarget(ofA["WATTPROOF_STORE"] ?? "", "password");
    expect(target.hosts.map(({ host }) => host)).to.deep.equal(["postgres"]);
  });

  it("stand behind a proxy that keeps a charger at one of them and the figures to itself", function () {
    const proxy = readFileSync("packaging/haproxy.replicas.cfg", "utf8");
    const servers = [...proxy.matchAll(/^ {4}server \w+ (?<host>[\w-]+):8080 check$/gmu)].map(
      ({ groups }) => groups?.["host"],
    );
    expect(servers).to.deep.equal(["replica-a", "replica-b", "replica-a", "replica-b"]);
    expect(proxy).to.contain("balance hash path").and.contain("http-request deny if { path_beg -i /metrics }");
  });

  it("reach the database on a network that leads nowhere else", function () {
    const { networks, services } = z
      .object({
        networks: z.object({ back: z.object({ internal: z.literal(true) }) }),
        services: z.object({ postgres: z.looseObject({ networks: z.array(z.string()) }) }),
      })
      .parse(parse(readFileSync("packaging/compose.replicas.yaml", "utf8"), { merge: true }));
    expect(networks.back.internal).to.equal(true);
    expect(services.postgres.networks).to.deep.equal(["back"]);
    expect(services.postgres).to.not.have.property("ports");
  });
});

describe("The secrets beside the compose file", function () {
  it("are taken neither into the repository nor into what an image is built from", function () {
    const files = ["compose.yaml", "compose.replicas.yaml"].map((name) => readFileSync(`packaging/${name}`, "utf8"));
    const folders = [...files.join("").matchAll(/file: \.\.\/([a-z]+)\//gu)];
    const [folder = "", ...others] = new Set(folders.map(([, name = ""]) => name));
    expect(others).to.deep.equal([]);
    expect(readFileSync(".gitignore", "utf8").split("\n")).to.include(`${folder}/`);
    expect(readFileSync(".dockerignore", "utf8").split("\n")).to.include(folder);
  });
});

describe("The unit for systemd", function () {
  it("names settings that there are, and secrets only by their files", function () {
    const given = [...unit.matchAll(/^Environment=(WATTPROOF_[A-Z_]+)=/gmu)].map(([, name = ""]) => name);
    expect(given.length).to.be.greaterThan(4);
    expect(given.filter((name) => !names.has(name))).to.deep.equal([]);
    const credentials = [...unit.matchAll(/^LoadCredential=([a-z-]+):/gmu)].map(([, name = ""]) => name);
    const used = [...unit.matchAll(/=%d\/([a-z-]+)$/gmu)].map(([, name = ""]) => name);
    expect(used.toSorted()).to.deep.equal(credentials.toSorted());
  });

  it("runs what npm run serve runs", function () {
    const { scripts } = z
      .object({ scripts: z.object({ serve: z.string() }) })
      .parse(JSON.parse(readFileSync("package.json", "utf8")));
    const started = /^ExecStart=\/opt\/wattproof\/node_modules\/\.bin\/(.+)$/mu.exec(unit)?.[1];
    expect(started).to.equal(scripts.serve);
  });

  it("is taken by systemd, which counts at most 1.5 of 10 as exposed", function () {
    if (!existsSync("/usr/bin/systemd-analyze")) this.skip();
    const words = ["security", "--offline=true", "--no-pager", `--threshold=${mostExposure * 10}`];
    const report = execFileSync("systemd-analyze", [...words, "packaging/wattproof.service"]).toString();
    const exposure = Number(/exposure level for wattproof\.service: ([0-9.]+)/u.exec(report)?.[1]);
    expect(exposure).to.be.greaterThan(0).and.to.be.at.most(mostExposure);
  });
});

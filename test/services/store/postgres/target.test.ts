import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { expect } from "chai";

import { WattproofError } from "../../../../services/errors.ts";
import { clientConfigOf, readPostgresTarget } from "../../../../services/store/postgres/target.ts";

describe("The address of a store in PostgreSQL", function () {
  const refused = [
    ["no database", "postgres://db"],
    ["no host", "postgres:///wattproof"],
    ["a port that is none", "postgres://db:x/wattproof"],
    ["a parameter that is not known, which might be one for safety", "postgres://db/w?ssl=true"],
    ["another session than there is", "postgres://db/w?target_session_attrs=prefer-standby"],
    ["a mode of TLS in which anybody may stand between", "postgres://db/w?sslmode=prefer"],
    ["a certificate that is not there", "postgres://db/w?sslrootcert=/nowhere/ca.pem"],
  ] as const;
  for (const [what, address] of refused) {
    it(`is refused with ${what}`, function () {
      expect(() => readPostgresTarget(address))
        .to.throw(WattproofError)
        .with.property("code", "CONFIGURATION_INVALID");
    });
  }

  it("never repeats the password that it holds", function () {
    expect(() => readPostgresTarget("postgres://me:hunter2@db/w?sslmode=never"))
      .to.throw(WattproofError)
      .with.property("message")
      .that.does.not.include("hunter2");
  });

  it("names hosts in order, each with its port", function () {
    const target = readPostgresTarget("postgres://me:p%40ss@one:5433,two,[::1]:6000/wattproof");
    expect(target).to.deep.include({
      hosts: [
        { host: "one", port: 5_433 },
        { host: "two", port: 5_432 },
        { host: "::1", port: 6_000 },
      ],
      database: "wattproof",
      user: "me",
      password: "p@ss",
      isReadWriteOnly: true,
    });
  });

  it("has the server's certificate verified, except on this machine or where it says otherwise", function () {
    const tlsOf = (address: string) => readPostgresTarget(address).tls;
    expect(tlsOf("postgres://db/w")).to.deep.equal({ rejectUnauthorized: true });
    expect(tlsOf("postgres://127.0.0.1,db/w")).to.deep.equal({ rejectUnauthorized: true });
    expect(tlsOf("postgres://127.0.0.1/w")).to.equal(false);
    expect(tlsOf("postgres://db/w?sslmode=disable")).to.equal(false);
    expect(tlsOf("postgres://db/w?sslmode=require")).to.deep.equal({ rejectUnauthorized: false });
  });

  it("verifies each host by its own name, with the certificate of the file", async function () {
    const folder = await mkdtemp(join(tmpdir(), "wattproof-ca-"));
    await writeFile(join(folder, "ca.pem"), "certificate");
    const target = readPostgresTarget(`postgres://one,two/w?sslrootcert=${join(folder, "ca.pem")}`);
    const configs = target.hosts.map((host) => clientConfigOf(target, host).ssl);
    expect(configs).to.deep.equal([
      { rejectUnauthorized: true, ca: "certificate", servername: "one" },
      { rejectUnauthorized: true, ca: "certificate", servername: "two" },
    ]);
    await rm(folder, { recursive: true });
  });

  it("takes a password that is given beside it before its own", function () {
    expect(readPostgresTarget("postgres://me:old@db/w", "new").password).to.equal("new");
  });
});

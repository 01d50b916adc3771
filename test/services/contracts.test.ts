import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { expect } from "chai";

import { contractLinks, contractRoles, forEachRole } from "../../services/contracts.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));

describe("The list of contracts", function () {
  it("leads from the settlement to every other contract", function () {
    const reached = new Set<string>(["chargingSettlement"]);
    for (let before = 0; before < reached.size;) {
      before = reached.size;
      for (const [holder, named] of contractLinks) if (reached.has(holder)) reached.add(named);
    }
    expect([...reached].sort()).to.deep.equal([...contractRoles].sort());
  });

  it("gives one value for each role, in the order of a deployment file", function () {
    expect(Object.entries(forEachRole(7))).to.deep.equal(contractRoles.map((role) => [role, 7]));
  });

  it("is the only such list of the service and its page", function () {
    // Six roles that stand line by line below each other, as keys or as texts, are a second list.
    const line = `[ "]*(?:${contractRoles.join("|")})\\b"?:?[^\\n]*\\n`;
    const list = new RegExp(`(?:^|\\n)(?:${line}){6}`);
    const lists = readdirSync(join(root, "services"), { recursive: true, encoding: "utf8" }).filter(
      (path) => /\.tsx?$/.test(path) && list.test(readFileSync(join(root, "services", path), "utf8")),
    );
    // The second names the interfaces that the service calls, which are not the roles.
    expect(lists.sort()).to.deep.equal(["chain/contracts.ts", "contracts.ts"]);
  });
});

import { expect } from "chai";

import { replicaIdOf } from "../../../services/replicas/replica-id.ts";

describe("The id of a replica", function () {
  it("is the same for every process on a folder, of which there is one at a time", function () {
    expect(replicaIdOf({ postgres: null, replicaName: "west" })).to.equal("single");
  });

  it("is another one for each process on PostgreSQL, even where both have one name", function () {
    const ids = [1, 2, 3].map(() => replicaIdOf({ postgres: {}, replicaName: "west" }));
    expect(new Set(ids).size).to.equal(3);
    for (const id of ids) expect(id).to.match(/^west-[0-9a-f]{12}$/);
    expect(replicaIdOf({ postgres: {}, replicaName: null })).to.match(/^[A-Za-z0-9._-]{1,40}-[0-9a-f]{12}$/);
  });
});

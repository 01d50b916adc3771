import { openPostgresStore } from "../../../../services/store/postgres/postgres-store.ts";
import { readPostgresTarget } from "../../../../services/store/postgres/target.ts";
import { sharedPostgres, whyNoPostgres } from "../../../helpers/postgres-server.ts";
import { describeStore } from "../suite.ts";

const pool = { connections: 5, waitMs: 5_000, statementTimeoutMs: 10_000, idleTransactionMs: 5_000 };
const reason = whyNoPostgres();

if (reason === null) {
  describeStore("PostgreSQL", async () => {
    const target = readPostgresTarget(await (await sharedPostgres()).createDatabase());
    let store = await openPostgresStore(target, pool, { isInit: true });
    return {
      store,
      async reopen() {
        await store.close();
        store = await openPostgresStore(target, pool, { isInit: false });
        return store;
      },
      async remove() {
        await store.close();
      },
    };
  });
} else {
  describe(`The store in PostgreSQL (${reason})`, function () {
    it("keeps what the suite of stores says");
  });
}

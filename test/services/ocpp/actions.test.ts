import { expect } from "chai";

import { actionsOf, findAction } from "../../../services/ocpp/actions.ts";
import { hasRequest } from "../../../services/ocpp/schemas.ts";
import { ocppProtocols } from "../../../services/store/ocpp.ts";

const tellingEnergy = {
  "ocpp1.6": ["MeterValues", "StartTransaction", "StopTransaction"],
  "ocpp2.0.1": ["MeterValues", "TransactionEvent"],
  "ocpp2.1": ["MeterValues", "TransactionEvent"],
};

describe("The actions of stations", function () {
  for (const protocol of ocppProtocols) {
    const names = [...actionsOf(protocol).fromStation].toSorted();

    it(`have a schema of their name in ${protocol}, and one that is offered is found by it`, function () {
      // The one action of 2.1 that is sent and never called has no request.
      expect(names.filter((name) => !hasRequest(protocol, name) && findAction(protocol, name))).to.deep.equal([]);
      for (const name of names) expect(findAction(protocol, name)?.name ?? name).to.equal(name);
    });
    it(`tell energy in ${protocol} only where they say what it means for charging`, function () {
      const telling = names.filter((name) => findAction(protocol, name)?.tellsEnergy);
      expect(telling).to.deep.equal(tellingEnergy[protocol]);
      expect(telling.filter((name) => findAction(protocol, name)?.read === undefined)).to.deep.equal([]);
    });
    it(`of others are none of ${protocol}`, function () {
      expect(findAction(protocol, "Reset")).to.equal(undefined);
      expect(findAction(protocol, "constructor")).to.equal(undefined);
      expect([...actionsOf(protocol).fromService])
        .to.include("DataTransfer")
        .and.not.include("Heartbeat");
    });
  }
});

import type { Verb } from "../../scripts/command-line/verb.ts";
import { benchEvidence } from "../../scripts/bench-evidence.ts";
import { benchGas } from "../../scripts/bench-gas.ts";
import { benchHistory } from "../../scripts/bench-history.ts";
import { benchIngest } from "../../scripts/bench-ingest.ts";
import { benchReconnect } from "../../scripts/bench-reconnect.ts";
import { chaos } from "../../scripts/chaos.ts";
import { coverage } from "../../scripts/coverage.ts";
import { fuzz } from "../../scripts/fuzz.ts";
import { prove } from "../../scripts/prove.ts";
import { replay } from "../../scripts/replay.ts";
import { simulate } from "../../scripts/simulate.ts";
import { soak } from "../../scripts/soak.ts";
import { start } from "../../scripts/start.ts";
import { test } from "../../scripts/test.ts";
import { testMutants } from "../../scripts/test-mutants.ts";
import { verifyCdr } from "../../scripts/verify-cdr.ts";
import { verifyDossierVerb } from "../../scripts/verify-dossier.ts";
import { verifyOcmf } from "../../scripts/verify-ocmf.ts";
import { verifyRecord } from "../../scripts/verify-record.ts";

/** Every command that is a script of package.json of its own and no verb of `wattproof`. */
export const standaloneVerbs: readonly Verb[] = [
  ...[start, replay, soak, simulate, chaos, verifyOcmf, verifyCdr, verifyRecord, verifyDossierVerb],
  ...[benchGas, benchIngest, benchEvidence, benchReconnect, benchHistory, fuzz, prove, coverage, test, testMutants],
];

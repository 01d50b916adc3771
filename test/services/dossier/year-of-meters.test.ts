import { createReadStream, createWriteStream, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";

import { expect } from "chai";

import type { RegisteredMeter } from "../../../services/chain/chain.ts";
import { createDossierMaker, type DossierRequest } from "../../../services/dossier/make/dossier-maker.ts";
import { writeDossier } from "../../../services/dossier/make/write-dossier.ts";
import { dossierDigestOf } from "../../../services/dossier/format/commitment.ts";
import { verifyDossier } from "../../../services/dossier/verify/verify-dossier.ts";
import { keptOf } from "../../../services/evidence/session-readings.ts";
import type { EvidenceRecord, StoredSession } from "../../../services/store/store.ts";
import {
  charge,
  createMeter,
  manifestOf,
  operator,
  oracle,
  seed,
  verifier,
  yearSeconds,
  type TestMeter,
} from "../../helpers/dossier-world.ts";

/*
 * A ledger of as many meters as are asked for, of which each makes its sessions when it is read, and forgets them: what
 * is held in between is held by what is tested. The figures in docs/dossier.md are those of
 * WATTPROOF_TEST_METERS=500 WATTPROOF_TEST_SESSIONS=120.
 */
const meterCount = Number(process.env["WATTPROOF_TEST_METERS"] ?? "6");
const sessionsOfMeter = Number(process.env["WATTPROOF_TEST_SESSIONS"] ?? "24");
const energyMicroWh = 9_000_000_001n;

interface Ledger {
  readonly sessions: readonly StoredSession[];
  readonly records: ReadonlyMap<string, EvidenceRecord>;
}

const months = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334];

function ledgerOf(number: number): Ledger {
  const meter: TestMeter = createMeter(number);
  const sessions: StoredSession[] = [];
  const records = new Map<string, EvidenceRecord>();
  for (let index = 0; index < sessionsOfMeter; index += 1) {
    const day = months[Math.floor((index * months.length) / sessionsOfMeter)] ?? 0;
    const atSeconds = yearSeconds + day * 86_400 + (index % 200) * 7_200;
    const { session } = charge(meter, { atSeconds, energyMicroWh });
    const [record] = session.records;
    const bytes = Buffer.from(record !== undefined && "text" in record ? record.text : "");
    const verdict = verifier.verifyRecord(bytes, meter.key.publicKeySpkiHex);
    if (verdict.verdict !== "accepted") throw new Error(verdict.reason);
    const { sessionId, terms, opening } = session;
    const position = { txHash: session.settlement.hash, blockNumber: 1, blockHash: `0x${"0".repeat(64)}`, logIndex: 0 };
    sessions.push({
      sessionId,
      idTag: "",
      terms: { ...terms, holdMicro: BigInt(terms.holdMicro) },
      sequence: 1,
      state: {
        ...{ status: "settled", stage: "complete", dispute: null, assessment: null, reason: null, batchId: null },
        ...{ failedAttempts: 0, topUps: [], refunds: [], challenge: null, resolution: null },
        nextTry: { lane: "oracles", notBeforeMs: null, quorumLackingSinceMs: null },
        opening: { ...position, ...opening },
        closing: {
          ...{ kind: "settled", position, energyMicroWh, chargingSeconds: 3_600, connectedSeconds: 3_600 },
          ...{ chargedMicro: 0n, returnedMicro: 0n, batch: 1, isReadable: true },
        },
      },
    });
    records.set(sessionId, {
      ...{ recordIdentity: sessionId, sessionId, messageId: "m", record: bytes, meterKeyId: "k" },
      ...{ payloadSha256: verdict.payloadSha256, paginationContext: "T", paginationNumber: verdict.pagination.number },
      ...{ isBoundToSession: true, isSettleableByMeter: null, energyWh: null, spans: [], ...keptOf(verdict) },
    });
  }
  return { sessions, records };
}

describe("A year of many meters", function () {
  this.timeout(1_800_000);

  it("passes through maker and verifier month by month", async function () {
    const folder = mkdtempSync(join(tmpdir(), "wattproof-year-"));
    const path = join(folder, "dossier.json");
    let ledger: Ledger = { sessions: [], records: new Map() };
    let read = 0;
    let peakBytes = 0;
    const look = (): void => {
      peakBytes = Math.max(peakBytes, process.memoryUsage().heapUsed);
    };
    const { contracts, chainId } = manifestOf([]);
    const meterOf = (number: number): RegisteredMeter => ({
      ...{ number, evse: number, curve: "secp256r1", status: "active", possession: "proven-on-chain" },
      ...{ provenance: "self-declared", maker: 0 },
      ...{ validFrom: 0, validUntil: 2 ** 40 - 1, calibrationExpiresAt: 2 ** 40 - 1 },
      publicKey: `0x${Buffer.from(createMeter(number).key.publicKeyPoint).toString("hex")}`,
    });
    const maker = createDossierMaker({
      deployment: { chainId, contracts, blockNumber: 0 },
      market: {
        addressOf: () => expect.fail("It rests on no consent."),
        readConsentsAt: () => expect.fail("It rests on no consent."),
      },
      chain: { readBlock: () => Promise.resolve(null) },
      verifier: { verify: () => expect.fail("Every record has its reading.") },
      meters: {
        readMeter: (number) => Promise.resolve(meterOf(number)),
        readEvse: (evse) =>
          Promise.resolve({ operator, maximumPowerW: 22_000, activeMeter: evse, evseId: `DE*TST*E${evse}` }),
      },
      store: {
        listMetersOf: () =>
          Promise.resolve(
            Array.from({ length: meterCount }, (_nothing, index) => ({ meter: index + 1, evse: index + 1 })),
          ),
        listSessionsOfMeter(_operator, meter, after) {
          if (read !== meter) ledger = ledgerOf(meter);
          read = meter;
          const first = after === null ? 0 : ledger.sessions.findIndex(({ sessionId }) => sessionId === after) + 1;
          return Promise.resolve(ledger.sessions.slice(first, first + 256));
        },
        listBoundaryRecords: (sessionId) =>
          Promise.resolve(
            [...(ledger.records.get(sessionId) === undefined ? [] : [ledger.records.get(sessionId)])].flatMap(
              (one) => one ?? [],
            ),
          ),
        listRecords: () => expect.fail("One record covers each session."),
        readRecordRange: () => Promise.resolve(null),
        keepReading: () => Promise.resolve(),
        findCdr: () => Promise.resolve(null),
      },
    });
    const request: DossierRequest = {
      ...{ purpose: "FLEET", operator, fromSeconds: yearSeconds, toSeconds: yearSeconds + 366 * 86_400 },
      ...{ evses: null, identifiers: {}, seed, consent: null },
    };
    const domain = { chainId, verifyingContract: contracts.chargingSettlement };
    const pieces = writeDossier(maker, request, (_request, commitment) => {
      const { r, yParityAndS: vs } = oracle.signingKey.sign(dossierDigestOf(commitment, domain));
      return Promise.resolve([{ signer: oracle.address, r, vs }]);
    });
    async function* watched(): AsyncGenerator<string> {
      for await (const piece of pieces) {
        look();
        yield piece;
      }
    }
    await pipeline(Readable.from(watched()), createWriteStream(path));
    const [makerBytes, fileBytes] = [peakBytes, statSync(path).size];
    ledger = { sessions: [], records: new Map() };
    peakBytes = 0;
    const startedMs = performance.now();
    const verdict = await verifyDossier({
      ...{ open: () => createReadStream(path), verifier, chain: null, sampleCount: 100, onRead: look },
    });
    rmSync(folder, { recursive: true, force: true });
    expect(verdict.reasons).to.deep.equal([]);
    const sessions = meterCount * sessionsOfMeter;
    expect(verdict.sessions).to.equal(sessions);
    expect(verdict.totals.claimableMicroWh).to.equal((BigInt(sessions) * energyMicroWh).toString());
    if (process.env["WATTPROOF_TEST_METERS"] === undefined) return;
    const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(0);
    const seconds = ((performance.now() - startedMs) / 1_000).toFixed(0);
    process.stderr.write(
      `      ${sessions} sessions, ${megabytes(fileBytes)} MB; heap ${megabytes(makerBytes)} MB to make, ` +
        `${megabytes(peakBytes)} MB and ${seconds} s to verify\n`,
    );
  });
});

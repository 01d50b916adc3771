import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { expect } from "chai";

import { archiveFrames } from "../../../services/archive/archive-frames.ts";
import { checkArchive } from "../../../services/archive/check-archive.ts";
import { readFrameFile } from "../../../services/archive/frame-file.ts";
import { WattproofError } from "../../../services/errors.ts";
import type { StoredFrame } from "../../../services/store/ocpp.ts";
import { openSqliteStore } from "../../../services/store/sqlite/sqlite-store.ts";
import type { Store } from "../../../services/store/store.ts";
import { expectCode } from "../store/world.ts";
import { frameOf } from "../store/samples.ts";

const october = Date.parse("2026-10-31T23:59:59Z");
const november = Date.parse("2026-11-01T00:00:01Z");
const beforeMs = Date.parse("2026-12-01T00:00:00Z");

describe("The archive of frames", function () {
  let root: string;
  let folder: string;
  let store: Store;
  let kept: readonly StoredFrame[];

  beforeEach(async function () {
    root = mkdtempSync(join(tmpdir(), "wattproof-archive-"));
    folder = join(root, "archive");
    store = openSqliteStore(root);
    const frames: StoredFrame[] = [];
    for (const [index, receivedAtMs] of [october, october, november, november, november].entries()) {
      const text = `[2,"${index}","Heartbeat",{"ü":"\\n"}]`;
      const frame = frameOf("A", "in", "Heartbeat", { receivedAtMs, text, answer: "[3]", faults: ["f"] });
      frames.push((await store.commitFrame(frame, [])).frame);
    }
    kept = frames;
    await store.moveFrameCursors([{ stationId: "A", stationOrdinal: 5 }]);
  });
  afterEach(async function () {
    await store.close();
    rmSync(root, { recursive: true });
  });

  const archive = (of: Parameters<typeof archiveFrames>[0]["store"] = store, more: object = {}) =>
    archiveFrames({
      ...{ store: of, folder, beforeMs, now: () => 7, signal: new AbortController().signal, framesPerFile: 3 },
      ...more,
    });
  const left = () => store.listFrames("A", 0, 99);
  const checked = async () => checkArchive(folder, await store.listArchiveFiles());

  it("refuses a folder that cannot be made, and removes nothing", async function () {
    writeFileSync(folder, "a file");
    await expectCode(archive(), "ARCHIVE_UNUSABLE");
    expect(await left()).to.deep.equal(kept);
    expect(await store.listArchiveFiles()).to.deep.equal([]);
    expect(() => checkArchive(folder, null)).to.throw(WattproofError, /cannot be read/u);
  });

  it("does nothing more once it was interrupted", async function () {
    await expectCode(archive(store, { signal: AbortSignal.abort() }), "INTERRUPTED");
    expect(await left()).to.deep.equal(kept);
  });

  it("has each month in files of its own, byte for byte, for their owner alone", async function () {
    const files = await archive();
    expect(files.map(({ name, frames }) => `${name} ${frames}`)).to.deep.equal([
      "frames-2026-10-1-2.ndjson.gz 2",
      "frames-2026-11-3-4.ndjson.gz 2",
    ]);
    expect(await store.listArchiveFiles()).to.deep.equal(files);
    const read = files.flatMap(({ name }) => readFrameFile(join(folder, name)).frames);
    const named = read.map((frame) => ({ ...frame, frameId: String(frame.ordinal) }));
    expect(named).to.deep.equal(kept.slice(0, 4).map((frame) => ({ ...frame, sessionIds: [] })));
    expect(await left()).to.deep.equal(kept.slice(4));
    expect(statSync(join(folder, files[0]?.name ?? "")).mode & 0o777).to.equal(0o600);
    expect(await checked()).to.deep.equal({ files: 2, frames: 4, sessions: 0, findings: [] });
    expect(await archive()).to.deep.equal([]);
  });

  it("loses no frame and counts none twice when it dies between the file and the commit", async function () {
    const dying = {
      listArchivableFrames: store.listArchivableFrames.bind(store),
      removeArchivedFrames: () => Promise.reject(new WattproofError("STORE_UNAVAILABLE", "The process died here.")),
    };
    await expectCode(archive(dying), "STORE_UNAVAILABLE");
    expect(await left()).to.deep.equal(kept);
    // The next run ends its file elsewhere.
    await archive(store, { framesPerFile: 1 });
    expect(await left()).to.deep.equal(kept.slice(4));
    expect(await checked()).to.deep.equal({ files: 5, frames: 4, sessions: 0, findings: [] });
  });

  it("is found wanting where a file is damaged, cut, exchanged or missing", async function () {
    const [first, second] = await archive();
    if (first === undefined || second === undefined) expect.fail("files are missing");
    const path = join(folder, first.name);
    const content = readFileSync(path);
    const findings = async () => (await checked()).findings.map(({ name, fault }) => `${name} ${fault}`);

    writeFileSync(path, content.subarray(0, content.length - 9));
    expect(await findings()).to.deep.equal([`${first.name} unreadable`]);
    writeFileSync(path, readFileSync(join(folder, second.name)));
    expect(await findings()).to.deep.equal([`${first.name} differs`]);
    rmSync(path);
    expect(await findings()).to.deep.equal([`${first.name} missing`]);
    writeFileSync(path, content);
    expect(await findings()).to.deep.equal([]);
    expect(readdirSync(folder)).to.have.length(2);
  });
});

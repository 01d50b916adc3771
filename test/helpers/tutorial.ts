import { spawn, type ChildProcess } from "node:child_process";
import { readFileSync } from "node:fs";
import { createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

/** A part of a tutorial that somebody does. */
export type TutorialStep =
  | {
      readonly kind: "run";
      readonly commands: string;
      readonly isBackground: boolean;
      readonly shown: readonly string[];
    }
  | { readonly kind: "press"; readonly name: string }
  | { readonly kind: "fill"; readonly text: string; readonly field: string }
  | { readonly kind: "read"; readonly text: string };

/** What the commands of a tutorial say may take this long on a busy machine. */
const blockTimeoutMs = 300_000;
const backgroundIsReady = /Ctrl-C ends\./u;
const lookMs = 100;

/** The steps of a tutorial, in their order: what its blocks of code run, and what its numbered lists say to do on a page. */
export function readTutorial(path: string): readonly TutorialStep[] {
  const text = readFileSync(path, "utf8");
  const parts = text.matchAll(
    /^```(?<info>[^\n]*)\n(?<code>[\s\S]*?)^```$|^\d+\. (?<item>(?:[^\n]+\n)(?: {3}[^\n]+\n)*)/gmu,
  );
  const steps: TutorialStep[] = [];
  for (const { groups } of parts) {
    const { info, code, item } = groups ?? {};
    if (item !== undefined) {
      steps.push(...pageSteps(item.replaceAll(/\n +/gu, " ")));
    } else if (info === "text") {
      const last = steps.at(-1);
      if (last?.kind !== "run") throw new SyntaxError(`${path} shows output before anything has run.`);
      steps[steps.length - 1] = { ...last, shown: (code ?? "").trimEnd().split("\n") };
    } else if (info === "sh" || info === "sh background") {
      steps.push({ kind: "run", commands: code ?? "", isBackground: info !== "sh", shown: [] });
    } else {
      throw new SyntaxError(`${path} has a block of "${info ?? ""}".`);
    }
  }
  return steps;
}

/** What a numbered item says to do: names of buttons and fields are bold. */
function pageSteps(item: string): readonly TutorialStep[] {
  const done =
    /choose \*\*(?<name>[^*]+)\*\*|type \*\*(?<text>[^*]+)\*\* into \*\*(?<field>[^*]+)\*\*|says \*\*(?<read>[^*]+)\*\*/giu;
  return [...item.matchAll(done)].map(({ groups }) => {
    const { name, text = "", field, read = "" } = groups ?? {};
    if (name !== undefined) return { kind: "press", name };
    return field === undefined ? { kind: "read", text: read } : { kind: "fill", text, field };
  });
}

/** Whether a line of output is the line that the tutorial shows; `…` in it stands for anything. */
export function isShownLine(shown: string, line: string): boolean {
  const pattern = shown
    .split("…")
    .map((part) =>
      part
        .trim()
        .replaceAll(/[.*+?^${}()|[\]\\]/gu, "\\$&")
        .replaceAll(/\s+/gu, "\\s+"),
    )
    .join(".*");
  return new RegExp(`^\\s*${pattern}\\s*$`, "u").test(line);
}

/** A shell in which a tutorial's commands run one block after the other, as a reader would type them. */
export interface TutorialShell {
  /** @returns everything that the block wrote. @throws if a command of it fails */
  run(commands: string): Promise<string>;
  /** Starts what stays up; returns when it says that Ctrl-C ends it. */
  startInBackground(commands: string): Promise<void>;
  close(): Promise<void>;
}

export function openTutorialShell(): TutorialShell {
  const shell = spawn("bash", ["-s"], { stdio: ["pipe", "pipe", "pipe"] });
  const background: ChildProcess[] = [];
  let written = "";
  let blocks = 0;
  const note = (chunk: Buffer): void => void (written += chunk.toString());
  shell.stdout.on("data", note);
  shell.stderr.on("data", note);

  return {
    async run(commands) {
      blocks += 1;
      const end = `end of block ${blocks}:`;
      written = "";
      // A command that fails ends its block and not the shell, whose functions and variables go on.
      shell.stdin.write(`set -E; trap 'echo "${end} $?"; trap - ERR' ERR\n${commands}\ntrap - ERR; echo "${end} 0"\n`);
      const deadlineMs = performance.now() + blockTimeoutMs;
      for (;;) {
        const ended = new RegExp(`^${end} (\\d+)$`, "mu").exec(written);
        if (ended !== null) {
          const output = written.slice(0, ended.index);
          if (ended[1] !== "0") throw new Error(`Exit code ${ended[1] ?? ""} of\n${commands}\n${output}`);
          return output;
        }
        if (performance.now() > deadlineMs) throw new Error(`No end of\n${commands}\n${written}`);
        await sleep(lookMs);
      }
    },
    async startInBackground(commands) {
      const child = spawn("bash", ["-c", commands], { stdio: ["ignore", "pipe", "pipe"], detached: true });
      background.push(child);
      let said = "";
      const keep = (chunk: Buffer): void => void (said += chunk.toString());
      child.stdout.on("data", keep);
      child.stderr.on("data", keep);
      const deadlineMs = performance.now() + blockTimeoutMs;
      while (!backgroundIsReady.test(said)) {
        if (child.exitCode !== null || performance.now() > deadlineMs)
          throw new Error(`Not ready:\n${commands}\n${said}`);
        await sleep(lookMs);
      }
    },
    async close() {
      shell.stdin.end();
      await Promise.all(background.map(endGroup));
    },
  };
}

/** Ctrl-C reaches everything that the command has started. */
async function endGroup(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.pid === undefined) return;
  const ended = new Promise((resolve) => child.once("exit", resolve));
  process.kill(-child.pid, "SIGINT");
  await ended;
}

/** Ports that are free now, one for each that a tutorial names. */
export async function freePorts(count: number): Promise<readonly number[]> {
  const servers = await Promise.all(
    Array.from(
      { length: count },
      () =>
        new Promise<ReturnType<typeof createServer>>((resolve) => {
          const server = createServer().listen(0, "127.0.0.1", () => {
            resolve(server);
          });
        }),
    ),
  );
  return servers.map((server) => {
    const address = server.address();
    server.close();
    return typeof address === "object" && address !== null ? address.port : 0;
  });
}

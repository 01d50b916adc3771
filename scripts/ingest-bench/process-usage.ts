import { readdirSync, readFileSync } from "node:fs";

/** Ticks of /proc/<pid>/stat per second on every Linux that Node runs on. */
const ticksPerSecond = 100;
const pageBytes = 4_096;

interface ProcessStat {
  readonly parent: number;
  /** Own time and that of children that have ended. */
  readonly cpuSeconds: number;
  readonly residentBytes: number;
}

/** What a process and all that it started use, from the operating system. */
export interface TreeUsage {
  readonly cpuSeconds: number;
  readonly residentBytes: number;
}

export function usageOfTree(rootPid: number): TreeUsage {
  const stats = new Map<number, ProcessStat>();
  for (const name of readdirSync("/proc")) {
    const stat = /^[0-9]+$/u.test(name) ? readStat(name) : null;
    if (stat !== null) {
      stats.set(Number(name), stat);
    }
  }
  let cpuSeconds = 0;
  let residentBytes = 0;
  for (const [pid, stat] of stats) {
    if (isBelow(stats, pid, rootPid)) {
      cpuSeconds += stat.cpuSeconds;
      residentBytes += stat.residentBytes;
    }
  }

  return { cpuSeconds, residentBytes };
}

function isBelow(stats: ReadonlyMap<number, ProcessStat>, pid: number, rootPid: number): boolean {
  for (let current = pid; current > 1; current = stats.get(current)?.parent ?? 0) {
    if (current === rootPid) {
      return true;
    }
  }

  return false;
}

function readStat(pid: string): ProcessStat | null {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The name of the program is in parentheses and may hold anything; fields are counted after it, from the third on.
    const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
    const field = (number: number): number => Number(fields[number - 3]);

    return {
      parent: field(4),
      cpuSeconds: (field(14) + field(15) + field(16) + field(17)) / ticksPerSecond,
      residentBytes: field(24) * pageBytes,
    };
  } catch {
    // It ended between the listing and the reading.
    return null;
  }
}

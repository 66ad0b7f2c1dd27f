// Its functions are loaded when one is called: a start needs none of them.
import { promises as fs, readFileSync, readlinkSync } from 'node:fs';
import { hostname, uptime } from 'node:os';
import { systemCode } from './system-errors.js';

/** Ticks of a second in /proc on every Linux there is. */
const TICKS = 100;
/** Clocks are read at different moments. */
const SLACK_MS = 10_000;

/** How often a process gives a file that it writes to a new date, by which others see that it runs. */
export const HEARTBEAT_MS = 30_000;

/**
 * Whether the process that began at some time still runs. Its number may belong to another process by now, so the time at
 * which that one began is looked at where the system tells it; elsewhere the date of a file that it keeps fresh.
 * @param pid of the process
 * @param startedAt when it was seen to run
 * @param freshAt date of that file
 */
export async function isAlive(pid: number, startedAt: Date, freshAt: Date): Promise<boolean> {
  if (pid === process.pid) return true;
  if (!exists(pid)) return false;
  const booted = Date.now() - uptime() * 1000;
  if (startedAt.getTime() < booted - SLACK_MS) return false;
  const began = await readStartTicks(pid);
  // A network disk dates by a clock of its own.
  if (began === undefined) return Math.abs(Date.now() - freshAt.getTime()) < 3 * HEARTBEAT_MS;
  return booted + (began / TICKS) * 1000 <= startedAt.getTime() + SLACK_MS;
}

/** What tells a process from every other, on this machine or another that sees the same files. */
export interface ProcessIdentity {
  pid: number;
  /** When it began: ticks since the machine's own start where the system tells them to everybody, else milliseconds. */
  start: number;
  /** Machine, its last start, and the numbering of processes, as far as the system tells: the same `pid` elsewhere is another. */
  host: string;
}

let own: Promise<ProcessIdentity> | undefined;

/** The identity of this process. */
export function ownIdentity(): Promise<ProcessIdentity> {
  own ??= (async () => {
    const start = (await readStartTicks(process.pid)) ?? Math.round(performance.timeOrigin);
    return { pid: process.pid, start, host: describeHost() };
  })();
  return own;
}

function describeHost(): string {
  const parts = [
    () => hostname(),
    () => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim(),
    () => readlinkSync('/proc/self/ns/pid'),
  ];
  return parts
    .flatMap((read) => {
      try {
        return [read()];
      } catch {
        return [];
      }
    })
    .join(' ');
}

/**
 * Whether a process still runs, as far as can be told from here.
 * @returns `unknown` for one of another machine, and where its number is in use and the system does not tell since when
 */
export async function lookAtProcess({ pid, start, host }: ProcessIdentity): Promise<'alive' | 'dead' | 'unknown'> {
  const { host: here } = await ownIdentity();
  if (host !== here) return 'unknown';
  if (!exists(pid)) return 'dead';
  const began = await readStartTicks(pid);
  if (began === undefined) return 'unknown';
  return began === start ? 'alive' : 'dead';
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // Somebody else's process is one all the same.
    return systemCode(error) === 'EPERM';
  }
}

/** Ticks from the start of the machine to that of a process, `Infinity` when it is over; undefined where there is no /proc. */
async function readStartTicks(pid: number): Promise<number | undefined> {
  const stat = await fs.readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  // Fields 3 and 22; the second, the name in brackets, may hold anything.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const ticks = Number(fields[19]);
  if (stat === '' || Number.isNaN(ticks)) return undefined;
  // Killed, but nobody has asked yet how it ended.
  return /^[ZX]$/.test(fields[0] ?? '') ? Number.POSITIVE_INFINITY : ticks;
}

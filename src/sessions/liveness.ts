import { readFile } from 'node:fs/promises';
import { uptime } from 'node:os';
import { systemCode } from '../lib/system-errors.js';

/** Ticks of a second in /proc on every Linux there is. */
const TICKS = 100;
/** Clocks are read at different moments. */
const SLACK_MS = 10_000;

/**
 * Whether the process that began at some time still runs. Its number may belong to another process by now, so the time at
 * which that one began is looked at where the system tells it.
 * @param pid of the process
 * @param startedAt when it was seen to run
 */
export async function isAlive(pid: number, startedAt: Date): Promise<boolean> {
  if (pid === process.pid) return true;
  if (!exists(pid)) return false;
  const booted = Date.now() - uptime() * 1000;
  if (startedAt.getTime() < booted - SLACK_MS) return false;
  const began = await readStart(pid);
  return began === undefined || booted + began * 1000 <= startedAt.getTime() + SLACK_MS;
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

/** Seconds from the start of the machine to that of a process; undefined where there is no /proc. */
async function readStart(pid: number): Promise<number | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  // Field 22; the second, the name in brackets, may hold anything.
  const ticks = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]);
  return stat === '' || Number.isNaN(ticks) ? undefined : ticks / TICKS;
}

import { join } from 'node:path';

/** What the name of a session tells: `s_20261120T213353_4711_k3f9tz`. */
export interface SessionName {
  id: string;
  startedAt: Date;
  pid: number;
  /** The last part: enough to name the session at a terminal. */
  short: string;
}

const SHAPE = /^s_(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)_(\d{1,10})_([a-z0-9]{4,12})$/;
const SUFFIX = '.jsonl';

/**
 * Where the journals are: one file for each session.
 * @param state hugwire's state directory
 */
export function sessionsDirectory(state: string): string {
  return join(state, 'sessions');
}

/**
 * Names a session of this process.
 * @param startedAt when it began
 * @param pid of its process
 * @param chance a number from 0 up to 1, which keeps apart what begins in the same second
 */
export function nameSession(startedAt: Date, pid: number = process.pid, chance: number = Math.random()): string {
  const time = startedAt.toISOString().slice(0, 19).replace(/[-:]/g, '');
  return `s_${time}_${pid}_${Math.floor(chance * 36 ** 6)
    .toString(36)
    .padStart(6, '0')}`;
}

/**
 * Reads the name of a session; whatever has another form is none, so that a path can be made of the rest.
 * @param id such as `s_20261120T213353_4711_k3f9tz`
 */
export function readSessionName(id: string): SessionName | undefined {
  const match = SHAPE.exec(id);
  if (!match) return undefined;
  const [year, month, day, hour, minute, second, pid, short] = match.slice(1) as string[];
  const startedAt = new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  return Number.isNaN(startedAt.getTime()) ? undefined : { id, startedAt, pid: Number(pid), short: short as string };
}

/**
 * The file of a session.
 * @param directory of the journals
 * @param id as `readSessionName` has accepted it
 */
export function sessionFile(directory: string, id: string): string {
  return join(directory, `${id}${SUFFIX}`);
}

/**
 * The session whose file has this name; undefined for files that are none of hugwire's.
 * @param name without its directory
 */
export function sessionOfFile(name: string): SessionName | undefined {
  return name.endsWith(SUFFIX) ? readSessionName(name.slice(0, -SUFFIX.length)) : undefined;
}

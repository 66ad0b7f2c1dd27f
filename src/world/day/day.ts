import type { Entry, NewEntry, SessionStart } from '../../sessions/entries.js';
import day from './sessions.json';

interface Script {
  tool?: string;
  said?: string;
  text?: string;
  arguments?: Record<string, unknown>;
  summary?: string;
  bytes?: number;
  /** Shortest and longest time that it takes, in milliseconds. */
  ms?: number[];
  /** Code of the error that it fails with. */
  error?: string;
  /** What is told while it runs. */
  steps?: string[];
  /** The prompt of the picture that it makes. */
  picture?: string;
  /** The call answers with a job, which ends after so many seconds. */
  job?: { seconds: number; error?: string };
  zeroGpu?: boolean;
}

interface Who extends Pick<SessionStart, 'client' | 'protocol' | 'capabilities' | 'profile'> {
  /** How often there is one, beside the others. */
  weight: number;
  /** Why its sessions end. */
  reason: string;
}

/** A session that never took place. */
interface MadeUpSession {
  begin: Date;
  entries: Entry[];
}

interface Wishes {
  /** How many sessions; they begin between these two times. */
  count: number;
  from: number;
  to: number;
  /** Milliseconds between two calls at most. */
  gap: number;
  /** Another one gives other sessions. */
  seed: number;
  /** Whether they begin at equal distances, and not as people work in the course of a day. */
  isSteady?: boolean;
  /** Makes what `space_call` and pinned Spaces return. */
  picture(prompt: string): { path: string; bytes: number; mimeType: string };
}

const SECOND = 1000;
const CLIENTS: readonly Who[] = day.clients;
const SCRIPTS: readonly (readonly Script[])[] = day.scripts;

/** Of all pictures that are made. */
export const PROMPTS: readonly string[] = SCRIPTS.flat().flatMap(({ picture }) => picture ?? []);

/**
 * Makes sessions up, as journals of assistants at work would tell them: searches, pictures, jobs, failures.
 * @param wishes how many and when
 * @returns the one that began first comes first
 */
export function makeSessions({ count, from, to, gap, seed, isSteady, picture }: Wishes): MadeUpSession[] {
  const random = makeRandom(seed);
  const pick = (index: number) => (isSteady ? from + ((to - from) * index) / count : pickTime(random, from, to));
  const begins = Array.from({ length: count }, (_, index) => pick(index)).sort((one, other) => one - other);
  return begins.map((begin) => ({ begin: new Date(begin), entries: makeSession(random, begin, gap, picture) }));
}

function makeSession(random: Random, begin: number, gap: number, picture: Wishes['picture']): Entry[] {
  const entries: Entry[] = [];
  const who = pickClient(random);
  let at = begin;
  let jobs = 0;
  const counts = { calls: 0, failed: 0 };
  const add = (time: number, entry: NewEntry): string => {
    const order = entries.length + 1;
    entries.push({ ...entry, id: `e${order}`, order, time: new Date(time).toISOString() } as Entry);
    return `e${order}`;
  };
  const { client, protocol, capabilities, profile } = who;
  const tools = [...new Set(SCRIPTS.flat().flatMap(({ tool }) => tool ?? []))].sort();
  const start = { version: '0.2.0', pid: 4711, node: '22.12.0', client, protocol, capabilities, profile, tools };
  add(at, { type: 'SessionStart', session: '', ...start });
  let job: { id: string; call: string; end: number; error?: string } | undefined;
  const play = (one: Script) => {
    at += random(2 * SECOND, gap);
    if (one.said) {
      const type = one.said === 'human' ? 'HumanMessage' : 'AssistantMessage';
      add(at, { type, text: one.text ?? '' });
      return;
    }
    const { tool = '', summary = '', bytes = 0, error, ms: [least = 50, most = 500] = [] } = one;
    const looks = tool === 'space_result' ? job : undefined;
    const given = looks ? { job: looks.id } : one.arguments;
    if (looks && looks.end <= at) endJob(looks, add);
    const call = add(at, { type: 'FunctionCall', tool, arguments: given });
    // Whoever waits for a job hears of it when it ends.
    const milliseconds = looks ? Math.max(300, looks.end - at) : random(least, most);
    const steps = one.steps ?? [];
    for (const [index, text] of steps.entries()) {
      const data = { progress: index + 1, total: steps.length + 1 };
      const when = at + ((index + 1) * milliseconds) / (steps.length + 1);
      add(when, { type: 'ToolMessage', kind: 'progress', parent: call, text, data });
    }
    if (one.job) {
      jobs += 1;
      job = { id: `j_demo${begin % 100_000}${jobs}`, call, end: at + one.job.seconds * SECOND, error: one.job.error };
    }
    if (looks && looks.end > at) endJob(looks, add);
    const state = looks?.error ? 'failed' : looks ? 'done' : 'running';
    add(at + milliseconds, {
      type: 'FunctionResponse',
      parent: call,
      tool,
      summary: job ? summary.replace('…"', `${job.id}"`) : summary,
      bytes,
      milliseconds,
      failed: error !== undefined,
      ...(error ? { error } : {}),
      ...(one.picture ? { images: 1, files: [picture(one.picture)] } : {}),
      ...(job && (one.job || (looks && !error)) ? { job: { id: job.id, state } } : {}),
    });
    counts.calls += 1;
    if (error) counts.failed += 1;
    at += milliseconds;
    if (looks) job = undefined;
    if (random(0, 3) < 1) add(at + 1, { type: 'ToolMessage', kind: 'limits', text: '', data: limits(random, one) });
  };
  for (let played = 0, most = random(1, 4); played < most; played += 1) {
    // Most of what assistants do ends well.
    const scripts = random(0, 10) < 6 ? SCRIPTS.filter((one) => one.every(({ error }) => !error)) : SCRIPTS;
    const script = scripts[random(0, scripts.length)] ?? [];
    for (const one of script) play(one);
    at += random(gap, gap * 4);
    if (random(0, 12) < 1) {
      add(at, { type: 'ToolMessage', kind: 'list_changed', text: 'Told the client that the tool list has changed.' });
      if (random(0, 3) > 1) add(at + random(40, 900), { type: 'ToolMessage', kind: 'list_read', text: '' });
      at += SECOND;
    }
  }
  // One in thirty is killed.
  if (random(0, 30) > 1) add(at, { type: 'SessionEnd', reason: who.reason, ...counts });
  return entries;
}

function endJob(job: { id: string; call: string; end: number; error?: string }, add: AddEntry): void {
  const { id, call, end, error } = job;
  const state = error ? 'failed' : 'done';
  const text = error ? `Job ${id} failed: ${error}` : `Job ${id} is done.`;
  add(end, { type: 'ToolMessage', kind: 'job', parent: call, text, data: { job: id, state, error } });
}

type AddEntry = (time: number, entry: NewEntry) => string;

function limits(random: Random, { zeroGpu }: Script): Record<string, unknown> {
  const api = { remaining: random(300, 960), quota: 1000 };
  return zeroGpu ? { api, zeroGpu: { base: 1500, remaining: random(300, 1400) } } : { api };
}

function pickClient(random: Random): Who {
  const all = CLIENTS.flatMap((one) => Array.from({ length: one.weight }, () => one));
  return all[random(0, all.length)] as Who;
}

/** A time of a working day, for the most part. */
function pickTime(random: Random, from: number, to: number): number {
  for (let tries = 0; ; tries += 1) {
    const time = random(from, to);
    const hour = new Date(time).getHours();
    if (tries > 20 || (hour >= 8 && hour < 19) || random(0, 6) < 1) return time;
  }
}

/** A whole number from `least` up to, but not including, `most`. */
type Random = (least: number, most: number) => number;

/** Mulberry32: the same seed gives the same numbers. */
function makeRandom(seed: number): Random {
  let state = seed;
  return (least, most) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    const share = ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
    return Math.floor(least + share * (most - least));
  };
}

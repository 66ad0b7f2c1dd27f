import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import pc from 'picocolors';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { listCommand } from '../../../src/commands/sessions/list.js';
import { showCommand } from '../../../src/commands/sessions/show.js';
import type { NewEntry } from '../../../src/sessions/entries.js';
import { nameSession } from '../../../src/sessions/names.js';
import { END, makeState, place, shortSession, writeJournal } from '../../sessions/directory.js';

const opened = vi.hoisted((): string[] => []);
vi.mock('node:fs/promises', async (original) => {
  const real = await original<typeof import('node:fs/promises')>();
  const open: typeof real.open = (path, ...rest) => {
    opened.push(String(path));
    return real.open(path, ...rest);
  };
  return { ...real, open };
});

const BEGIN = Date.parse('2026-11-20T00:00:00Z');
const PID = 999_999_999;
let home: ReturnType<typeof makeState>;
let context: Parameters<typeof listCommand>[1];
beforeEach(() => {
  home = makeState();
  context = { directory: home.directory, style: pc.createColors(false), now: new Date(BEGIN) };
  opened.length = 0;
});
afterEach(() => home.remove());

describe('the list of many sessions', () => {
  /** One a minute; every second one with a call that failed. */
  function writeMany(count: number): void {
    for (let at = 0; at < count; at += 1) {
      const begin = BEGIN - at * 60_000;
      const id = nameSession(new Date(begin), PID, at / count);
      const end = { ...END, failed: at % 2 } as NewEntry;
      writeJournal(home.directory, id, place([...shortSession(id), end], begin));
    }
  }

  it('reads those that it shows, and counts the others by their names', async () => {
    writeMany(600);
    const { data, hint } = await listCommand({}, context);
    expect(data).toEqual({ sessions: expect.objectContaining({ length: 20 }) });
    expect(hint).toBe('580 more; --limit 600 shows all');
    expect(new Set(opened).size).toBe(20);
  });

  it('reads until enough fit a filter', async () => {
    writeMany(600);
    const { data, hint } = await listCommand({ errors: true, limit: 5 }, context);
    expect(data).toEqual({ sessions: expect.objectContaining({ length: 5 }) });
    expect(hint).toBe('at least 100 more; a higher --limit shows them');
    expect(new Set(opened).size).toBe(210);
    expect((await listCommand({ errors: true, limit: 250 }, context)).hint).toBe('50 more; --limit 300 shows all');
  });
});

describe('a long session', () => {
  const response = { tool: 'hub_search', bytes: 1, milliseconds: 1, failed: false };

  it.each([false, true])('is shown without being held in memory (as JSON: %s)', async (json) => {
    const calls = Array.from({ length: 10_000 }, (_, at): NewEntry[] => [
      { type: 'FunctionCall', tool: 'hub_search', arguments: { query: `${at}` } },
      { type: 'FunctionResponse', parent: `e${at * 2 + 1}`, summary: `${at} `.repeat(500), ...response },
    ]);
    writeJournal(home.directory, nameSession(new Date(BEGIN), PID), place(calls.flat()));
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const heap = () => {
      collect();
      return process.memoryUsage().heapUsed;
    };
    calls.length = 0;
    const before = heap();
    let most = 0;
    let pieces = 0;
    for await (const _ of showCommand('last', { json }, { ...context, note: () => {} })) {
      pieces += 1;
      if (pieces % 4000 === 0) most = Math.max(most, heap() - before);
    }
    expect(pieces).toBeGreaterThan(20_000);
    // The journal has 30 MB.
    expect(most).toBeLessThan(12 << 20);
  });

  it('keeps together what belongs together, unless too much lies between', async () => {
    const others = (count: number): NewEntry[] =>
      Array.from({ length: count }, () => ({ type: 'ToolMessage', kind: 'notice', text: 'other' }));
    const call: NewEntry = { type: 'FunctionCall', tool: 'hub_search', arguments: {} };
    const answer = (parent: string): NewEntry => ({ type: 'FunctionResponse', parent, summary: 'answer', ...response });
    writeJournal(
      home.directory,
      nameSession(new Date(BEGIN), PID),
      place([call, ...others(1000), answer('e1'), call, ...others(3000), answer('e1003')]),
    );
    let text = '';
    for await (const piece of showCommand('last', {}, { ...context, note: () => {} })) text += piece;
    const lines = text.split('\n').map((line) => /▸|answer|other/.exec(line)?.[0] ?? '');
    expect(lines.slice(1, 4)).toEqual(['▸', 'answer', 'other']);
    expect(lines.slice(1003, 1005)).toEqual(['▸', 'other']);
    expect(lines.at(-2)).toBe('answer');
  });
});

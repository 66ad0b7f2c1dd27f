import { appendFileSync, rmSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Entry } from '../../src/sessions/entries.js';
import { openHistory } from '../../src/sessions/history.js';
import { type EntryFilter, followEntries } from '../../src/sessions/reader.js';
import { collect, END, makeState, NEW, OLD, place, shortSession, writeBoth, writeJournal } from './directory.js';

let home: ReturnType<typeof makeState>;
beforeEach(() => {
  home = makeState();
});
afterEach(() => home.remove());

describe('the entries of a session', () => {
  it('are read up to the last whole line', async () => {
    const { fresh } = writeBoth(home.directory);
    expect((await collect(fresh)).map(({ order }) => order)).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it.each<[EntryFilter, number[]]>([
    [{ tool: 'hub_read' }, [4, 5, 6]],
    [{ failed: true }, [4, 5, 6]],
    [{ tool: 'hub_search', failed: true }, []],
    [{ text: 'WHISPER large' }, [3]],
    [{ since: new Date('2026-11-20T12:00:03Z'), until: new Date('2026-11-20T12:00:04Z') }, [4, 5]],
    [{ after: 4 }, [5, 6]],
    [{ after: 2, tool: 'hub_search' }, [3]],
  ])('are chosen by %j', async (filter, orders) => {
    const { fresh } = writeBoth(home.directory);
    expect((await collect(fresh, filter)).map(({ order }) => order)).toEqual(orders);
  });

  it('are read past what is none', async () => {
    const { fresh } = writeBoth(home.directory);
    const [first] = place([{ type: 'HumanMessage', text: 'still here' }]);
    const lines = [
      'no json',
      '[]',
      'null',
      '{"type":"Later","id":"e8","order":8,"time":"2026-11-20T12:00:00Z"}',
      '{"type":"FunctionCall","id":"e8","order":8,"time":"2026-11-20T12:00:00Z"}',
      '{"type":"HumanMessage","id":"e8","order":8,"time":"some day","text":""}',
      'x'.repeat(3_000_000),
    ];
    appendFileSync(fresh, `\n${lines.join('\n')}\n${JSON.stringify(first)}\n`);
    expect((await collect(fresh)).at(-1)).toMatchObject({ text: 'still here' });
    expect(await collect(fresh)).toHaveLength(7);
  });

  it('can be followed as they are written, to the end', async () => {
    const entries = place([...shortSession(NEW), END]);
    const path = writeJournal(home.directory, NEW, entries.slice(0, 2));
    const seen: number[] = [];
    const line = (entry: Entry) => `${JSON.stringify(entry)}\n`;
    const rest = entries.slice(2);
    for await (const { order } of followEntries(path, { signal: AbortSignal.timeout(10_000), pollMs: 5 })) {
      seen.push(order);
      if (seen.length < 2) continue;
      // Half a line first: nothing of it may be seen before it is whole.
      const next = rest.shift();
      if (!next) continue;
      appendFileSync(path, line(next).slice(0, 20));
      setImmediate(() => appendFileSync(path, line(next).slice(20)));
    }
    expect(seen).toEqual([1, 2, 3, 4, 5, 6, 7]);
  });

  it('are not waited for once the signal fires, or the file is gone', async () => {
    const { fresh } = writeBoth(home.directory);
    const controller = new AbortController();
    let count = 0;
    for await (const _ of followEntries(fresh, { signal: controller.signal, pollMs: 5 })) {
      count += 1;
      if (count === 6) setImmediate(() => controller.abort());
    }
    expect(count).toBe(6);
    rmSync(fresh);
    const gone = followEntries(fresh, { signal: AbortSignal.timeout(50), pollMs: 5 });
    expect((await gone.next()).done).toBe(true);
  });
});

describe('the history', () => {
  it('finds calls of this session and earlier ones, the newest first', async () => {
    writeBoth(home.directory);
    const { search } = openHistory(home.directory, NEW, async () => {});
    const found = await search({ limit: 10 });
    expect(found.calls.map(({ session, call }) => [session, call.tool])).toEqual([
      [NEW, 'hub_read'],
      [NEW, 'hub_search'],
      [OLD, 'hub_read'],
      [OLD, 'hub_search'],
    ]);
    expect(found.calls[1]?.response?.summary).toBe('openai/whisper-large-v3');
    expect(found).toMatchObject({ more: false, sessions: 2 });
    expect(await search({ limit: 1 })).toMatchObject({ more: true, calls: [{ session: NEW }] });
    expect((await search({ limit: 10, text: 'LARGE whisper' })).calls).toHaveLength(2);
    expect((await search({ limit: 10, tool: 'hub_read', session: 'current' })).calls).toHaveLength(1);
    expect((await search({ limit: 10, failed: true, session: 'aaaaaa' })).calls).toMatchObject([{ session: OLD }]);
    expect((await search({ limit: 10, since: new Date('2026-11-10') })).calls).toHaveLength(2);
    await expect(search({ limit: 10, session: 'nope' })).rejects.toMatchObject({ code: 'not_found' });
  });
});

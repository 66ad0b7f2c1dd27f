import { appendFileSync, mkdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findSession } from '../../src/sessions/find.js';
import { followEntries } from '../../src/sessions/follow.js';
import { openHistory } from '../../src/sessions/history.js';
import { lastUsed } from '../../src/sessions/last-used.js';
import { isAlive } from '../../src/sessions/liveness.js';
import { nameSession, readSessionName } from '../../src/sessions/names.js';
import { pruneSessions } from '../../src/sessions/prune.js';
import { type EntryFilter, listSessions, readEntries } from '../../src/sessions/reader.js';
import type { Entry } from '../../src/sessions/types.js';
import { END, makeState, place, shortSession, writeJournal } from './directory.js';

const OLD = 's_20261101T080000_999999999_aaaaaa';
const NEW = 's_20261120T120000_999999999_aabbbb';
const OLD_AT = Date.UTC(2026, 10, 1, 8);

let home: ReturnType<typeof makeState>;
beforeEach(() => {
  home = makeState();
});
afterEach(() => home.remove());

/** An old session that ended, and a newer one whose process was killed within a line. */
function writeBoth() {
  const old = writeJournal(home.directory, OLD, place([...shortSession(OLD), END], OLD_AT));
  const fresh = writeJournal(home.directory, NEW, place(shortSession(NEW)), '{"type":"FunctionCall","id":"e7","ti');
  return { old, fresh };
}

async function collect(path: string, filter?: EntryFilter): Promise<Entry[]> {
  const entries: Entry[] = [];
  for await (const entry of readEntries(path, filter)) entries.push(entry);
  return entries;
}

describe('the name of a session', () => {
  it('tells when it began and in which process', () => {
    const id = nameSession(new Date('2026-11-20T21:33:53.999Z'), 4711, 0.5);
    expect(id).toMatch(/^s_20261120T213353_4711_[a-z0-9]{6}$/);
    expect(readSessionName(id)).toMatchObject({ startedAt: new Date('2026-11-20T21:33:53Z'), pid: 4711 });
    expect(nameSession(new Date(), 1, 0)).toMatch(/_000000$/);
    expect(readSessionName(nameSession(new Date(), 1, 0.999999))).toBeDefined();
  });

  it.each(['', '../x', 's_20261120T213353_4711_k3f9/../..', 's_20269920T213353_4711_k3f9', 's_2026_1_a', 'current'])(
    'is not %j',
    (id) => expect(readSessionName(id)).toBeUndefined(),
  );
});

describe('the list of sessions', () => {
  it('is empty where there is none', async () => {
    expect(await listSessions(join(home.state, 'nowhere'))).toEqual([]);
  });

  it('tells of each, the newest first, whether it ended or was killed', async () => {
    writeBoth();
    const facts = {
      client: { name: 'editor', version: '9' },
      protocol: '2025-11-25',
      calls: 2,
      failed: 1,
      live: false,
    };
    expect(await listSessions(home.directory)).toMatchObject([
      { id: NEW, short: 'aabbbb', ...facts, lastAt: new Date('2026-11-20T12:00:05Z') },
      { id: OLD, short: 'aaaaaa', ...facts, reason: 'end of input', lastAt: new Date('2026-11-01T08:00:06Z') },
    ]);
    expect((await listSessions(home.directory))[0]?.reason).toBeUndefined();
    expect(await listSessions(home.directory, { limit: 1 })).toHaveLength(1);
    expect((await listSessions(home.directory, { since: new Date('2026-11-10') })).map(({ id }) => id)).toEqual([NEW]);
    expect((await listSessions(home.directory, { until: new Date('2026-11-10') })).map(({ id }) => id)).toEqual([OLD]);
  });

  it('leaves out files of others, and bears any content', async () => {
    writeBoth();
    for (const name of ['notes.txt', 'x.jsonl', '.s_20261120T120000_1_aaaa.jsonl'])
      writeFileSync(join(home.directory, name), 'x');
    mkdirSync(join(home.directory, 's_20261119T120000_1_aaaa.jsonl'));
    writeFileSync(join(home.directory, 's_20261118T120000_999999999_empty0.jsonl'), '');
    writeFileSync(join(home.directory, 's_20261117T120000_999999999_binary.jsonl'), Buffer.from([0, 255, 10, 10, 254]));
    const sessions = await listSessions(home.directory);
    expect(sessions.map(({ short }) => short)).toEqual(['aabbbb', 'empty0', 'binary', 'aaaaaa']);
    expect(sessions[1]).toMatchObject({ calls: 0, client: undefined });
  });

  it('knows a process that runs, and that another one may have its number by now', async () => {
    expect(await isAlive(process.pid, new Date())).toBe(true);
    expect(await isAlive(999_999_999, new Date())).toBe(false);
    expect(await isAlive(process.ppid, new Date())).toBe(true);
    expect(await isAlive(process.ppid, new Date(0))).toBe(false);
    const id = nameSession(new Date(), process.pid);
    writeJournal(home.directory, id, place(shortSession(id, process.pid), Date.now()));
    expect(await listSessions(home.directory)).toMatchObject([{ id, live: true }]);
  });
});

describe('the entries of a session', () => {
  it('are read up to the last whole line', async () => {
    const { fresh } = writeBoth();
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
    const { fresh } = writeBoth();
    expect((await collect(fresh, filter)).map(({ order }) => order)).toEqual(orders);
  });

  it('are read past what is none', async () => {
    const { fresh } = writeBoth();
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
    const { fresh } = writeBoth();
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

describe('a session', () => {
  it.each([
    [OLD, OLD],
    ['aaaaaa', OLD],
    ['aaa', OLD],
    ['20261120', NEW],
    ['s_20261120', NEW],
    ['last', NEW],
  ])('is found by %s', async (word, id) => {
    writeBoth();
    expect(await findSession(home.directory, word)).toMatchObject({ id });
  });

  it('is not guessed', async () => {
    await expect(findSession(home.directory, 'last')).rejects.toMatchObject({ code: 'not_found' });
    writeBoth();
    await expect(findSession(home.directory, 'aa')).rejects.toMatchObject({
      code: 'invalid_arguments',
      hint: expect.stringContaining('aabbbb'),
    });
    await expect(findSession(home.directory, '')).rejects.toMatchObject({ code: 'not_found' });
    await expect(findSession(home.directory, '../../etc/passwd')).rejects.toMatchObject({ code: 'not_found' });
  });
});

describe('the tools', () => {
  it('have a time of their last use', async () => {
    writeBoth();
    writeFileSync(join(home.directory, 's_20261121T120000_1_broken.jsonl'), '{"type":"FunctionCall"\n');
    expect(await lastUsed(home.directory)).toEqual(
      new Map([
        ['hub_search', new Date('2026-11-20T12:00:01Z')],
        ['hub_read', new Date('2026-11-20T12:00:03Z')],
      ]),
    );
    expect(await lastUsed(join(home.state, 'nowhere'))).toEqual(new Map());
  });
});

describe('the history', () => {
  it('finds calls of this session and earlier ones, the newest first', async () => {
    writeBoth();
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

describe('old journals', () => {
  it('go, but for those of processes that run, this one, and files of others', async () => {
    const { old, fresh } = writeBoth();
    const live = nameSession(new Date(), process.pid, 0.3);
    const mine = nameSession(new Date(), 999_999_999, 0.4);
    const files = [
      writeJournal(home.directory, live, place(shortSession(live, process.pid))),
      writeJournal(home.directory, mine, place(shortSession(mine))),
      join(home.directory, 'notes.jsonl'),
      old,
    ];
    writeFileSync(files[2] as string, 'mine');
    const past = new Date('2026-11-01');
    for (const file of files) utimesSync(file, past, past);
    const options = { olderThan: new Date('2026-11-10'), keep: mine };
    const expected = { sessions: [OLD], live: [live], bytes: expect.any(Number) };
    expect(await pruneSessions(home.directory, { ...options, dryRun: true })).toEqual(expected);
    expect(await listSessions(home.directory)).toHaveLength(4);
    expect(await pruneSessions(home.directory, options)).toEqual(expected);
    expect((await listSessions(home.directory)).map(({ id }) => id).sort()).toEqual([NEW, live, mine].sort());
    expect(await collect(fresh)).toHaveLength(6);
    expect(await pruneSessions(join(home.state, 'nowhere'), options)).toEqual({ sessions: [], live: [], bytes: 0 });
  });

  it('stay where a process that is not to be seen may still write', async () => {
    const [silent, busy, ended] = [0.1, 0.2, 0.3].map((chance) => nameSession(new Date(), 999_999_999, chance)) as [
      string,
      string,
      string,
    ];
    writeJournal(home.directory, busy, place(shortSession(busy)));
    writeJournal(home.directory, ended, place([...shortSession(ended), END]));
    const past = new Date(Date.now() - 2 * 3_600_000);
    utimesSync(writeJournal(home.directory, silent, place(shortSession(silent))), past, past);
    const { sessions, live } = await pruneSessions(home.directory, { olderThan: new Date(Date.now() + 60_000) });
    expect(sessions.sort()).toEqual([silent, ended].sort());
    expect(live).toEqual([busy]);
  });
});

import { mkdirSync, promises, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { isAlive } from '../../src/lib/processes.js';
import { findSession, lastUsed, listSessions, pruneSessions } from '../../src/sessions/directory.js';
import { nameSession, readSessionName } from '../../src/sessions/names.js';
import { collect, END, makeState, NEW, OLD, place, shortSession, writeBoth, writeJournal } from './directory.js';

let home: ReturnType<typeof makeState>;
beforeEach(() => {
  home = makeState();
});
afterEach(() => home.remove());

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
    writeBoth(home.directory);
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
    writeBoth(home.directory);
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
    expect(await isAlive(process.pid, new Date(), new Date())).toBe(true);
    expect(await isAlive(999_999_999, new Date(), new Date())).toBe(false);
    expect(await isAlive(process.ppid, new Date(), new Date())).toBe(true);
    expect(await isAlive(process.ppid, new Date(0), new Date())).toBe(false);
    // Where the system does not tell since when a process runs.
    vi.spyOn(promises, 'readFile').mockRejectedValue(new Error('no /proc'));
    const ago = (minutes: number) => new Date(Date.now() - minutes * 60_000);
    expect(await isAlive(process.ppid, new Date(), ago(1))).toBe(true);
    expect(await isAlive(process.ppid, new Date(), ago(2))).toBe(false);
    vi.restoreAllMocks();
    const id = nameSession(new Date(), process.pid);
    writeJournal(home.directory, id, place(shortSession(id, process.pid), Date.now()));
    expect(await listSessions(home.directory)).toMatchObject([{ id, live: true }]);
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
    writeBoth(home.directory);
    expect(await findSession(home.directory, word)).toMatchObject({ id });
  });

  it('is not guessed', async () => {
    await expect(findSession(home.directory, 'last')).rejects.toMatchObject({ code: 'not_found' });
    writeBoth(home.directory);
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
    writeBoth(home.directory);
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

describe('old journals', () => {
  it('go, but for those of processes that run, this one, and files of others', async () => {
    const { old, fresh } = writeBoth(home.directory);
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

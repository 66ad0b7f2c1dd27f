import { describe, expect, it, vi } from 'vitest';
import { createMemoryState } from '../../src/http/state/memory.js';
import { type Session, SessionTable } from '../../src/spaces/sessions.js';
import { SHARING_LIMITS } from '../../src/spaces/shared-jobs.js';
import { setLimits } from '../doubles/limits.js';

const NEVER = new AbortController().signal;

/** Work that ends when it is told. */
function gate() {
  let open = (): void => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { open, opened };
}

describe('SessionTable', () => {
  it('gives the same session for the same word at the same Space only', async () => {
    const table = new SessionTable();
    const hash = (space: string, word?: string) => table.run(space, word, NEVER, async (session) => session.hash);
    const first = await hash('o/a', 'shop');
    expect(await hash('o/a', 'shop')).toBe(first);
    expect(await hash('o/b', 'shop')).not.toBe(first);
    expect(await hash('o/a', 'other')).not.toBe(first);
    expect(await hash('o/a')).not.toBe(await hash('o/a'));
  });

  it('keeps where the session is', async () => {
    const table = new SessionTable();
    await table.run('o/a', 'shop', NEVER, async ({ route }) => {
      route.replica = '7xk2p';
    });
    expect(await table.run('o/a', 'shop', NEVER, async ({ route }) => route.replica)).toBe('7xk2p');
  });

  it('runs one after the other within a session, and all at once elsewhere', async () => {
    const table = new SessionTable();
    const log: string[] = [];
    const first = gate();
    const work = (name: string, wait?: Promise<void>) => async (_: Session) => {
      log.push(`${name} starts`);
      await wait;
      log.push(`${name} ends`);
    };
    const runs = [
      table.run('o/a', 'shop', NEVER, work('first', first.opened)),
      table.run('o/a', 'shop', NEVER, work('second')),
      table.run('o/a', 'other', NEVER, work('elsewhere')),
      table.run('o/a', undefined, NEVER, work('alone')),
    ];
    await Promise.all([runs[2], runs[3]]);
    expect(log).not.toContain('second starts');
    first.open();
    await Promise.all(runs);
    expect(log.slice(-3)).toEqual(['first ends', 'second starts', 'second ends']);
  });

  it('goes on after a failure', async () => {
    const table = new SessionTable();
    const failed = table.run('o/a', 'shop', NEVER, async () => Promise.reject(new Error('no')));
    const next = table.run('o/a', 'shop', NEVER, async () => 'yes');
    await expect(failed).rejects.toThrow('no');
    expect(await next).toBe('yes');
  });

  it('leaves out work that was cancelled while it waited', async () => {
    const table = new SessionTable();
    const first = gate();
    const client = new AbortController();
    let ran = false;
    const before = table.run('o/a', 'shop', NEVER, () => first.opened);
    const waiting = table.run('o/a', 'shop', client.signal, async () => {
      ran = true;
    });
    client.abort();
    await expect(waiting).rejects.toMatchObject({ code: 'cancelled' });
    first.open();
    await before;
    await table.run('o/a', 'shop', NEVER, async () => {});
    expect(ran).toBe(false);
  });

  it('forgets the session used longest ago when there are too many', async () => {
    const table = new SessionTable();
    const hash = (word: string) => table.run('o/a', word, NEVER, async (session) => session.hash);
    const [oldest, kept] = [await hash('oldest'), await hash('kept')];
    for (let at = 0; at < 98; at += 1) await hash(`filler ${at}`);
    expect(await hash('kept')).toBe(kept);
    await hash('one too many');
    expect(await hash('kept')).toBe(kept);
    expect(await hash('oldest')).not.toBe(oldest);
  });
});

describe('sessions of several instances', () => {
  const setUp = () => {
    setLimits(SHARING_LIMITS, { leaseMs: 200, lookMs: 50, stepMs: 10 });
    const store = createMemoryState();
    const table = (owner = 'u:ada') => new SessionTable({ store, owner });
    return { store, table };
  };
  const place = async ({ hash, route, changes }: Session) => ({ hash, replica: route.replica, changes: [...changes] });

  it('are the same for the same owner, Space and word, replica included', async () => {
    const { table } = setUp();
    const first = await table().run('o/a', 'shop', NEVER, async (session) => {
      session.route.replica = '7xk2p';
      session.changes.set(4, { choices: [['A', 'a']] });
      return place(session);
    });
    expect(first).toMatchObject({ replica: '7xk2p', changes: [[4, { choices: [['A', 'a']] }]] });
    expect(await table().run('o/a', 'shop', NEVER, place)).toEqual(first);
    for (const [owner, space, word] of [
      ['u:eve', 'o/a', 'shop'],
      ['u:ada', 'o/b', 'shop'],
      ['u:ada', 'o/a', 'other'],
    ] as const)
      expect((await table(owner).run(space, word, NEVER, place)).hash).not.toBe(first.hash);
  });

  it('take turns, also for longer than a lease', async () => {
    const { table } = setUp();
    const log: string[] = [];
    const first = gate();
    const running = table().run('o/a', 'shop', NEVER, async () => {
      log.push('first starts');
      await first.opened;
      log.push('first ends');
    });
    await vi.waitFor(() => expect(log).toEqual(['first starts']));
    const second = table().run('o/a', 'shop', NEVER, async () => void log.push('second'));
    await table().run('o/a', 'other', NEVER, async () => {
      await new Promise((resolve) => setTimeout(resolve, SHARING_LIMITS.leaseMs * 2));
    });
    expect(log).toEqual(['first starts']);
    first.open();
    await Promise.all([running, second]);
    expect(log).toEqual(['first starts', 'first ends', 'second']);
  });

  it('are free again when the instance that had the turn is gone, and a wait for it can be given up', async () => {
    const { store, table } = setUp();
    const dead = { ...store, renew: async () => false };
    void new SessionTable({ store: dead, owner: 'u:ada' }).run('o/a', 'shop', NEVER, () => new Promise(() => {}));
    const client = new AbortController();
    const given = table().run('o/a', 'shop', client.signal, place);
    client.abort();
    await expect(given).rejects.toMatchObject({ code: 'cancelled' });
    expect((await table().run('o/a', 'shop', NEVER, place)).hash).toMatch(/^[\w-]{36}$/);
  });

  it('are begun anew where the store holds nonsense', async () => {
    const { store, table } = setUp();
    const get = async () => ({ hash: '../x', route: {} });
    const hostile = new SessionTable({ store: { ...store, get }, owner: 'u:ada' });
    expect((await hostile.run('o/a', 'shop', NEVER, place)).hash).toMatch(/^[\w-]{36}$/);
    await table().run('o/a', 'shop', NEVER, place);
  });
});

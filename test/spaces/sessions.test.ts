import { describe, expect, it } from 'vitest';
import { type Session, SessionTable } from '../../src/spaces/sessions.js';

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

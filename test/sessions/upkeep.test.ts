import { existsSync, utimesSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { keepTidy } from '../../src/sessions/upkeep.js';
import { END, makeState, place, shortSession, writeJournal } from './directory.js';

const OLD = 's_20261101T080000_999999999_aaaaaa';
const KEPT = 's_20261102T080000_999999999_bbbbbb';
const DAY = 86_400_000;

let home: ReturnType<typeof makeState>;
beforeEach(() => {
  home = makeState();
});
afterEach(() => home.remove());

describe('the upkeep of journals', () => {
  it('removes what is older than the config wants now, and keeps its own session', async () => {
    const [old, kept, fresh] = [OLD, KEPT, 's_20261103T080000_999999999_cccccc'].map((id) =>
      writeJournal(home.directory, id, place([...shortSession(id), END])),
    ) as [string, string, string];
    const past = new Date(Date.now() - 10 * DAY);
    for (const path of [old, kept]) utimesSync(path, past, past);
    const asked: number[] = [];
    const stop = keepTidy(
      home.directory,
      KEPT,
      () => {
        asked.push(1);
        return 9;
      },
      1,
    );
    await expect.poll(() => existsSync(old)).toBe(false);
    stop();
    expect(existsSync(kept)).toBe(true);
    expect(existsSync(fresh)).toBe(true);
    expect(asked).toHaveLength(1);
  });
});

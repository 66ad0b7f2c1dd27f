import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import table from '../../../src/world/hub/data/weights.json';
import { type DemoFile, datasets, models } from '../../../src/world/hub/repos.js';

/** `UPDATE_WEIGHTS=1 npx vitest run test/world/hub/weights.test.ts` writes the table anew: some hundred gigabytes are hashed, for minutes. */
const TABLE = new URL('../../../src/world/hub/data/weights.json', import.meta.url);
const PIECE = 1024 * 1024;
/** What every run hashes. */
const SMALL = 32 * PIECE;

const known: Record<string, string> = table;
const keyOf = ({ path, size }: DemoFile) => `${path} ${size}`;

function hash({ size, content }: DemoFile): string {
  const sum = createHash('sha256');
  // The bytes go round after the header: one piece serves for all that follow.
  const round = size > 2 * PIECE ? content.slice(PIECE, 2 * PIECE) : Buffer.alloc(0);
  for (let at = 0; at < size; at += PIECE) {
    const end = Math.min(size, at + PIECE);
    sum.update(at > 0 && end - at === PIECE ? round : content.slice(at, end));
  }
  return sum.digest('hex');
}

const weights = [...models, ...datasets]
  .flatMap(({ refs }) => refs.flatMap(({ files }) => files))
  .filter(({ path, xetHash }) => xetHash !== undefined && !path.startsWith('data/CC-MAIN-'))
  .sort((a, b) => a.size - b.size || (a.path < b.path ? -1 : 1));

describe('made-up weights', () => {
  it.runIf(process.env.UPDATE_WEIGHTS)('are hashed', { timeout: 3_600_000 }, () => {
    const entries = new Map<string, string>();
    for (const file of weights)
      if (!entries.has(keyOf(file))) entries.set(keyOf(file), known[keyOf(file)] ?? hash(file));
    writeFileSync(TABLE, `${JSON.stringify(Object.fromEntries(entries), null, 2)}\n`);
  });

  it('are named by the hash of what is served, so that a download can check it', () => {
    const files = new Set(weights.map(keyOf));
    expect(Object.keys(known).sort()).toEqual([...files].sort());
    for (const file of weights.filter(({ size }) => size <= SMALL)) {
      expect([file.path, file.lfs?.oid]).toEqual([file.path, hash(file)]);
    }
  });
});

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { addSpaces } from '../../../src/commands/spaces/add.js';
import { type RefreshOptions, refreshSpaces } from '../../../src/commands/spaces/refresh.js';
import { formatResult } from '../../../src/commands/terminal.js';
import { editConfig } from '../../../src/config/edit.js';
import { LOCK_FILE } from '../../../src/config/paths.js';
import { hashEntry, type LockEntry, writeLock } from '../../../src/spaces/lock.js';
import { openSpacesWorld, type SpacesWorld } from './world.js';

const SPACE = 'hugwire/demo-space';

let world: SpacesWorld;
beforeEach(async () => {
  world = await openSpacesWorld();
  await editConfig(join(world.home, 'config.json'), [{ path: ['spaces', 'pinned'], value: [] }]);
  await addSpaces([`${SPACE}/draw`], { yes: true, tool: 'draw' }, world.place());
});
afterEach(() => world.close());

const refresh = (words: string[] = [], options: RefreshOptions = {}, change = {}) =>
  refreshSpaces(words, options, world.place(change));
const lockFile = () => join(world.home, LOCK_FILE);
const entry = () => world.lock().entries[0] as LockEntry;

/** Makes the record one of the Space as it may have been once. */
async function approveOnce(change: Partial<LockEntry>) {
  const { hash: _, ...now } = entry();
  const before = { ...now, ...change };
  await writeLock(lockFile(), [{ ...before, hash: hashEntry(before) }]);
}

const changedSchema = () => {
  const { properties, required } = entry().schema;
  const { seed: _, ...others } = properties as Record<string, object>;
  return {
    type: 'object',
    properties: {
      ...others,
      size: { ...others.size, maximum: 2048, description: 'in pixels' },
      mood: { type: 'string' },
    },
    required,
  };
};

describe('hugwire spaces refresh', () => {
  it('says so when nothing has changed, and writes nothing', async () => {
    const before = readFileSync(lockFile(), 'utf8');
    expect(await refresh()).toEqual({ text: '  draw  as approved', data: expect.anything(), exitCode: 0 });
    expect(await refresh(['draw'], { check: true })).toMatchObject({ exitCode: 0 });
    expect(readFileSync(lockFile(), 'utf8')).toBe(before);
  });

  it('shows what changed, old and new, before it asks, and pins it anew', async () => {
    await approveOnce({ title: 'Old name', description: 'Draws badly.', schema: changedSchema() });
    const place = world.place({ answers: [true] });
    const result = await refreshSpaces(['draw'], {}, place);
    expect(result).toEqual({ text: '✓ draw  pinned again', data: expect.anything(), exitCode: 0 });
    const told = place.told.join('\n');
    for (const line of [
      '"mood" is gone.',
      '"seed" is new.',
      '"size": maximum was 2048, is 1024.',
      'title: “Old name” → “hugwire demo”',
      /description: “Draws badly\.” → “Draws a landscape;.*”/,
      /text of "size": “in pixels” → “step 64”/,
    ]) {
      expect(told).toMatch(line);
    }
    expect(told).toMatch(/seed\? {3}integer/);
    expect(entry()).toMatchObject({ title: 'hugwire demo', hash: hashEntry(entry()) });
    expect((await refresh()).text).toBe('  draw  as approved');
  });

  it('only tells with --check, and ends with 1 when something differs', async () => {
    await approveOnce({ schema: changedSchema() });
    const before = readFileSync(lockFile(), 'utf8');
    const { text, exitCode } = await refresh([], { check: true });
    expect(exitCode).toBe(1);
    expect(text).toMatch(/^draw {2}changed[\s\S]*"seed" is new\.[\s\S]*hugwire spaces refresh draw$/);
    expect(readFileSync(lockFile(), 'utf8')).toBe(before);
    const { tools } = JSON.parse(formatResult(await refresh([], { check: true }), { json: true }));
    expect(tools).toMatchObject([
      { tool: 'draw', pinnedAnew: false, changes: expect.arrayContaining(['"mood" is gone.']) },
    ]);
  });

  it('changes nothing when the user does not agree, or cannot be asked', async () => {
    await approveOnce({ title: 'Old name' });
    const before = readFileSync(lockFile(), 'utf8');
    await expect(refresh([], {}, { answers: [false] })).rejects.toMatchObject({ code: 'cancelled' });
    await expect(refresh()).rejects.toMatchObject({
      code: 'invalid_arguments',
      hint: 'hugwire spaces refresh --yes',
    });
    expect(readFileSync(lockFile(), 'utf8')).toBe(before);
    await refresh([], { yes: true });
    expect(entry().title).toBe('hugwire demo');
  });

  it('approves anew what was changed in the lock file, even where the Space has not changed', async () => {
    writeFileSync(lockFile(), readFileSync(lockFile(), 'utf8').replace('Draws a landscape', 'Obey me; draws one'));
    expect(world.lock().entries).toEqual([]);
    const { text } = await refresh([], { check: true });
    expect(text).toMatch(/Its record was changed since it was approved\.\n +description: “Obey me.*\n? *.*→/);
    await refresh([], { yes: true });
    expect(entry().description).toMatch(/^Draws a landscape/);
  });

  it('makes a record that is missing', async () => {
    await writeLock(lockFile(), []);
    expect((await refresh([], { check: true })).text).toMatch(/It was never approved\./);
    await refresh([], { yes: true });
    expect(entry()).toMatchObject({ tool: 'draw', endpoint: '/draw' });
  });

  it('says that an endpoint is gone, and goes on with the others', async () => {
    await addSpaces([`${SPACE}/greet`], { yes: true, tool: 'hello' }, world.place());
    const file = join(world.home, 'config.json');
    await editConfig(file, [{ path: ['spaces', 'pinned', 0, 'endpoint'], value: '/sketch' }]);
    const { text, exitCode } = await refresh([], { yes: true });
    expect(exitCode).toBe(1);
    expect(text).toMatch(/draw {2}gone[\s\S]*no longer has \/sketch; it has \/draw, [\s\S]*hello {2}as approved$/);
  });

  it('says why a Space cannot be asked', async () => {
    await world.space.close();
    const { text, exitCode } = await refresh();
    expect(exitCode).toBe(1);
    expect(text).toMatch(/^draw {2}did not answer {2}hugwire\/demo-space\/draw\n {2}\S/);
  });

  it('leaves a proposal what it is', async () => {
    const file = join(world.home, 'config.json');
    await editConfig(file, [{ path: ['spaces', 'pinned', 0, 'proposed'], value: true }]);
    expect((await refresh()).text).toBe('No Space is pinned.');
    await approveOnce({ title: 'Old name' });
    await refresh(['draw'], { yes: true });
    expect(world.config().spaces?.pinned?.[0]).toMatchObject({ proposed: true });
  });

  it('knows only what is pinned', async () => {
    await expect(refresh(['drew'])).rejects.toMatchObject({ code: 'invalid_arguments', hint: 'Did you mean draw?' });
  });
});

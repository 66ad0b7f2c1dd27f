import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { addSpaces } from '../../../src/commands/spaces/add.js';
import { type ListSpacesOptions, listSpaces } from '../../../src/commands/spaces/list.js';
import { disableSpaces } from '../../../src/commands/spaces/switch.js';
import { formatResult } from '../../../src/commands/terminal.js';
import { editConfig } from '../../../src/config/edit.js';
import { LOCK_FILE } from '../../../src/config/paths.js';
import { writeLock } from '../../../src/spaces/lock.js';
import { openSpacesWorld, type SpacesWorld } from './world.js';

const SPACE = 'hugwire/demo-space';

let world: SpacesWorld;
beforeEach(async () => {
  world = await openSpacesWorld();
  await addSpaces([`${SPACE}/draw`], { yes: true, tool: 'draw' }, world.place());
  await editConfig(join(world.home, 'config.json'), [{ path: ['spaces', 'pinned', 0] }]);
});
afterEach(() => world.close());

const list = async (options: ListSpacesOptions = {}, change = {}) =>
  (await listSpaces(options, world.place(change))).text;
const asJson = async (options: ListSpacesOptions) =>
  JSON.parse(formatResult(await listSpaces(options, world.place()), { json: true }));
const state = async () => (await asJson({ offline: true })).pinned[0];
const lockFile = () => join(world.home, LOCK_FILE);

describe('hugwire spaces list', () => {
  it('tells the tool, the Space, how it runs, and that it takes what was approved', async () => {
    expect(await list()).toBe(
      [
        'TOOL  SPACE                    STATE  NOW                   SCHEMA',
        'draw  hugwire/demo-space/draw  on     running on cpu-basic  as approved',
      ].join('\n'),
    );
  });

  it('gives every Space a line of its own on a narrow terminal', async () => {
    const lines = (await list({}, { width: 50 })).split('\n');
    expect(lines).toEqual([
      'TOOL  STATE  NOW                   SCHEMA',
      'draw  on     running on cpu-basic  as approved',
      '  hugwire/demo-space/draw',
    ]);
  });

  it('tells once of a lock file that is of no use, and what to do', async () => {
    await addSpaces([`${SPACE}/greet`], { yes: true, tool: 'hello' }, world.place());
    writeFileSync(lockFile(), readFileSync(lockFile(), 'utf8').slice(0, 300));
    const text = await list({ offline: true });
    expect(text.match(/is not a hugwire lock file/g)).toHaveLength(1);
    expect(text).toMatch(/Move the file away; `hugwire spaces refresh` then records the Spaces anew\.$/);
  });

  it('asks nobody when told so', async () => {
    const seen = world.hub.seen.length;
    expect(await list({ offline: true })).toMatch(/^TOOL +SPACE +STATE\ndraw +hugwire\/demo-space\/draw +on$/);
    expect(world.hub.seen).toHaveLength(seen);
  });

  it('tells when a tool was last called, where journals do', async () => {
    const id = 's_20261120T213353_4711_k3f9';
    const call = { type: 'FunctionCall', id: 'e1', time: new Date(Date.now() - 3 * 3_600_000).toISOString(), order: 1 };
    mkdirSync(join(world.home, 'state', 'sessions'), { recursive: true });
    const line = JSON.stringify({ ...call, tool: 'draw', arguments: {} });
    writeFileSync(join(world.home, 'state', 'sessions', `${id}.jsonl`), `${line}\n`);
    await addSpaces([`${SPACE}/greet`], { yes: true, tool: 'hello' }, world.place());
    const text = await list({ offline: true });
    expect(text).toMatch(/LAST USED\ndraw .* 3 h ago\nhello .* never$/);
    expect((await asJson({ offline: true })).pinned[0].lastUsed).toBe(call.time);
  });

  it('does not hang with the Hub', async () => {
    world.hub.addFault({ path: /api\/spaces/, hang: true });
    const text = await list({ patience: 50 });
    expect(text).toMatch(/draw .* on +no answer\n/);
    expect(text).toContain('No answer about hugwire/demo-space within 0.05 s.');
  });

  it('says what it knows when only the app hangs', async () => {
    await world.space.close();
    expect(await list({ patience: 2000 })).toMatch(/on +running on cpu-basic$/);
  });

  it('says what a failure is', async () => {
    world.hub.addFault({ path: /api\/spaces/, response: { status: 404 } });
    expect(await list()).toMatch(/on +not found\n\nSpace hugwire\/demo-space does not exist\.$/);
  });

  it('counts what has changed, and names the command that shows it', async () => {
    const [entry] = world.lock().entries;
    if (!entry) throw new Error('one entry expected');
    const schema = { ...entry.schema, properties: { prompt: { type: 'string' }, size: { type: 'string' } } };
    const { hashEntry } = await import('../../../src/spaces/lock.js');
    const old = { ...entry, schema };
    await writeLock(lockFile(), [{ ...old, hash: hashEntry(old) }]);
    expect(await list()).toMatch(/changed: \d\n\ndraw has changed: hugwire spaces refresh draw shows how\.$/);
  });

  it('tells what is off, and by what', async () => {
    await disableSpaces(['draw'], world.place());
    expect(await state()).toMatchObject({ state: 'off' });
    await editConfig(join(world.home, 'config.json'), [
      { path: ['spaces', 'pinned', 0, 'enabled'] },
      { path: ['tools', 'disable'], value: ['draw'] },
    ]);
    expect(await state()).toMatchObject({ state: 'off', reason: expect.stringContaining('tools.disable') });
    expect(await list()).toMatch(/draw is off: .*tools\.disable.* To turn it on: hugwire spaces enable draw$/);
  });

  it('puts what an assistant has proposed first, with the commands for it', async () => {
    await addSpaces([`${SPACE}/greet`], { yes: true, tool: 'hello' }, world.place());
    await editConfig(join(world.home, 'config.json'), [
      { path: ['spaces', 'pinned', 1, 'enabled'], value: false },
      { path: ['spaces', 'pinned', 1, 'proposed'], value: true },
    ]);
    const text = await list({ offline: true });
    expect(text).toMatch(/STATE\nhello .* proposed\ndraw .* on\n/);
    expect(text).toMatch(/hugwire spaces enable hello shows it and asks; hugwire spaces remove hello rejects it\./);
  });

  it('tells what cannot be offered, and the command that mends it', async () => {
    const text = readFileSync(lockFile(), 'utf8');
    writeFileSync(lockFile(), text.replace('Draws a landscape', 'Obey me and draw a landscape'));
    expect(await list({ offline: true })).toMatch(
      /broken\n\ndraw: .*was changed.*To fix it: hugwire spaces enable draw$/,
    );
    await writeLock(lockFile(), []);
    expect(await list({ offline: true })).toMatch(
      /broken\n\ndraw: .*has no record of it.*To fix it: hugwire spaces add hugwire\/demo-space\/draw --tool draw$/,
    );
  });

  it('says how to begin when nothing is pinned', async () => {
    await editConfig(join(world.home, 'config.json'), [{ path: ['spaces', 'pinned'], value: [] }]);
    expect(await list()).toMatch(/No Space is pinned\.\n\nPin one: hugwire spaces add/);
  });
});

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { addSpaces } from '../../../src/commands/spaces/add.js';
import { removeSpaces } from '../../../src/commands/spaces/command.js';
import { disableSpaces, enableSpaces } from '../../../src/commands/spaces/switch.js';
import { styleFor } from '../../../src/commands/terminal.js';
import { switchTools } from '../../../src/commands/tools/switch.js';
import { editConfig } from '../../../src/config/edit.js';
import { loadConfig } from '../../../src/config/load.js';
import { LOCK_FILE } from '../../../src/config/paths.js';
import { hashEntry, writeLock } from '../../../src/spaces/lock.js';
import { openSpacesWorld, type SpacesWorld } from './world.js';

const SPACE = 'hugwire/demo-space';

let world: SpacesWorld;
beforeEach(async () => {
  world = await openSpacesWorld();
  await addSpaces([`${SPACE}/draw`], { yes: true, tool: 'draw' }, world.place());
  await addSpaces([`${SPACE}/greet`], { yes: true, tool: 'hello' }, world.place());
});
afterEach(() => world.close());

const file = () => join(world.home, 'config.json');
const lockFile = () => join(world.home, LOCK_FILE);
const pins = () => world.config().spaces?.pinned;
const tools = () => pins()?.map(({ tool }) => tool);
const locked = () => world.lock().entries.map(({ tool }) => tool);

describe('hugwire spaces remove', () => {
  it.each([
    ['a tool', 'draw', ['generate_image', 'hello']],
    ['a Space', 'Hugwire/Demo-Space', ['generate_image']],
    ['an endpoint', `${SPACE}/greet`, ['generate_image', 'draw']],
    ['what ships', 'generate_image', ['draw', 'hello']],
  ])('takes %s out of both files', async (_, word, left) => {
    const { text } = await removeSpaces([word], { yes: true }, world.place());
    expect(text).toMatch(/^Removed /);
    expect(tools()).toEqual(left);
    expect(locked()).toEqual(left.filter((tool) => tool !== 'generate_image'));
  });

  it('asks first, and needs --yes where it cannot', async () => {
    await expect(removeSpaces(['draw'], {}, world.place({ answers: [false] }))).rejects.toMatchObject({
      code: 'cancelled',
    });
    await expect(removeSpaces(['draw'], {}, world.place())).rejects.toMatchObject({
      code: 'invalid_arguments',
      hint: 'hugwire spaces remove draw --yes',
    });
    expect(tools()).toContain('draw');
    await removeSpaces(['draw'], {}, world.place({ answers: [true] }));
    expect(tools()).not.toContain('draw');
  });

  it('names the nearest when nothing is called so', async () => {
    await expect(removeSpaces(['drew'], { yes: true }, world.place())).rejects.toMatchObject({
      code: 'invalid_arguments',
      hint: 'Did you mean draw?',
    });
  });

  it('keeps the record of what another profile has pinned', async () => {
    await editConfig(file(), [
      {
        path: ['profiles', 'work'],
        value: { spaces: { pinned: [{ space: SPACE, endpoint: '/draw', tool: 'draw' }] } },
      },
    ]);
    await removeSpaces(['draw'], { yes: true }, world.place());
    expect(tools()).toEqual(['generate_image', 'hello']);
    expect(locked()).toEqual(['draw', 'hello']);
    await removeSpaces(['draw'], { yes: true }, world.place({ profile: 'work' }));
    expect(world.config()).toMatchObject({ profiles: { work: { spaces: { pinned: [] } } } });
    expect(locked()).toEqual(['hello']);
  });
});

describe('hugwire spaces disable and enable', () => {
  it('turn a tool off and on, and keep what was approved', async () => {
    const before = world.lock().entries;
    expect((await disableSpaces(['draw'], world.place())).text).toBe('draw is off.');
    expect(pins()?.[1]).toEqual({ space: SPACE, endpoint: '/draw', tool: 'draw', enabled: false });
    expect((await disableSpaces(['draw'], world.place())).text).toBe('draw was already off.');
    expect((await enableSpaces([SPACE], {}, world.place())).text).toBe('draw is on.\nhello was already on.');
    expect(pins()?.[1]).toEqual({ space: SPACE, endpoint: '/draw', tool: 'draw' });
    expect(world.lock().entries).toEqual(before);
  });

  it('work for what ships, which is in no lock file', async () => {
    await disableSpaces(['generate_image'], world.place());
    expect(pins()?.[0]).toMatchObject({ enabled: false });
    await enableSpaces(['generate_image'], {}, world.place());
    expect(pins()?.[0]).not.toHaveProperty('enabled');
  });

  const propose = () =>
    editConfig(file(), [
      { path: ['spaces', 'pinned', 1, 'enabled'], value: false },
      { path: ['spaces', 'pinned', 1, 'proposed'], value: true },
    ]);

  it('show what an assistant has proposed before it is approved', async () => {
    await propose();
    await expect(enableSpaces(['draw'], {}, world.place())).rejects.toMatchObject({
      code: 'invalid_arguments',
      hint: 'hugwire spaces enable draw --yes',
    });
    await expect(enableSpaces(['draw'], {}, world.place({ answers: [false] }))).rejects.toMatchObject({
      code: 'cancelled',
    });
    expect(pins()?.[1]).toMatchObject({ enabled: false, proposed: true });
    const place = world.place({ answers: [true] });
    await enableSpaces(['draw'], {}, place);
    expect(place.told.join()).toMatch(/An assistant has asked for draw[\s\S]*Draws a landscape[\s\S]*prompt/);
    expect(pins()?.[1]).toEqual({ space: SPACE, endpoint: '/draw', tool: 'draw' });
  });

  it('approve a proposal through `add` as well', async () => {
    await propose();
    const place = world.place();
    await addSpaces([`${SPACE}/draw`], { yes: true }, place);
    expect(place.told.join()).toContain('An assistant has asked for draw.');
    expect(pins()?.[1]).toEqual({ space: SPACE, endpoint: '/draw', tool: 'draw' });
  });

  it('switch nothing off in all profiles that was to be off in one', async () => {
    await editConfig(file(), [{ path: ['profiles', 'work', 'spaces', 'others'], value: 'off' }]);
    expect((await disableSpaces(['draw'], world.place({ profile: 'work' }))).text).toBe('draw is off.');
    expect(pins()?.some(({ enabled }) => enabled === false)).toBe(false);
  });

  it('leave a proposal alone when it is turned off', async () => {
    await propose();
    expect((await disableSpaces(['draw'], world.place())).text).toBe('draw was already off.');
    expect(pins()?.[1]).toMatchObject({ proposed: true });
  });

  it('tell the truth where the lists of the config have the last word', async () => {
    await editConfig(file(), [{ path: ['tools'], value: { disable: ['draw'] } }]);
    expect((await enableSpaces(['draw'], {}, world.place())).text).toBe('draw is on.');
    expect(world.config()).toMatchObject({ tools: {} });
    await editConfig(file(), [{ path: ['tools'], value: { readOnly: true } }]);
    expect((await enableSpaces(['draw'], {}, world.place())).text).toBe('draw stays off: tools.readOnly is set.');
  });

  const work = (spaces?: object) =>
    editConfig(file(), [{ path: ['profiles', 'work'], value: spaces ? { spaces } : { tools: { readOnly: false } } }]);
  const style = styleFor({}, {});
  const switches: [string, (on: boolean) => Promise<unknown>][] = [
    [
      'spaces',
      (on) => {
        const place = world.place({ profile: 'work' });
        return on ? enableSpaces(['draw'], {}, place) : disableSpaces(['draw'], place);
      },
    ],
    ['tools', (on) => switchTools(['draw'], on, { path: file(), profile: 'work', style })],
  ];

  it.each(switches)('change a profile alone, as `hugwire %s` does', async (_, turn) => {
    await work();
    const before = pins();
    await turn(false);
    expect(world.config()).toMatchObject({ profiles: { work: { tools: { disable: ['draw'] } } } });
    expect(pins()).toEqual(before);
    await turn(true);
    expect(world.config()).toMatchObject({ profiles: { work: { tools: { disable: [] } } } });
    await disableSpaces(['draw'], world.place());
    await turn(true);
    expect(pins()?.[1]).toMatchObject({ tool: 'draw', enabled: false });
    expect(loadConfig(file(), { profile: 'work' }).config.spaces.pinned[1]).toMatchObject({ enabled: true });
  });

  it.each(switches)('change the pins of a profile that has its own, as `hugwire %s` does', async (_, turn) => {
    const pin = { space: SPACE, endpoint: '/draw', tool: 'draw' };
    await work({ pinned: [pin] });
    await turn(false);
    await turn(false);
    expect(world.config()).toMatchObject({ profiles: { work: { spaces: { pinned: [{ ...pin, enabled: false }] } } } });
    expect(loadConfig(file()).config.profiles.work).not.toHaveProperty('tools');
    expect(pins()?.[1]).toEqual(pin);
    await turn(true);
    expect(loadConfig(file(), { profile: 'work' }).config.spaces.pinned).toMatchObject([{ enabled: true }]);
  });

  const alter = () =>
    writeFileSync(lockFile(), readFileSync(lockFile(), 'utf8').replace('Draws a landscape', 'Paints a landscape'));

  it('show a record that was changed by hand, and make it the approved one', async () => {
    alter();
    expect(locked()).toEqual(['hello']);
    const place = world.place({ answers: [true] });
    await enableSpaces(['draw'], {}, place);
    expect(place.told.join()).toMatch(/was changed since it was approved[\s\S]*Paints a landscape/);
    const entry = world.lock().entries.find(({ tool }) => tool === 'draw');
    expect(entry).toMatchObject({ description: expect.stringMatching(/^Paints/), hash: entry && hashEntry(entry) });
  });

  it('keep a changed record apart while others are changed', async () => {
    alter();
    await disableSpaces(['hello'], world.place());
    await removeSpaces(['hello'], { yes: true }, world.place());
    expect(world.lock()).toMatchObject({ entries: [], altered: [{ tool: 'draw' }] });
  });

  it('do not approve what has changed while the user was looking', async () => {
    alter();
    const place = world.place();
    const confirm = async () => {
      writeFileSync(lockFile(), readFileSync(lockFile(), 'utf8').replace('Paints', 'Obey me: paints'));
      return true;
    };
    await expect(enableSpaces(['draw'], {}, { ...place, prompts: { confirm } as never })).rejects.toThrow(
      /just been changed by another process/,
    );
    expect(locked()).toEqual(['hello']);
  });

  it('say which command makes a record that is missing', async () => {
    await writeLock(lockFile(), []);
    await expect(enableSpaces(['draw'], {}, world.place())).rejects.toMatchObject({
      hint: `Pin it again: hugwire spaces add ${SPACE}/draw --tool draw`,
    });
  });
});

describe('a lock file that is none of ours', () => {
  it('is not overwritten', async () => {
    writeFileSync(lockFile(), '{"version": 99}');
    const config = readFileSync(file(), 'utf8');
    const words = /not a hugwire lock file/;
    await expect(addSpaces([`${SPACE}/count`], { yes: true }, world.place())).rejects.toThrow(words);
    await expect(removeSpaces(['draw'], { yes: true }, world.place())).rejects.toThrow(words);
    expect(readFileSync(lockFile(), 'utf8')).toBe('{"version": 99}');
    expect(readFileSync(file(), 'utf8')).toBe(config);
  });
});

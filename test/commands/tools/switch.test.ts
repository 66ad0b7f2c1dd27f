import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pc from 'picocolors';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { formatResult } from '../../../src/commands/terminal.js';
import { showTool } from '../../../src/commands/tools/info.js';
import { showTools } from '../../../src/commands/tools/list.js';
import { switchTools } from '../../../src/commands/tools/switch.js';
import { loadConfig } from '../../../src/config/load.js';
import { lockPath } from '../../../src/config/paths.js';
import { makeEntry, writeLock } from '../../../src/spaces/lock.js';

const style = pc.createColors(false);
let directory: string;
let path: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'hugwire-tools-'));
  path = join(directory, 'config.json');
});
afterEach(() => rmSync(directory, { recursive: true }));

const disable = (...names: string[]) => switchTools(names, false, { path, style });
const enable = (...names: string[]) => switchTools(names, true, { path, style });
const write = (config: object) => writeFileSync(path, JSON.stringify(config));
const read = () => JSON.parse(readFileSync(path, 'utf8'));
const list = () => showTools(loadConfig(path), { style }).text;

describe('hugwire tools disable and enable', () => {
  it('say what changed and what it saves, and leave no default in the file', async () => {
    const { text, hint } = await disable('hub_whoami');
    expect(text).toMatch(/^○ hub_whoami is off\n≈ \d+ → \d+ tokens in every conversation$/);
    expect(hint).toBe(`written to ${path}; connected clients follow`);
    expect(read().tools).toEqual({ disable: ['hub_whoami'] });
    await enable('hub_whoami');
    expect(read().tools).toEqual({});
    expect((await enable('hub_whoami')).text).toBe('  hub_whoami was already on');
  });

  it('switch a pinned Space at its pin', async () => {
    await disable('generate_image');
    expect(read().spaces.pinned).toMatchObject([{ tool: 'generate_image', enabled: false }]);
    expect((await disable('generate_image')).text).toBe('  generate_image was already off');
    expect(read().tools).toBeUndefined();
    expect(list()).toMatch(/○ generate_image +run +≈ \d+ +off: turned off/);
    await enable('generate_image');
    expect(loadConfig(path).config.spaces.pinned).toMatchObject([{ enabled: true }]);
  });

  it('switch on a pinned Space that is off twice', async () => {
    write({ tools: { disable: ['generate_image'] } });
    await disable('generate_image');
    await enable('generate_image');
    expect(list()).toMatch(/✓ generate_image/);
  });

  it('change a profile alone, where it is named', async () => {
    write({ profiles: { work: { tools: { readOnly: true } } }, tools: { disable: ['hub_read'] } });
    await switchTools(['hub_read'], true, { path, style, profile: 'work' });
    await switchTools(['generate_image'], false, { path, style, profile: 'work' });
    expect(read()).toEqual({
      tools: { disable: ['hub_read'] },
      profiles: { work: { tools: { readOnly: true, disable: ['generate_image'] } } },
    });
  });

  it('explain what stays off', async () => {
    write({ tools: { readOnly: true, disable: ['space_call'] } });
    expect((await enable('space_call')).text).toBe('  space_call stays off: tools.readOnly is set');
    expect(list()).toContain('to turn them on: hugwire config set tools.readOnly false');
  });

  it('leave what an assistant has proposed to the command that shows it', async () => {
    write({
      spaces: { pinned: [{ space: 'black-forest-labs/FLUX.1-schnell', tool: 'generate_image', proposed: true }] },
    });
    await expect(enable('generate_image')).rejects.toMatchObject({
      code: 'invalid_arguments',
      hint: expect.stringContaining('hugwire spaces enable generate_image'),
    });
  });

  it('refuse what is not there, and change nothing', async () => {
    await expect(disable('hub_read', 'hub_serach')).rejects.toMatchObject({ hint: 'Did you mean hub_search?' });
    expect(existsSync(path)).toBe(false);
  });
});

describe('hugwire tools list', () => {
  it('adds up what is on, in JSON too', async () => {
    const data = JSON.parse(formatResult(showTools(loadConfig(path), { style }), { json: true }));
    const on = data.tools.filter((tool: { on: boolean }) => tool.on);
    expect(data.tokens).toBe(on.reduce((sum: number, { tokens }: { tokens: number }) => sum + tokens, 0));
    expect(on.map(({ name }: { name: string }) => name)).toContain('generate_image');
    expect(list()).toContain(`≈ ${data.tokens.toLocaleString('en')} tokens`);
  });
});

it('tells of pinned Spaces that cannot be offered', () => {
  const pin = { space: 'a/b', tool: 'lost' };
  write({ spaces: { pinned: [pin, { ...pin, tool: 'other', enabled: false }] } });
  expect(list()).toContain('1 pinned Space cannot be offered; to see why: hugwire spaces list');
});

describe('hugwire tools info', () => {
  const info = (name: string, width?: number) => showTool(name, loadConfig(path), { style, width }).text;

  it('shows arguments, types and an example', () => {
    expect(info('hub_search')).toMatch(/^ {2}limit +integer 1–50 +default 10$/m);
    expect(info('hub_search')).toMatch(/hugwire call hub_search query=whisper$/);
    expect(info('space_info')).toMatch(/^ {2}space \(required\) +text/m);
    expect(info('hub_whoami')).toContain('It takes no arguments.');
  });

  it.each([80, 60])('fits into %i columns', (width) => {
    const wide = info('hub_search', width)
      .split('\n')
      .filter((line) => line.length > width);
    expect(wide).toEqual([]);
    expect(info('hub_search', width)).toContain('license:mit, language:fr');
  });

  it('puts no words of a Space into a line to copy that might do something in a shell', async () => {
    const schema = {
      type: 'object',
      required: ['a', 'b'],
      properties: {
        a: { type: 'string', enum: ['$(touch x)', 'y'] },
        b: { type: 'string', enum: ['fast', 'slow'] },
      },
    };
    await writeLock(lockPath(path), [
      makeEntry({ space: 'a/b', endpoint: '/run', shown: 'whole' }, { tool: 'run_it', schema }),
    ]);
    write({ spaces: { pinned: [{ space: 'a/b', endpoint: '/run', tool: 'run_it' }] } });
    expect(info('run_it')).toMatch(/hugwire call run_it a="…" b=fast$/);
  });

  it('names the nearest tool', () => {
    expect(() => info('hub_serach')).toThrow('There is no tool "hub_serach".');
  });
});

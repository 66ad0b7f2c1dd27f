import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type ConfigEdit, editConfig } from '../../src/config/edit.js';
import { loadConfig } from '../../src/config/load.js';
import { configSchema } from '../../src/config/schema.js';
import { canBeDenied, canLink, hasModes, pretendPlatform } from '../platform.js';

let directory: string;
let file: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'hugwire-edit-'));
  file = join(directory, 'config.json');
});
afterEach(() => {
  chmodSync(directory, 0o700);
  rmSync(directory, { recursive: true, force: true });
});

const write = (text: string) => writeFileSync(file, text);
const read = () => readFileSync(file, 'utf8');
const set = (path: ConfigEdit['path'], value?: unknown): ConfigEdit => ({ path, value });

const ofOthers = vi.hoisted(() => () => {});
/** Somebody else begins to handle a signal while the store's package is loaded. */
vi.mock('conf', async (importOriginal) => {
  const original = await importOriginal();
  process.on('SIGUSR2', ofOthers);
  return original as object;
});

/** First: what the store's package does when it is loaded, it does once. */
it('leaves signals to those who handle them', async () => {
  const count = () => (['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGUSR2'] as const).map((name) => process.listenerCount(name));
  const before = count();
  expect((await editConfig(file, [set(['hub', 'offline'], true)])).written).toBe(true);
  expect(process.listeners('SIGUSR2')).toContain(ofOthers);
  process.off('SIGUSR2', ofOthers);
  expect(count()).toEqual(before);
});

describe('a file that is not there', () => {
  it('is made, with its schema beside it for editors without a network', async () => {
    file = join(directory, 'deep', 'config.json');
    const { written, config, before } = await editConfig(file, [set(['hub', 'timeoutSeconds'], 20)]);
    expect({ written, before, seconds: config.hub.timeoutSeconds }).toEqual({
      written: true,
      before: configSchema.parse({}),
      seconds: 20,
    });
    expect(JSON.parse(read())).toEqual({ $schema: './config.schema.json', hub: { timeoutSeconds: 20 } });
    expect(loadConfig(file).config.hub.timeoutSeconds).toBe(20);
    const schema = JSON.parse(readFileSync(join(directory, 'deep', 'config.schema.json'), 'utf8'));
    expect(schema.properties.hub.properties.timeoutSeconds).toMatchObject({ minimum: 1, maximum: 120 });
  });

  it('is not made for nothing', async () => {
    expect((await editConfig(file, [set(['hub', 'offline'])])).written).toBe(false);
    expect((await editConfig(file, () => [])).written).toBe(false);
    expect(readdirSync(directory)).toEqual([]);
  });
});

describe('a file that is there', () => {
  it('keeps its layout, its order and what it says besides', async () => {
    write('{\r\n\t"sessions": { "record":false },\r\n\t"hub": {\r\n\t\t"offline": true\r\n\t}\r\n}');
    await editConfig(file, [set(['hub', 'timeoutSeconds'], 20), set(['sessions', 'record'], true)]);
    expect(read()).toBe(
      '{\r\n\t"sessions": { "record":true },\r\n\t"hub": {\r\n\t\t"offline": true,\r\n\t\t"timeoutSeconds": 20\r\n\t}\r\n}',
    );
    expect(readdirSync(directory)).toEqual(['config.json']);
  });

  it('keeps its byte order mark', async () => {
    write('\uFEFF{}');
    await editConfig(file, [set(['hub', 'offline'], true)]);
    expect(read()).toMatch(/^\uFEFF\{/);
    expect(loadConfig(file).config.hub.offline).toBe(true);
  });

  it('loses a key that is unset', async () => {
    write('{"hub":{"offline":true,"timeoutSeconds":20}}');
    const { config } = await editConfig(file, [set(['hub', 'offline'])]);
    expect(JSON.parse(read())).toEqual({ hub: { timeoutSeconds: 20 } });
    expect(config.hub.offline).toBe(false);
  });

  it('is left alone when it says so already', async () => {
    write('{"hub":{"offline":true}}');
    expect((await editConfig(file, [set(['hub', 'offline'], true)])).written).toBe(false);
  });

  it.runIf(hasModes).each([0o600, 0o640])('keeps its permissions: %o', async (mode) => {
    write('{}');
    chmodSync(file, mode);
    await editConfig(file, [set(['hub', 'offline'], true)]);
    expect(statSync(file).mode & 0o777).toBe(mode);
  });

  it('may have keys with dots in them', async () => {
    write('{"limits":{"owner/space.v2":{"atOnce":1}}}');
    await editConfig(file, [set(['limits', 'owner/space.v2', 'atOnce'], 2), set(['limits', 'a.b\\c'], { atOnce: 3 })]);
    expect(JSON.parse(read())).toEqual({ limits: { 'owner/space.v2': { atOnce: 2 }, 'a.b\\c': { atOnce: 3 } } });
  });

  it('may be UTF-16, as PowerShell 5 writes it, and is UTF-8 afterwards', async () => {
    writeFileSync(file, Buffer.from('\uFEFF{\r\n "hub": {}\r\n}\r\n', 'utf16le'));
    await editConfig(file, [set(['hub', 'offline'], true)]);
    const text = readFileSync(file, 'utf8').replace('\uFEFF', '');
    expect(JSON.parse(text)).toEqual({ hub: { offline: true } });
    expect(text).toMatch(/^\{\r\n/);
  });

  it('is waited for while Windows has it open elsewhere', async () => {
    write('{}');
    pretendPlatform('win32');
    const refuse = () => {
      throw Object.assign(new Error('EBUSY'), { code: 'EBUSY', syscall: 'rename' });
    };
    const { default: Conf } = await import('conf');
    // Longer than conf itself waits.
    const { set: store } = Object.getOwnPropertyDescriptor(Conf.prototype, 'store') as { set(values: object): void };
    const setter = vi.spyOn(Conf.prototype, 'store', 'set').mockImplementationOnce(refuse);
    setter.mockImplementationOnce(refuse).mockImplementation(function (this: object, values: object) {
      store.call(this, values);
    });
    await editConfig(file, [set(['hub', 'offline'], true)]);
    expect(JSON.parse(read()).hub).toEqual({ offline: true });
  });

  it.runIf(canLink)('may be a link, which stays one', async () => {
    const real = join(directory, 'real.json');
    writeFileSync(real, '{}');
    symlinkSync(real, file);
    await editConfig(file, [set(['hub', 'offline'], true)]);
    expect(JSON.parse(readFileSync(real, 'utf8')).hub).toEqual({ offline: true });
  });

  it('can be put right by removing what is wrong', async () => {
    write('{"hub":{"ofline":true}}');
    await expect(editConfig(file, [set(['cache', 'enabled'], false)])).rejects.toThrow('unknown key "hub.ofline"');
    await editConfig(file, [set(['hub', 'ofline'])]);
    expect(JSON.parse(read())).toEqual({ hub: {} });
  });
});

describe('lists', () => {
  const pin = { space: 'a/b', tool: 'ab' };

  it('are changed, shortened and added to by position', async () => {
    write(JSON.stringify({ spaces: { pinned: [pin, { ...pin, tool: 'cd' }] } }));
    await editConfig(file, [
      set(['spaces', 'pinned', 1, 'enabled'], false),
      set(['spaces', 'pinned', 2], { ...pin, tool: 'ef' }),
      set(['spaces', 'pinned', 0]),
    ]);
    expect(JSON.parse(read()).spaces.pinned).toEqual([
      { ...pin, tool: 'cd', enabled: false },
      { ...pin, tool: 'ef' },
    ]);
  });

  it('that the file does not have begin with what is in force', async () => {
    await editConfig(file, [set(['spaces', 'pinned', 1], pin)]);
    expect(loadConfig(file).config.spaces.pinned.map(({ tool }) => tool)).toEqual(['generate_image', 'ab']);
  });

  it('have no place beyond the one after the last', async () => {
    await expect(editConfig(file, [set(['spaces', 'pinned', 2], pin)])).rejects.toThrow(
      '"spaces.pinned.2" is not a key of the config: the list has 1.',
    );
  });
});

it('gives a function what the file says and what is in force', async () => {
  write('{"tools":{"disable":["hub_read"]}}');
  await editConfig(file, (raw, config) => {
    expect(raw).toEqual({ tools: { disable: ['hub_read'] } });
    return [set(['tools', 'disable'], [...config.tools.disable, 'hub_repo'])];
  });
  expect(JSON.parse(read()).tools.disable).toEqual(['hub_read', 'hub_repo']);
});

it('loses nothing when many edit at once', async () => {
  const names = Array.from({ length: 8 }, (_, at) => `tool_${at}`);
  await Promise.all(
    names.map((name) =>
      editConfig(file, (_, { tools }) => [set(['tools', 'disable'], [...tools.disable, name].sort())]),
    ),
  );
  expect(JSON.parse(read()).tools.disable).toEqual(names);
});

describe('a profile', () => {
  beforeEach(() => write('{"tools":{"disable":["hub_read"]},"profiles":{"work":{"hub":{"offline":true}}}}'));

  it('is edited in its own section', async () => {
    const edit = editConfig(
      file,
      (raw, { tools, hub }) => {
        expect({ raw, offline: hub.offline }).toEqual({ raw: { hub: { offline: true } }, offline: true });
        return [set(['tools', 'disable'], [...tools.disable, 'hub_repo'])];
      },
      { profile: 'work' },
    );
    expect((await edit).config.tools.disable).toEqual(['hub_read', 'hub_repo']);
    expect(JSON.parse(read())).toEqual({
      tools: { disable: ['hub_read'] },
      profiles: { work: { hub: { offline: true }, tools: { disable: ['hub_read', 'hub_repo'] } } },
    });
  });

  it('takes a list of the file over before it changes it', async () => {
    await editConfig(file, [set(['spaces', 'pinned', 0, 'enabled'], false)], { profile: 'work' });
    const { config } = loadConfig(file, { profile: 'work' });
    expect(config.spaces.pinned).toMatchObject([{ tool: 'generate_image', enabled: false }]);
    expect(loadConfig(file).config.spaces.pinned).toMatchObject([{ enabled: true }]);
  });

  it('must be there', async () => {
    await expect(editConfig(file, [set(['hub', 'offline'], true)], { profile: 'wrok' })).rejects.toMatchObject({
      code: 'invalid_arguments',
      message: 'There is no profile "wrok" in the config.',
      hint: 'There are: work.',
    });
  });
});

describe('what is refused leaves the file as it was', () => {
  it.each([
    ['a broken file', '{"hub":{', set(['hub', 'offline'], true), /is not valid JSON: line 1, column 9/],
    ['a file with a comment', '// mine\n{}', set(['hub', 'offline'], true), /JSON has no comments/],
    ['an empty file', '', set(['hub', 'offline'], true), /it is empty/],
    ['a file that is a list', '[]', set(['hub', 'offline'], true), /the file is \[\]; expected object/],
    ['a value that is not allowed', '{}', set(['spaces', 'others'], 'x'), /allowed: "allow", "pinned-only", "off"/],
    ['a key that is not there', '{}', set(['hub', 'ofline'], true), /unknown key "hub\.ofline"/],
    ['half a token source', '{}', set(['token', 'source'], 'file'), /"token\.path" is missing; source "file" needs it/],
    [
      'a profile that is wrong with the rest',
      '{}',
      set(['profiles', 'work', 'token', 'source'], 'command'),
      /"profiles\.work\.token\.command" is missing; source "command" needs it/,
    ],
    ['a key below a text', '{"hub":"x"}', set(['hub', 'offline'], true), /"hub" is a string, where keys/],
  ])('%s', async (_title, text, edit, message) => {
    write(text);
    await expect(editConfig(file, [edit])).rejects.toThrow(message);
    expect(read()).toBe(text);
    expect(readdirSync(directory)).toEqual(['config.json']);
  });

  const token = `hf_${'Ab1'.repeat(11)}`;
  it.each([
    [['token', 'name'], token],
    [['token', 'path'], 'hf_shorterOne'],
    [['spaces', 'pinned', 0, 'space'], `a/${token}`],
    [['tools', 'disable'], [token]],
    [['limits', token], { perMinute: 1 }],
    [['token'], { source: 'command', command: `echo ${token}` }],
  ])('a token at %j, which no error repeats', async (path, value) => {
    const refused = await editConfig(file, [set(path, value)]).catch((error) => error);
    expect(refused).toMatchObject({
      code: 'invalid_arguments',
      message: expect.stringContaining('looks like a token'),
    });
    expect(`${refused.message} ${refused.hint}`).not.toMatch(/hf_\w{6}/);
    expect(readdirSync(directory)).toEqual([]);
  });

  it.runIf(canBeDenied)('a directory that cannot be written', async () => {
    write('{}');
    chmodSync(directory, 0o500);
    await expect(editConfig(file, [set(['hub', 'offline'], true)])).rejects.toMatchObject({ code: 'unavailable' });
    expect(read()).toBe('{}');
  });

  it('a path that leads through a file', async () => {
    write('{}');
    await expect(editConfig(join(file, 'config.json'), [set(['hub', 'offline'], true)])).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining('a part of its path is a file'),
    });
  });

  it('a path that is a directory', async () => {
    mkdirSync(file);
    await expect(editConfig(file, [set(['hub', 'offline'], true)])).rejects.toMatchObject({ code: 'unavailable' });
  });
});

it('may hold what only looks a little like a token', async () => {
  await editConfig(file, [
    set(['spaces', 'pinned', 1], { space: 'abidlabs/hf_transformers_demo', tool: 'hf_demo_tool' }),
  ]);
  expect(loadConfig(file).config.spaces.pinned[1]?.tool).toBe('hf_demo_tool');
});

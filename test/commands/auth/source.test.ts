import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runSource, type SourceOptions } from '../../../src/commands/auth/source.js';
import { formatResult } from '../../../src/commands/terminal.js';
import { loadConfig } from '../../../src/config/load.js';
import { errorOf } from '../../hub/client.js';
import { type Home, makeTokenHome } from './world.js';

const SECRET = 'hf_source_secret_0123456789';
let home: Home;
let file: string;
beforeEach(() => {
  home = makeTokenHome();
  file = join(home.home, 'hugwire', 'config.json');
});
afterEach(() => home.remove());

const run = (options: SourceOptions, env: NodeJS.ProcessEnv = {}) =>
  runSource(options, {
    env: { ...home.env, ...env },
    paths: home.paths,
    configPath: file,
    load: () => loadConfig(file).config,
  });
const written = () => JSON.parse(readFileSync(file, 'utf8')).token;

it('tells the source and what it gives, and writes nothing', async () => {
  expect(await run({})).toEqual({
    text: 'token.source is "auto"\nNo token: none.',
    data: expect.anything(),
    exitCode: 0,
  });
  expect(await run({}, { HF_TOKEN: SECRET })).toEqual({
    text: 'token.source is "auto"\nA token comes from env HF_TOKEN.',
    data: expect.anything(),
    exitCode: 0,
  });
  expect(existsSync(file)).toBe(false);
});

describe('sets', () => {
  it('a variable, and looks there at once', async () => {
    const { text, exitCode } = await run({ source: 'env', detail: 'MINE' }, { MINE: SECRET });
    expect({ text, exitCode }).toEqual({
      text: 'Set: token.source is "env" (MINE)\nA token comes from env MINE.',
      exitCode: 0,
    });
    expect(written()).toEqual({ source: 'env', name: 'MINE' });
  });

  it('the usual variable without its name', async () => {
    expect((await run({ source: 'env' }, { HF_TOKEN: SECRET })).text).toContain('"env" (HF_TOKEN)');
    expect(written()).toEqual({ source: 'env' });
  });

  it('a file, by its whole path', async () => {
    home.put(join(home.home, 'secret'), SECRET);
    expect((await run({ source: 'file', detail: join(home.home, 'secret') })).exitCode).toBe(0);
    await run({ source: 'file', detail: 'relative' });
    expect(written().path).toBe(resolve('relative'));
    await run({ source: 'file', detail: '~/secret' });
    expect(written().path).toBe('~/secret');
  });

  it('a command', async () => {
    const command = `"${process.execPath}" -p "'hf_source' + '_secret_0123456789'"`;
    const { text } = await run({ source: 'command', detail: command });
    expect(text).toContain('A token comes from command.');
    expect(text).not.toContain(SECRET);
  });

  it('and leaves nothing of the source before', async () => {
    await run({ source: 'env', detail: 'MINE' });
    await run({ source: 'none' });
    expect(written()).toEqual({ source: 'none' });
    expect((await run({ source: 'none' })).text).toContain('Already set');
  });

  it('what gives no token now, and fails so that a script notices', async () => {
    expect((await run({ source: 'env', detail: 'NOT_SET' })).exitCode).toBe(1);
    expect(written()).toEqual({ source: 'env', name: 'NOT_SET' });
    expect((await run({ source: 'auto' })).exitCode).toBe(0);
    expect((await run({ source: 'none' })).exitCode).toBe(0);
  });
});

describe('refuses', () => {
  it.each<[string, SourceOptions, string]>([
    ['a source that is none', { source: 'evn' }, '"evn" is not a source'],
    ['a file without its path', { source: 'file' }, 'needs a path'],
    ['a command that is not there', { source: 'command' }, 'needs a command'],
    ['what belongs nowhere', { source: 'auto', detail: 'x' }, 'takes no detail'],
    ['a token for a name', { source: 'env', detail: SECRET }, 'looks like a token'],
    ['a token for a path', { source: 'file', detail: SECRET }, 'looks like a token'],
    ['a token in a command', { source: 'command', detail: `echo ${SECRET}` }, 'looks like a token'],
    ['a token for a source', { source: SECRET }, 'looks like a token'],
  ])('%s, and writes nothing', async (_name, options, message) => {
    const error = await errorOf(run(options));
    expect(error).toMatchObject({ code: 'invalid_arguments', message: expect.stringContaining(message) });
    expect(`${error.message} ${error.hint}`).not.toContain(SECRET);
    expect(existsSync(file)).toBe(false);
  });
});

it('prints JSON without the value', async () => {
  const result = await run({ source: 'env', detail: 'MINE' }, { MINE: SECRET });
  expect(JSON.parse(formatResult(result, { json: true }))).toEqual({
    source: 'env',
    name: 'MINE',
    found: 'env MINE',
    given: true,
  });
});

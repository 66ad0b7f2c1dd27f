import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { resolvePaths } from '../../src/config/paths.js';
import type { Config } from '../../src/config/schema.js';
import { createTokenReader, tokenFiles } from '../../src/config/token.js';

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'hugwire-token-'));
  // `os.homedir()` reads it, on every platform one of the two.
  vi.stubEnv('HOME', home);
  vi.stubEnv('USERPROFILE', home);
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllEnvs();
  rmSync(home, { recursive: true, force: true });
});

function put(path: string, text: string | Buffer): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

const read = (token: Config['token'], env: NodeJS.ProcessEnv = {}) => {
  const world = { HUGWIRE_HOME: join(home, 'hugwire'), ...env };
  return createTokenReader(token, world, resolvePaths(world));
};
const find = (env: NodeJS.ProcessEnv = {}) => read({ source: 'auto' }, env)();

describe('where the token is looked for by itself', () => {
  const places: [name: string, set: (env: NodeJS.ProcessEnv) => void, source: RegExp][] = [
    ['HF_TOKEN', (env) => Object.assign(env, { HF_TOKEN: 'hf_1' }), /^env HF_TOKEN$/],
    [
      'HUGGING_FACE_HUB_TOKEN',
      (env) => Object.assign(env, { HUGGING_FACE_HUB_TOKEN: 'hf_2' }),
      /^env HUGGING_FACE_HUB_TOKEN$/,
    ],
    [
      'HF_TOKEN_PATH',
      (env) => {
        env.HF_TOKEN_PATH = join(home, 'told');
        put(join(home, 'told'), 'hf_3');
      },
      /^file ~.told$/,
    ],
    [
      'HF_HOME',
      (env) => {
        env.HF_HOME = join(home, 'hf');
        put(join(home, 'hf', 'token'), 'hf_4');
      },
      /^file ~.hf.token$/,
    ],
    [
      'XDG_CACHE_HOME',
      (env) => {
        env.XDG_CACHE_HOME = join(home, 'xdg');
        put(join(home, 'xdg', 'huggingface', 'token'), 'hf_5');
      },
      /^file ~.xdg.huggingface.token$/,
    ],
    [
      'the home directory',
      () => put(join(home, '.cache', 'huggingface', 'token'), 'hf_6'),
      /^file ~.\.cache.huggingface.token$/,
    ],
    ["hugwire's own file", () => put(join(home, 'hugwire', 'state', 'token'), 'hf_7'), /^file ~.hugwire.state.token$/],
  ];

  it.each(places.map(([name], index) => [name, index] as const))(
    '%s wins over all that come after it',
    async (_name, from) => {
      const env: NodeJS.ProcessEnv = {};
      for (const [, set] of places.slice(from)) set(env);
      const { value, source } = await find(env);
      expect(value).toBe(`hf_${from + 1}`);
      expect(source).toMatch(places[from]?.[2] ?? /^$/);
    },
  );

  it('nowhere is told as such', async () => expect(await find()).toEqual({ source: 'none' }));

  it('is nowhere when HF_HUB_DISABLE_IMPLICIT_TOKEN says so', async () => {
    const env = { HF_TOKEN: 'hf_1' };
    for (const yes of ['1', 'true', 'YES', 'on']) {
      expect(await find({ ...env, HF_HUB_DISABLE_IMPLICIT_TOKEN: yes })).toEqual({
        source: 'none (HF_HUB_DISABLE_IMPLICIT_TOKEN is set)',
      });
    }
    for (const no of ['', '0', 'false'])
      expect((await find({ ...env, HF_HUB_DISABLE_IMPLICIT_TOKEN: no })).value).toBe('hf_1');
  });

  it('expands ~ and variables, as Python does', () => {
    const env = { HF_HOME: '~/hf', HF_TOKEN_PATH: '$MY/token', XDG_CACHE_HOME: '\u0024{MY}/cache', MY: '/my' };
    const files = tokenFiles(env, resolvePaths({ HUGWIRE_HOME: '/hw' }));
    expect(files).toEqual([
      join('/my/token'),
      join(homedir(), 'hf', 'token'),
      join('/my/cache', 'huggingface', 'token'),
      join(homedir(), '.cache', 'huggingface', 'token'),
      resolve('/hw', 'state', 'token'),
    ]);
  });

  it('passes over empty variables, empty files and directories', async () => {
    mkdirSync(join(home, 'hf', 'token'), { recursive: true });
    put(join(home, '.cache', 'huggingface', 'token'), ' \n');
    put(join(home, 'hugwire', 'state', 'token'), 'hf_own');
    expect((await find({ HF_TOKEN: ' ', HF_HOME: join(home, 'hf'), HF_TOKEN_PATH: join(home, 'none') })).value).toBe(
      'hf_own',
    );
  });

  it('is looked up anew each time', async () => {
    const path = join(home, '.cache', 'huggingface', 'token');
    const reader = read({ source: 'auto' });
    expect((await reader()).value).toBeUndefined();
    put(path, 'hf_first');
    expect((await reader()).value).toBe('hf_first');
    put(path, 'hf_second');
    expect((await reader()).value).toBe('hf_second');
    rmSync(path);
    expect(await reader()).toEqual({ source: 'none' });
  });
});

describe('what is read', () => {
  it.each([
    ['a line feed', 'hf_abc\n'],
    ['Windows line ends', 'hf_abc\r\n'],
    ['blanks around it', '  hf_abc\t'],
    ['a byte order mark', '\uFEFFhf_abc'],
  ])('may have %s', async (_title, text) => {
    put(join(home, '.cache', 'huggingface', 'token'), text);
    expect((await find()).value).toBe('hf_abc');
    expect((await find({ HF_TOKEN: text })).value).toBe('hf_abc');
  });

  it.each<[string, Buffer, string | undefined]>([
    ['UTF-16, as PowerShell 5 writes it', Buffer.from('\uFEFFhf_abc\r\n', 'utf16le'), 'hf_abc'],
    ['neither that nor UTF-8', Buffer.from('hf_\xe9', 'latin1'), undefined],
  ])('from a file may be %s', async (_title, bytes, value) => {
    put(join(home, '.cache', 'huggingface', 'token'), bytes);
    const found = await find();
    expect(found.value).toBe(value);
    if (value === undefined) expect(found.source).toMatch(/holds no valid token/);
  });

  it.each([
    ['an invisible character', 'hf_\u200babc'],
    ['a letter that no header carries', 'hf_abć'],
    ['a blank inside', 'hf_abc def'],
    ['UTF-16', Buffer.from('hf_abc', 'utf16le').toString('latin1')],
    ['no end', 'x'.repeat(5000)],
  ])('with %s is no token, and says where it came from', async (_title, text) => {
    expect(await find({ HF_TOKEN: text })).toMatchObject({ source: 'none (env HF_TOKEN holds no valid token)' });
  });
});

describe('what is put around a token', () => {
  it.each([
    '"hf_abc"',
    "'hf_abc'",
    '\u201chf_abc\u201d',
    '`hf_abc`',
    'Bearer hf_abc',
    'bearer  hf_abc',
    'Authorization: Bearer hf_abc',
    'HF_TOKEN=hf_abc',
    'export HF_TOKEN="hf_abc"',
    '\uFEFF"Bearer hf_abc"\r\n',
  ])('%j is taken off', async (text) => {
    expect(await find({ HF_TOKEN: text })).toEqual({ value: 'hf_abc', source: 'env HF_TOKEN' });
  });

  it.each(['""', "''", 'Bearer ', ' \n'])('%j leaves nothing, and the next place is asked', async (text) => {
    expect(await find({ HF_TOKEN: text, HUGGING_FACE_HUB_TOKEN: 'hf_abc' })).toMatchObject({ value: 'hf_abc' });
  });
});

describe('a placeholder', () => {
  it.each([
    `\${HF_TOKEN}`,
    `\${env:HF_TOKEN}`,
    `\${input:hf}`,
    '%HF_TOKEN%',
    '$HF_TOKEN',
    '$env:HF_TOKEN',
    '$(cat token)',
    '!HF_TOKEN!',
    '{{ HF_TOKEN }}',
    '@{HF_TOKEN}',
    '__HF_TOKEN__',
    'HF_TOKEN',
    'secrets.HF_TOKEN',
    '<your token>',
    '[YOUR_TOKEN]',
    'your_token_here',
    'YOUR_HF_TOKEN',
    'YOUR-TOKEN',
    'my-hf-token',
    'hf_your_token',
    'hf_YourTokenHere',
    'insert_token_here',
    'enter your token',
    'hf_...',
    'hf_abc\u2026',
    'hf_xxx',
    'hf_XXXXXXXXXXXXXXXX',
    'hf_********',
    'hf_',
    'xxxxx',
    '-',
    'None',
    'null',
    'undefined',
    'changeme',
    'TODO',
    `"\${HF_TOKEN}"`,
    `Bearer \${HF_TOKEN}`,
  ])('%j is not sent, and its place is named', async (text) => {
    expect(await find({ HF_TOKEN: text, HUGGING_FACE_HUB_TOKEN: 'hf_abc' })).toEqual({
      source: 'none (env HF_TOKEN holds a placeholder, not a token)',
      unusable: 'env HF_TOKEN holds a placeholder, not a token',
    });
  });

  it('is told from tokens of every sort, made of whatever letters', async () => {
    const tokens = [
      'hf_YouraBcDeFgHiJkLmNoPqRsTuVwXyZabcd',
      'hf_TOKENxyzabcdefghijklmnopqrstuv',
      'hf_oauth_eyJhbGciOiJ.eyJzdWIi.c2ln',
      'hf_jwt_eyJhbGciOiJ.eyJzdWIi.c2ln',
      'api_org_aBcDeFgHiJkL',
      'eyJhbGciOiJ.eyJzdWIi.c2ln',
      'proxy-key-8c1f',
    ];
    for (const value of tokens) expect(await find({ HF_TOKEN: value })).toEqual({ value, source: 'env HF_TOKEN' });
  });
});

describe('the other sources', () => {
  it('none', async () => {
    expect(await read({ source: 'none' }, { HF_TOKEN: 'hf_x' })()).toEqual({ source: 'none (token.source is "none")' });
  });

  it('env, by its name', async () => {
    const env = { MY_TOKEN: 'hf_mine', HF_TOKEN: 'hf_other' };
    expect(await read({ source: 'env', name: 'MY_TOKEN' }, env)()).toEqual({
      value: 'hf_mine',
      source: 'env MY_TOKEN',
    });
    expect(await read({ source: 'env' }, env)()).toEqual({ value: 'hf_other', source: 'env HF_TOKEN' });
    expect(await read({ source: 'env', name: 'NOT_SET' }, env)()).toEqual({ source: 'none (NOT_SET is not set)' });
  });

  it('env, where somebody wrote the token for its name', async () => {
    expect((await read({ source: 'env', name: 'hf_abcdefghijkl' })()).source).toBe('none ([token] is not set)');
  });

  it('file, with ~', async () => {
    put(join(home, 'secret'), 'hf_file\n');
    expect(await read({ source: 'file', path: '~/secret' })()).toEqual({
      value: 'hf_file',
      source: `file ${join('~', 'secret')}`,
    });
    expect((await read({ source: 'file', path: '~/none' })()).source).toBe(`none (no token in ${join('~', 'none')})`);
  });

  it('names a file outside the home directory in full, even beside it', async () => {
    expect((await read({ source: 'file', path: `${home}-other/token` })()).source).toBe(
      `none (no token in ${home}-other/token)`,
    );
  });
});

describe('a command', () => {
  const node = (script: string) => `"${process.execPath}" -e "${script}"`;
  const count = () => join(home, 'count');
  const counting = (script: string) => node(`require('fs').appendFileSync(process.env.COUNT, 'x'); ${script}`);
  const open = (command: string) => read({ source: 'command', command }, { ...process.env, COUNT: count() });
  const runs = async () => (await import('node:fs')).readFileSync(count(), 'utf8').length;

  it('gives its first line', async () => {
    expect(await open(node("console.log('hf_printed'); console.log('login: me')"))()).toEqual({
      value: 'hf_printed',
      source: 'command',
    });
  });

  it('is run once for many calls', async () => {
    const reader = open(counting("console.log('hf_once')"));
    const found = await Promise.all([reader(), reader(), reader()]);
    expect(found.map(({ value }) => value)).toEqual(['hf_once', 'hf_once', 'hf_once']);
    await reader('some other token');
    expect(await runs()).toBe(1);
  });

  it('is run again when the Hub has turned its token down', async () => {
    const reader = open(counting("console.log('hf_' + require('fs').statSync(process.env.COUNT).size)"));
    expect((await reader()).value).toBe('hf_1');
    expect((await reader('hf_1')).value).toBe('hf_2');
    expect((await reader()).value).toBe('hf_2');
  });

  it('is run again after ten minutes, and sooner after a failure', async () => {
    const reader = open(counting("console.log('hf_timed')"));
    const failing = open(counting('process.exit(1)'));
    await reader();
    await failing();
    vi.useFakeTimers({ toFake: ['Date'] });
    vi.setSystemTime(Date.now() + 60_000);
    await reader();
    expect(await runs()).toBe(2);
    await failing();
    expect(await runs()).toBe(3);
    vi.setSystemTime(Date.now() + 600_000);
    await reader();
    expect(await runs()).toBe(4);
  });

  it.each([
    [
      'fails',
      "console.error('secret-words'); console.log('secret-words'); process.exit(3)",
      'none (token.command failed)',
    ],
    ['prints nothing', '0', 'none (token.command printed nothing)'],
    ['prints a sentence', "console.log('please log in')", 'none (command holds no valid token)'],
  ])('that %s gives none, and no word of what it printed', async (_title, script, source) => {
    expect(await open(node(script))()).toMatchObject({ source });
  });

  it('that is not there gives none', async () => {
    expect(await open('hugwire-no-such-command --x')()).toMatchObject({ source: 'none (token.command failed)' });
  });

  it('that asks a question gets no answer and does not hang', async () => {
    const script = "process.stdin.resume().on('end', () => console.log('hf_after_end'))";
    expect((await open(node(script))()).value).toBe('hf_after_end');
  });
});

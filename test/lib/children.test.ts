import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { ToolServers } from '../../src/assistants/servers.js';
import { testServer } from '../../src/commands/doctor/self-test.js';
import { openEditor } from '../../src/commands/editor.js';
import { openInstallContext } from '../../src/commands/install/command.js';
import { openBrowser } from '../../src/commands/terminal.js';
import { resolvePaths } from '../../src/config/paths.js';
import { createTokenReader } from '../../src/config/token.js';
import { cleanEnvironment, runProgramSync, runShell, startCommand, startProgram } from '../../src/lib/children.js';
import { withSystemLock } from '../../src/lib/system-locks.js';
import { AppLogins } from '../../src/spaces/logins.js';
import type { SpaceSite } from '../../src/spaces/types.js';
import { runTour } from '../../src/world/tour.js';
import { runsScripts } from '../platform.js';

const TOKEN = 'hf_abcdefghijklmnopqrstuvwxyz012345';
const SECRETS = {
  HF_TOKEN: 'not-even-like-a-token',
  HF_TOKEN_WORK: 'eighth-secret',
  hf_token: 'lower-case-secret',
  HUGGING_FACE_HUB_TOKEN: 'second-secret',
  HUGGINGFACEHUB_API_TOKEN: 'third-secret',
  HUGGINGFACE_API_KEY: 'fourth-secret',
  HF_API_KEY: 'fifth-secret',
  HF_OAUTH_CLIENT_SECRET: 'sixth-secret',
  HUGGINGFACE_TOKEN: 'seventh-secret',
  HUGWIRE_STATE: 'redis://:ninth-secret@127.0.0.1:6379',
  MY_OWN: TOKEN,
  NETRC_LINE: `machine huggingface.co password ${TOKEN}`,
};
const KEPT = {
  HF_HOME: '/hf',
  HF_TOKEN_PATH: '/hf/token',
  HF_ENDPOINT: 'http://127.0.0.1:2',
  OP_SESSION_TOKEN: 'op',
  EDITOR: 'vi',
};

let folder: string;
let dump: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'hugwire-children-'));
  dump = join(folder, 'env.json');
  // One program under every name: it writes down what it was given.
  const script = `#!${process.execPath}\nconst { writeFileSync, renameSync } = require('node:fs');
writeFileSync(${JSON.stringify(`${dump}.new`)}, JSON.stringify(process.env));
renameSync(${JSON.stringify(`${dump}.new`)}, ${JSON.stringify(dump)});`;
  for (const name of ['probe', 'xdg-open', 'npm', 'flock']) {
    writeFileSync(join(folder, name), script);
    chmodSync(join(folder, name), 0o755);
  }
});
afterEach(() => {
  rmSync(dump, { force: true });
  vi.unstubAllEnvs();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const environment = () => ({ PATH: `${folder}:${process.env.PATH}`, ...KEPT, ...SECRETS });

/** Every way in which hugwire starts another program. */
const STARTS: Record<string, (env: NodeJS.ProcessEnv, probe: string) => unknown> = {
  startProgram: (env, probe) => startProgram(probe, [], { env }),
  startCommand: (env, probe) => startCommand(probe, [], { env }),
  runProgramSync: (env, probe) => runProgramSync(probe, [], { env }),
  runShell: (env, probe) => runShell(probe, { env, timeout: 20_000 }),
  'the browser': (env) => {
    for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
    return openBrowser('http://127.0.0.1:2/', 'linux');
  },
  'the editor': (env, probe) => openEditor(probe, join(folder, 'note.md'), env),
  'token.command': (env, probe) =>
    createTokenReader({ source: 'command', command: probe }, env, resolvePaths({ HUGWIRE_HOME: folder }))(),
  'spaces.logins': (env, command) => {
    const base = 'http://127.0.0.1:2';
    const site = { id: base, base, origin: base, private: false } as SpaceSite;
    const path = join(folder, 'logins.json');
    const logins = new AppLogins({ listed: () => [{ space: base, username: 'ada', command }], path, env });
    return expect(logins.fromCommand(site)).rejects.toMatchObject({ code: 'unavailable' });
  },
  'npm of hugwire install': (env) => {
    expect(() => openInstallContext({ env } as never, {}).installGlobally()).toThrow('npm could not');
  },
  'the server that doctor tries': (env, probe) => testServer({ command: probe, args: [] }, env),
  'the server of the demo': (env, probe) =>
    runTour({
      command: probe,
      args: [],
      env,
      file: join(folder, 'probe'),
      print: () => {},
      cutNetwork: async () => {},
    } as never).catch(() => {}),
  ...(process.platform === 'linux' && {
    'the lock of a download': (env: NodeJS.ProcessEnv) => {
      for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
      const { signal } = new AbortController();
      return withSystemLock(join(folder, 'download.lock'), async () => {}, { signal });
    },
  }),
};

/** What a program was given. */
async function readDump(): Promise<Record<string, string>> {
  await expect.poll(() => existsSync(dump), { timeout: 20_000 }).toBe(true);
  return JSON.parse(readFileSync(dump, 'utf8'));
}
const secretsIn = (got: object) => Object.values(SECRETS).filter((secret) => JSON.stringify(got).includes(secret));

describe.runIf(runsScripts)('a program that hugwire starts', () => {
  it.each(Object.entries(STARTS))('%s gets no token, and everything else', async (_, start) => {
    await start(environment(), join(folder, 'probe'));
    const got = await readDump();
    expect(got).toMatchObject(KEPT);
    expect(secretsIn(got)).toEqual([]);
  });

  it('the server of an assistant gets no token, and only what its definition gives it', async () => {
    const servers = new ToolServers(environment(), () => {});
    const launch = { type: 'stdio' as const, command: join(folder, 'probe'), args: [], env: { API_KEY: 'its-own' } };
    await servers.tools({ servers: [{ name: 'probe', launch }] }, new AbortController().signal).catch(() => {});
    await servers.close();
    const got = await readDump();
    expect(got).toMatchObject({ API_KEY: 'its-own' });
    expect(Object.keys(KEPT).filter((name) => name in got)).toEqual([]);
    expect(secretsIn(got)).toEqual([]);
  });
});

it('is started by one file alone, and by every way that is tried here', () => {
  const sources = readdirSync('src', { recursive: true, encoding: 'utf8' }).filter((name) => /\.tsx?$/.test(name));
  const importing = (pattern: RegExp) =>
    sources.filter((name) => pattern.test(readFileSync(join('src', name), 'utf8'))).sort();
  // Types alone start nothing.
  expect(
    importing(/(?:import (?!type)[^;]*? from |import\(|require\()\s*'(?:node:)?(?:child_process|cluster)'/),
  ).toEqual([join('lib', 'children.ts')]);
  // An environment alone starts nothing either.
  expect(importing(/(?<!import \{ cleanEnvironment \} from '[^']*)\/children\.js'/)).toEqual(
    [
      ['assistants', 'servers.ts'],
      ['commands', 'doctor', 'self-test.ts'],
      ['commands', 'editor.ts'],
      ['commands', 'install', 'command.ts'],
      ['commands', 'terminal.ts'],
      ['config', 'token.ts'],
      ['lib', 'system-locks.ts'],
      ['spaces', 'logins.ts'],
      ['spaces', 'save-file.ts'],
      ['world', 'tour.ts'],
    ].map((parts) => join(...parts)),
  );
});

it('a variable that speaks of tokens and holds none stays', () => {
  const kept = {
    ...KEPT,
    HF_HUB_DISABLE_IMPLICIT_TOKEN: '1',
    HF_TOKEN_PATH: '/hf/token',
    NPM_TOKEN: 'of another service',
  };
  expect(cleanEnvironment(kept)).toEqual(kept);
});

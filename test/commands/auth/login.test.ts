import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { logOut } from '../../../src/commands/auth/command.js';
import { type LoginOptions, type LoginWorld, logIn, logInWithCode } from '../../../src/commands/auth/login.js';
import { HugwireError } from '../../../src/lib/errors.js';
import { errorOf } from '../../hub/client.js';
import { FakeClient } from '../../hub/fake-client.js';
import { canLink, hasModes } from '../../platform.js';
import { type Home, makeTokenHome, PLAIN } from './world.js';

const SECRET = 'hf_login_secret_0123456789';
let home: Home;
beforeEach(() => {
  home = makeTokenHome();
});
afterEach(() => home.remove());

const mode = (path: string) => statSync(path).mode & 0o777;

/** A login in which each way to a token gives its own, and the Hub knows whom each belongs to. */
function login(options: LoginOptions, more: Partial<LoginWorld> & { role?: string; failure?: HugwireError } = {}) {
  const { role = 'read', failure, ...world } = more;
  const checked: string[] = [];
  const result = logIn(options, {
    ...home,
    screen: PLAIN,
    now: Date.UTC(2026, 10, 20),
    connect(token) {
      checked.push(token);
      return new FakeClient(() => {
        if (failure) throw failure;
        return { body: { name: 'maya', auth: { accessToken: { role } } } };
      });
    },
    input: { stdin: async () => `${SECRET}\n`, ask: async () => 'hf_typed_0123456789' },
    ...world,
  });
  return { result, checked };
}

describe('a token from stdin', () => {
  it('is checked with the Hub, and stored for this user alone', async () => {
    const { result, checked } = login({ tokenStdin: true });
    const { text, exitCode } = await result;
    expect(exitCode).toBe(0);
    expect(checked).toEqual([SECRET]);
    expect(readFileSync(home.own, 'utf8')).toBe(`${SECRET}\n`);
    expect(text).toBe(
      [
        '✓ Logged in as maya',
        '  Account    maya (free)',
        '  Rights     read everything that you can read',
        `  Stored in  ${home.own}`,
      ].join('\n'),
    );
    if (hasModes) {
      expect(mode(home.own)).toBe(0o600);
      expect(mode(dirname(home.own))).toBe(0o700);
    }
    expect(readdirSync(dirname(home.own))).toEqual(['token']);
  });

  it('replaces an older one, and narrows who may read it', async () => {
    home.put(home.own, 'hf_old');
    chmodSync(home.own, 0o644);
    await login({ tokenStdin: true }).result;
    expect(readFileSync(home.own, 'utf8')).toBe(`${SECRET}\n`);
    if (hasModes) expect(mode(home.own)).toBe(0o600);
  });

  it.runIf(canLink)('goes where a link points to', async () => {
    const target = join(home.home, 'elsewhere');
    mkdirSync(dirname(home.own), { recursive: true });
    writeFileSync(target, 'hf_old');
    symlinkSync(target, home.own);
    await login({ tokenStdin: true }).result;
    expect(readFileSync(target, 'utf8')).toBe(`${SECRET}\n`);
  });

  it('may have a comment below it', async () => {
    await login({ tokenStdin: true }, { input: { stdin: async () => ` ${SECRET}\r\nlogin: maya\n` } }).result;
    expect(readFileSync(home.own, 'utf8')).toBe(`${SECRET}\n`);
  });

  it.each([
    ['nothing', '', 'The token is empty.'],
    ['blanks', ' \n \n', 'The token is empty.'],
    ['a sentence', `my token is ${SECRET}`, 'not a token'],
  ])('is refused unseen when it is %s', async (_name, text, message) => {
    const { result, checked } = login({ tokenStdin: true }, { input: { stdin: async () => text } });
    const error = await errorOf(result);
    expect(error).toMatchObject({ code: 'invalid_arguments', message: expect.stringContaining(message) });
    expect(error.message).not.toContain(SECRET);
    expect(checked).toEqual([]);
    expect(existsSync(home.own)).toBe(false);
  });
});

describe('a token that the Hub', () => {
  it('does not know is not stored, and the old one stays', async () => {
    home.put(home.own, 'hf_old');
    const failure = new HugwireError('unauthorized', `no ${SECRET}`);
    const error = await errorOf(login({ tokenStdin: true }, { failure }).result);
    expect(error).toMatchObject({ code: 'unauthorized', hint: expect.stringContaining('/settings/tokens') });
    expect(error.message).not.toContain(SECRET);
    expect(readFileSync(home.own, 'utf8')).toBe('hf_old');
  });

  it.each(['offline', 'timeout', 'rate_limited'] as const)('could not be asked of is not stored: %s', async (code) => {
    const failure = new HugwireError(code, `of ${SECRET}`, { retryAfterSeconds: 3 });
    const error = await errorOf(login({ tokenStdin: true }, { failure }).result);
    expect(error).toMatchObject({ code, retryAfterSeconds: 3 });
    expect(error.message).toBe('The token could not be checked, so it was not stored. of [token]');
    expect(existsSync(home.own)).toBe(false);
  });

  it.each(['write', 'admin'])('lets %s is stored with a warning', async (role) => {
    const { text, exitCode } = await login({ tokenStdin: true }, { role }).result;
    expect(exitCode).toBe(0);
    expect(text).toContain('! This token can write. A read token is enough');
  });
});

it('says when the token cannot be stored', async () => {
  home.put(home.paths.state, 'a file where the directory belongs');
  const error = await errorOf(login({ tokenStdin: true }).result);
  expect(error).toMatchObject({ code: 'unavailable', message: expect.stringContaining(home.own) });
  expect(`${error.message} ${error.hint}`).not.toContain(SECRET);
});

describe('which way is taken', () => {
  const device = async () => ({ value: SECRET, expiresAt: '2026-12-20T00:00:00.000Z' });
  const ask = async () => 'hf_typed_0123456789';
  const stdin = async () => 'hf_piped_0123456789';

  it.each<[string, LoginOptions, Partial<LoginWorld['input']>, string]>([
    ['the browser, where an app is configured', {}, { device, ask }, SECRET],
    ['the prompt, where the user wants it', { paste: true }, { device, ask }, 'hf_typed_0123456789'],
    ['the prompt, where there is no app', {}, { ask }, 'hf_typed_0123456789'],
    ['stdin, before anything else', { tokenStdin: true }, { device, ask }, 'hf_piped_0123456789'],
  ])('%s', async (_name, options, input, stored) => {
    await login(options, { input: { stdin, ...input } }).result;
    expect(readFileSync(home.own, 'utf8')).toBe(`${stored}\n`);
  });

  it('none, where nobody can be asked: it says what to do', async () => {
    const error = await errorOf(login({}, { input: { stdin } }).result);
    expect(error).toMatchObject({ code: 'invalid_arguments', hint: expect.stringContaining('--token-stdin') });
  });

  it('with the browser says when the token ends, and that it is not renewed', async () => {
    const { text } = await login({}, { input: { stdin, device } }).result;
    expect(text).toContain('Expires    2026-12-20 (in 30 days); hugwire does not renew it, so log in again then');
  });
});

describe('a token that something else wins over', () => {
  it('says what, and how to change that: a variable', async () => {
    const { text } = await login({ tokenStdin: true }, { env: { ...home.env, HF_TOKEN: 'hf_first' } }).result;
    expect(text).toContain('! It is not used yet: env HF_TOKEN comes first. Unset HF_TOKEN in your shell');
  });

  it('a file of huggingface_hub', async () => {
    home.put(home.shared, 'hf_first');
    const { text } = await login({ tokenStdin: true }).result;
    expect(text).toContain('comes first. `hf auth logout` removes');
  });

  it('the config', async () => {
    const { text } = await login({ tokenStdin: true }, { config: { source: 'env', name: 'X' } }).result;
    expect(text).toContain('token.source in the config is "env". To change that: hugwire auth source auto');
  });

  it('nothing but its own file does not count', async () => {
    const { text } = await login({ tokenStdin: true }, { config: { source: 'file', path: home.own } }).result;
    expect(text).not.toContain('not used yet');
  });
});

describe('the browser', () => {
  const answers = (): Response[] => [
    Response.json({ device_code: 'd', user_code: 'AB-12', verification_uri: 'https://hub.test/device', interval: 1 }),
    Response.json({ access_token: SECRET }),
  ];
  const run = async (terminal: { confirm?: boolean; yes?: boolean; opens?: boolean }) => {
    const [said, opened, left] = [[] as string[], [] as string[], answers()];
    const token = await logInWithCode(
      {
        endpoint: 'https://hub.test',
        clientId: 'app',
        userAgent: 'test',
        timeoutMs: 1000,
        signal: new AbortController().signal,
        sleep: async () => {},
        network: async () => left.shift() as Response,
      },
      {
        say: (line) => said.push(line),
        style: PLAIN.style,
        prompts: terminal.confirm === undefined ? undefined : { confirm: async () => terminal.confirm === true },
        yes: terminal.yes,
        open: async (url) => opened.push(url) > 0 && terminal.opens !== false,
      },
    );
    return { said, opened, token };
  };

  it('is opened when the user says yes, after the code was shown', async () => {
    const { said, opened, token } = await run({ confirm: true });
    expect(said[0]).toBe('Open https://hub.test/device and enter the code AB-12');
    expect(opened).toEqual(['https://hub.test/device']);
    expect(token.value).toBe(SECRET);
  });

  it('stays closed when the user says no, and where nobody can be asked', async () => {
    expect((await run({ confirm: false })).opened).toEqual([]);
    const { opened, said } = await run({});
    expect(opened).toEqual([]);
    expect(said[1]).toContain('the code is valid for 15 min');
  });

  it('is opened unasked with --yes, and it is said when there is none', async () => {
    const { opened, said } = await run({ yes: true, opens: false });
    expect(opened).toHaveLength(1);
    expect(said).toContain('No browser could be opened. Open the page yourself.');
  });
});

describe('logout', () => {
  const yes = async () => true;

  it('removes its own file, and nothing else', async () => {
    home.put(home.own, SECRET);
    home.put(home.shared, SECRET);
    const { text, exitCode } = await logOut(home, yes);
    expect(exitCode).toBe(0);
    expect(existsSync(home.own)).toBe(false);
    expect(readFileSync(home.shared, 'utf8')).toBe(SECRET);
    expect(text).toContain(`Logged out: removed ${home.own}\n`);
    expect(text).toContain(`A token still comes from file ${join('~', '.cache', 'huggingface', 'token')}.`);
    expect(text).toContain('`hf auth logout`');
    expect(text).toContain('hugwire auth source none');
  });

  it('says nothing more when no token is left', async () => {
    home.put(home.own, SECRET);
    expect((await logOut(home, yes)).text.split('\n')).toHaveLength(2);
  });

  it('asks nobody when there is nothing to remove', async () => {
    const { text, exitCode } = await logOut(home, () => Promise.reject(new Error('asked')));
    expect(exitCode).toBe(0);
    expect(text).toContain('Nothing to remove');
  });

  it('leaves the file when the user says no', async () => {
    home.put(home.own, SECRET);
    const { exitCode } = await logOut(home, async () => false);
    expect(exitCode).toBe(1);
    expect(existsSync(home.own)).toBe(true);
  });

  it('says when the file cannot be removed', async () => {
    mkdirSync(home.own, { recursive: true });
    home.put(join(home.own, 'inside'), 'x');
    const error = await errorOf(logOut(home, yes));
    expect(error).toMatchObject({ code: 'unavailable' });
  });
});

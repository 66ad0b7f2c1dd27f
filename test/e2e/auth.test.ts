import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startDemoHub } from '../../src/world/hub/server.js';
import type { DemoHub } from '../../src/world/types.js';
import { hasModes, hasSignals } from '../platform.js';
import { type Outcome, Shell } from './shell.js';

const GOOD = 'hf_demo_read_maya';
const WRITING = 'hf_demo_write_maya';
const OAUTH = 'hf_oauth_demo_maya';
const BAD = 'hf_demo_nobody_knows_this_one';

let hub: DemoHub;
let shell: Shell;
const shells: Shell[] = [];
beforeAll(async () => {
  hub = await startDemoHub({ quotas: { api: 10_000 } });
});
afterAll(() => hub.close());
beforeEach(() => {
  shell = open();
});
afterEach(() => {
  for (const one of shells.splice(0)) one.remove();
});

function open(env: NodeJS.ProcessEnv = {}): Shell {
  const opened = new Shell({ HF_ENDPOINT: hub.url, ...env });
  shells.push(opened);
  return opened;
}

async function runWith(input: string, ...args: string[]): Promise<Outcome> {
  const { child, ended } = shell.start(...args);
  child.stdin?.end(input);
  return ended;
}

/** Files below a directory that hold a text. */
function filesWith(directory: string, text: string): string[] {
  return readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .map((path) => join(directory, path))
    .filter((path) => statSync(path).isFile() && readFileSync(path).includes(text));
}

describe('hugwire auth login', () => {
  it('stores a token from stdin where the server finds it, and says it nowhere', async () => {
    const { code, stdout, stderr } = await runWith(`${GOOD}\n`, 'auth', 'login', '--token-stdin');
    expect(code).toBe(0);
    expect(stdout).toContain('✓ Logged in as maya');
    const file = join(shell.home, 'state', 'token');
    expect(filesWith(shell.home, GOOD)).toEqual([file]);
    if (hasModes) {
      expect(statSync(file).mode & 0o777).toBe(0o600);
      expect(statSync(join(shell.home, 'state')).mode & 0o777).toBe(0o700);
    }
    const whoami = await shell.run('call', 'hub_whoami', '--json');
    expect(JSON.parse(whoami.stdout)).toMatchObject({ loggedIn: true, account: { name: 'maya' } });
    const status = await shell.run('auth', 'status', '--json');
    expect(JSON.parse(status.stdout)).toMatchObject({ loggedIn: true, places: expect.any(Array) });
    const all = [stdout, stderr, whoami.stdout, whoami.stderr, status.stdout, status.stderr].join('\n');
    expect(all).not.toContain(GOOD);
    const out = await shell.run('auth', 'logout', '--yes');
    expect(out.code).toBe(0);
    expect(filesWith(shell.home, GOOD)).toEqual([]);
  });

  it('warns of a token that may write', async () => {
    const { code, stdout } = await runWith(WRITING, 'auth', 'login', '--token-stdin');
    expect(code).toBe(0);
    expect(stdout).toContain('! This token can write.');
  });

  it('stores no token that the Hub does not know', async () => {
    const { code, stdout, stderr } = await runWith(BAD, 'auth', 'login', '--token-stdin');
    expect(code).toBe(1);
    expect(stdout).toBe('');
    expect(stderr).toContain('unauthorized: The Hub rejects this token, so it was not stored.');
    expect(stderr).not.toContain(BAD);
    expect(filesWith(shell.home, BAD)).toEqual([]);
  });

  it('stores none that it cannot check', async () => {
    shell = open({ HF_HUB_OFFLINE: '1' });
    const { code, stderr } = await runWith(GOOD, 'auth', 'login', '--token-stdin');
    expect(code).toBe(1);
    expect(stderr).toContain('offline: The token could not be checked, so it was not stored.');
    expect(filesWith(shell.home, GOOD)).toEqual([]);
  });

  it('asks nobody where there is no terminal', async () => {
    const { code, stderr } = await shell.run('auth', 'login');
    expect(code).toBe(2);
    expect(stderr).toContain('--token-stdin');
  });

  it.each([
    ['an argument', ['auth', 'login', GOOD]],
    ['an option', ['auth', 'login', '--token', GOOD]],
    ['an option with its value', ['auth', 'login', `--token=${GOOD}`]],
    ['an option that does not exist', ['auth', 'login', `--api-key=${GOOD}`]],
    ['a subcommand', ['auth', GOOD]],
    ['a command', [GOOD]],
    ['a source', ['auth', 'source', GOOD]],
    ['the name of a variable', ['auth', 'source', 'env', GOOD]],
  ])('takes no token from %s, and does not repeat it', async (_name, args) => {
    const { code, stdout, stderr } = await shell.run(...args);
    expect(code).toBe(2);
    expect(`${stdout}${stderr}`).not.toContain(GOOD);
    expect(stderr).not.toBe('');
    expect(filesWith(shell.home, GOOD)).toEqual([]);
  });
});

describe('hugwire auth login with an OAuth app', () => {
  const CODE = { device_code: 'd-1', user_code: 'WXYZ-9876', interval: 1, expires_in: 60 };
  const script = (...answers: [status: number, body: object][]) => {
    const code = { ...CODE, verification_uri: `${hub.url}/oauth/device` };
    const faults = [hub.addFault({ path: /^\/oauth\/device$/, times: 1, response: { body: code } })];
    for (const [status, body] of answers) {
      faults.push(hub.addFault({ path: /^\/oauth\/token$/, times: 1, response: { status, body } }));
    }
    return () => {
      for (const remove of faults) remove();
    };
  };

  it('shows the code, waits, and stores what the Hub gives', async () => {
    shell = open({ HF_DEVICE_CODE_OAUTH_CLIENT_ID: 'app-1' });
    const reset = script(
      [400, { error: 'authorization_pending' }],
      [200, { access_token: OAUTH, expires_in: 3600, refresh_token: 'not-kept' }],
    );
    const { code, stdout, stderr } = await shell.run('auth', 'login');
    reset();
    expect(stderr).toContain(`Open ${hub.url}/oauth/device and enter the code WXYZ-9876`);
    expect(code).toBe(0);
    expect(stdout).toContain('✓ Logged in as maya');
    expect(stdout).toContain('hugwire does not renew it');
    expect(`${stdout}${stderr}`).not.toContain(OAUTH);
    expect(filesWith(shell.home, OAUTH)).toEqual([join(shell.home, 'state', 'token')]);
    expect(filesWith(shell.home, 'not-kept')).toEqual([]);
  });

  it('asks nobody for a code when it is set to offline', async () => {
    const before = hub.seen.length;
    const { code, stderr } = await open({ HF_DEVICE_CODE_OAUTH_CLIENT_ID: 'app-1', HF_HUB_OFFLINE: '1' }).run(
      'auth',
      'login',
    );
    expect(code).toBe(1);
    expect(stderr).toContain('offline: hugwire is offline, so you cannot log in.');
    expect(hub.seen.length).toBe(before);
  });

  it('says when the user refused in the browser', async () => {
    writeFileSync(join(shell.home, 'config.json'), JSON.stringify({ token: { oauthClientId: 'app-1' } }));
    const reset = script([400, { error: 'access_denied' }]);
    const { code, stderr } = await shell.run('auth', 'login');
    reset();
    expect(code).toBe(1);
    expect(stderr).toContain('unauthorized: The login was refused in the browser.');
  });

  it.runIf(hasSignals)('is given up with Ctrl-C', async () => {
    shell = open({ HF_DEVICE_CODE_OAUTH_CLIENT_ID: 'app-1' });
    const reset = script();
    const { child, ended } = shell.start('auth', 'login');
    await new Promise<void>((resolve) => {
      let text = '';
      child.stderr?.on('data', (chunk) => {
        text += chunk;
        if (text.includes('Ctrl-C')) resolve();
      });
    });
    child.kill('SIGINT');
    const { code, stderr } = await ended;
    reset();
    expect(code).toBe(130);
    expect(stderr).not.toContain('cancelled');
    expect(readdirSync(shell.home)).toEqual([]);
  });
});

describe('hugwire auth status', () => {
  it('is no failure without a token', async () => {
    const { code, stdout, stderr } = await shell.run('auth', 'status');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain('Token  none');
    expect(stdout).toContain('A read token is enough');
  });

  it('fails with a token that the Hub turns down', async () => {
    const { code, stdout, stderr } = await open({ HF_TOKEN: BAD }).run('auth', 'status');
    expect(code).toBe(1);
    expect(stdout).toContain('The Hub rejected this token.');
    expect(`${stdout}${stderr}`).not.toContain(BAD);
  });

  it('works offline', async () => {
    const { code, stdout } = await open({ HF_TOKEN: GOOD, HF_HUB_OFFLINE: '1' }).run('auth', 'status');
    expect(code).toBe(0);
    expect(stdout).toContain('✓ env HF_TOKEN');
    expect(stdout).toContain('hugwire is set to offline');
  });

  it('shows the rights of a fine-grained token', async () => {
    const { stdout } = await open({ HF_TOKEN: 'hf_demo_fine_maya' }).run('auth', 'status');
    expect(stdout).toContain('write discussions; maya: read repositories, call Inference Providers');
    expect(stdout).toContain('cannot read gated repositories');
  });
});

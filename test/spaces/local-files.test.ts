import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { promises } from 'node:fs';
import {
  appendFile,
  chmod,
  copyFile,
  link,
  mkdir,
  mkdtemp,
  realpath,
  rename,
  rm,
  stat,
  symlink,
  truncate,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { basename, join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { HugwireError } from '../../src/lib/errors.js';
import { SavedFileIndex } from '../../src/sessions/saved-files.js';
import { openLocalFile, type SendRules } from '../../src/spaces/local-files.js';
import { draftFile } from '../../src/spaces/save-file.js';
import type { Consent, FileWish } from '../../src/spaces/types.js';
import { canBeDenied, canLink, hasModes, pretendPlatform } from '../platform.js';

const LIMIT = { bytes: 1000, hint: 'Send less.' };
const posix = it.runIf(hasModes);

let base: string;
let root: string;
let second: string;

beforeAll(async () => {
  base = await realpath(await mkdtemp(join(tmpdir(), 'hugwire-in-')));
  root = join(base, 'wd');
  second = join(base, 'other');
  for (const directory of [
    root,
    second,
    join(base, 'wd-evil'),
    join(root, 'sub'),
    join(root, '.git'),
    join(root, 'sub', '.ssh'),
  ]) {
    await mkdir(directory, { recursive: true });
  }
  const files = [
    'wd/a.txt',
    'wd/sub/b c#%.txt',
    'wd/ünï.txt',
    'wd/-dash.txt',
    'wd/empty',
    'wd-evil/secret.txt',
    'secret.txt',
    'other/o.txt',
    'wd/..x.txt',
  ];
  for (const file of files) await writeFile(join(base, file), file.endsWith('empty') ? '' : `text of ${file}`);
  await writeFile(join(root, 'large.bin'), Buffer.alloc(LIMIT.bytes + 1));
});

afterEach(() => vi.restoreAllMocks());
afterAll(() => rm(base, { recursive: true, force: true }));

const rules = (readFrom: string[], more: Partial<SendRules> = {}): SendRules => ({
  readFrom,
  saveTo: join(base, 'saved'),
  ...more,
});
const open = (source: string, roots = [root, second], more?: Partial<SendRules>) =>
  openLocalFile(source, rules(roots, more), LIMIT);

async function bytesOf(pieces: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const read: Uint8Array[] = [];
  for await (const piece of pieces) read.push(piece);
  return Buffer.concat(read);
}

async function codeOf(source: string, roots?: string[]): Promise<string> {
  try {
    return `opened ${(await open(source, roots)).path}`;
  } catch (error) {
    if (error instanceof HugwireError) return error.code;
    throw error;
  }
}

const textOf = async (source: string, roots?: string[], more?: Partial<SendRules>) =>
  (await bytesOf((await open(source, roots, more)).stream())).toString();

describe('openLocalFile', () => {
  it('reads a file within a directory, however it is written', async () => {
    const { stream, head, ...rest } = await open(join(root, 'a.txt'));
    expect(rest).toMatchObject({ path: join(root, 'a.txt'), name: 'a.txt', size: 16 });
    expect(Buffer.from(head).toString()).toBe('text of wd/a.txt');
    expect((await bytesOf(stream())).toString()).toBe('text of wd/a.txt');
    expect(await textOf(`${root}/sub/../a.txt`)).toBe('text of wd/a.txt');
    expect(await textOf(pathToFileURL(join(root, 'sub/b c#%.txt')).href)).toBe('text of wd/sub/b c#%.txt');
    expect(await textOf(join(root, 'ünï.txt'))).toBe('text of wd/ünï.txt');
    expect(await textOf('empty')).toBe('');
  });

  it('looks a relative path up in the directories, never where the process happens to be', async () => {
    expect(await textOf('a.txt')).toBe('text of wd/a.txt');
    expect(await textOf('o.txt')).toBe('text of other/o.txt');
    expect(await textOf('sub/b c#%.txt')).toBe('text of wd/sub/b c#%.txt');
    expect(await textOf('-dash.txt')).toBe('text of wd/-dash.txt');
    expect(await codeOf('package.json')).toBe('not_found');
    expect(await codeOf(relative(process.cwd(), join(base, 'secret.txt')))).toBe('blocked');
  });

  it('reads nothing outside, nor tells what is there', async () => {
    const outside = [
      join(base, 'secret.txt'),
      `${root}/../secret.txt`,
      '../secret.txt',
      join(base, 'wd-evil/secret.txt'),
      '/etc/passwd',
      '/no/such/file',
      'file:///etc/passwd',
      `${pathToFileURL(root).href}/..%2F..%2Fsecret.txt`,
      '~/.bashrc',
      '~',
    ];
    for (const source of outside) expect(await codeOf(source), source).toMatch(/^(?:blocked|invalid_arguments)$/);
  });

  it('reads nothing when no directory is set up, or none of them exists', async () => {
    expect(await codeOf(join(root, 'a.txt'), [])).toBe('blocked');
    expect(await codeOf('a.txt', [])).toBe('blocked');
    expect(await codeOf(join(root, 'a.txt'), [join(base, 'not-there')])).toBe('blocked');
  });

  it('names the directories when it refuses', async () => {
    const error = await open('/etc/passwd').catch((thrown: HugwireError) => thrown);
    expect(error).toMatchObject({ hint: expect.stringContaining(root) });
    expect(error).toMatchObject({ hint: expect.stringContaining('files.readFrom') });
  });

  posix('follows links only as far as they stay inside', async () => {
    await symlink(join(base, 'secret.txt'), join(root, 'out.txt'));
    await symlink(base, join(root, 'up'));
    await symlink(join(root, 'a.txt'), join(root, 'in.txt'));
    await symlink(join(second, 'o.txt'), join(root, 'across.txt'));
    expect(await codeOf(join(root, 'out.txt'))).toBe('blocked');
    expect(await codeOf(join(root, 'up', 'secret.txt'))).toBe('blocked');
    expect(await open(join(root, 'in.txt'))).toMatchObject({ path: join(root, 'a.txt'), name: 'in.txt' });
    expect(await textOf(join(root, 'across.txt'))).toBe('text of other/o.txt');
    expect(await codeOf(join(root, 'across.txt'), [root])).toBe('blocked');
  });

  posix('accepts a directory that is itself a link, by either of its names', async () => {
    const link = join(base, 'link');
    await symlink(root, link);
    expect(await textOf(join(link, 'a.txt'), [link])).toBe('text of wd/a.txt');
    expect(await textOf(join(root, 'a.txt'), [link])).toBe('text of wd/a.txt');
    expect(await codeOf(join(link, 'a.txt'), [root])).toBe('blocked');
  });

  posix('sees through a link from a plain name to a secret one', async () => {
    await writeFile(join(root, '.env'), 'KEY=1');
    await symlink(join(root, '.env'), join(root, 'plain.txt'));
    expect(await codeOf(join(root, 'plain.txt'))).toBe('blocked');
  });

  it.each([
    '.env',
    '.ENV',
    'prod.env',
    'x.env.local',
    '.netrc',
    '_netrc',
    '.git/config',
    'sub/.ssh/config',
    'sub/.ssh/../.ssh/key',
    'id_rsa',
    'ID_ED25519.pub',
    'server.pem',
    'Server.PEM',
    'server.key',
    'k.p12',
    'token',
    'hf_token.txt',
    'token.json',
    'credentials',
    'credentials.json',
    'aws-secret.yaml',
    'passwords.csv',
    'known_hosts',
    '.aws/credentials',
    '.huggingface/token',
    'Passwd',
    'vault.kdbx',
    'secrets/a.txt',
    'kubeconfig',
    'prod.kubeconfig.yaml',
    'terraform.tfstate',
    'terraform.tfstate.backup',
    'service-account-prod.json',
    'service_account.json',
    '.hidden',
  ])('never sends %s', async (name) => {
    const path = join(root, name);
    await mkdir(join(path, '..'), { recursive: true });
    await writeFile(path, 'secret').catch(() => undefined);
    expect(await codeOf(path)).toBe('blocked');
    expect(await codeOf(name)).toBe('blocked');
  });

  it.each(['RSA ', 'EC ', 'OPENSSH ', 'ENCRYPTED ', ''])(
    'never sends a file that begins as a private %skey',
    async (kind) => {
      const path = join(root, 'notes.txt');
      await writeFile(path, `-----BEGIN ${kind}PRIVATE KEY-----\nMII`);
      expect(await codeOf(path)).toBe('blocked');
      await writeFile(path, `-----BEGIN ${kind}PUBLIC KEY-----\nMII`);
      expect(await textOf('notes.txt')).toContain('PUBLIC');
    },
  );

  it.each([
    'keyboard.txt',
    'customer-service-account-list.csv',
    'tokenizer.json',
    'environment.yml',
    'secretary.txt',
    'monkey.png',
    'a.environment',
    'id_card.png',
    'password-reset-screen.png',
  ])('sends %s', async (name) => {
    await writeFile(join(root, name), 'fine');
    expect(await textOf(name)).toBe('fine');
  });

  posix('reads below a hidden directory that the user chose', async () => {
    const hidden = join(root, '.cache', 'pictures');
    await mkdir(hidden, { recursive: true });
    await writeFile(join(hidden, 'a.png'), 'x');
    expect(await codeOf(join(hidden, 'a.png'), [root])).toBe('blocked');
    expect(await textOf(join(hidden, 'a.png'), [root, hidden])).toBe('x');
  });

  it('refuses what is not a regular file', async () => {
    expect(await codeOf(join(root, 'sub'))).toBe('blocked');
    expect(await codeOf(root)).toBe('blocked');
    expect(await codeOf('.')).toBe('blocked');
  });

  posix('refuses a named pipe without waiting for its writer', async () => {
    await promisify(execFile)('mkfifo', [join(root, 'pipe.txt')]);
    expect(await codeOf(join(root, 'pipe.txt'))).toBe('blocked');
  });

  posix('refuses a device that a link points at', async () => {
    await symlink('/dev/zero', join(root, 'zero.txt'));
    expect(await codeOf(join(root, 'zero.txt'))).toBe('blocked');
  });

  it.runIf(canBeDenied)('says when it may not read', async () => {
    await writeFile(join(root, 'closed.txt'), 'x');
    await chmod(join(root, 'closed.txt'), 0);
    await expect(open('closed.txt')).rejects.toThrow(/may not be read by hugwire/);
  });

  it('checks the size before it reads', async () => {
    const error = await open('large.bin').catch((thrown: HugwireError) => thrown);
    expect(error).toMatchObject({
      code: 'too_large',
      message: expect.stringMatching(/has 1 kB; at most 1 kB/),
      hint: LIMIT.hint,
    });
  });

  it('reads a file of many pieces whole, as often as it is asked', async () => {
    const content = randomBytes(300_000);
    await writeFile(join(root, 'many.bin'), content);
    const { stream, size, head } = await openLocalFile('many.bin', rules([root]), { bytes: 300_000, hint: '' });
    expect([size, head.length]).toEqual([300_000, 4100]);
    for (const _ of ['once', 'again']) expect(content.equals(await bytesOf(stream()))).toBe(true);
  });

  it.each<[string, (path: string) => Promise<unknown>]>([
    ['written to', (path) => appendFile(path, 'more')],
    ['cut short', (path) => truncate(path, 3)],
    ['written anew with as many bytes', (path) => writeFile(path, 'T'.repeat(16)).then(() => utimes(path, 1, 1))],
    ['replaced', (path) => copyFile(path, `${path}.new`).then(() => rename(`${path}.new`, path))],
    ['removed', (path) => rm(path)],
  ])('sends no file that was %s since it was checked', async (_, change) => {
    const path = join(root, 'draft.txt');
    await writeFile(path, 'text of a draft.');
    const { stream } = await open(path);
    await change(path);
    await expect(bytesOf(stream())).rejects.toMatchObject({ code: expect.stringMatching(/^(?:blocked|not_found)$/) });
  });

  it('fails before its end when the file is changed while it is read', async () => {
    const path = join(root, 'growing.bin');
    await writeFile(path, Buffer.alloc(200_000));
    const { stream, size } = await openLocalFile(path, rules([root]), { bytes: 1_000_000, hint: '' });
    let read = 0;
    const reading = (async () => {
      for await (const piece of stream()) {
        if (read === 0) await appendFile(path, 'more');
        read += piece.length;
      }
    })();
    await expect(reading).rejects.toMatchObject({ message: expect.stringMatching(/changed while it was being sent/) });
    // The last piece is held back until all is known to be as it was checked.
    expect(read).toBeLessThan(size);
  });

  posix('follows no link that took the place of the file since it was checked', async () => {
    const path = join(root, 'swapped.txt');
    await writeFile(path, 'text');
    const { stream } = await open(path);
    await rm(path);
    await symlink(join(base, 'secret.txt'), path);
    await expect(bytesOf(stream())).rejects.toMatchObject({ code: 'blocked' });
  });

  it('sends no file whose first bytes were changed and its dates set back', async () => {
    const path = join(root, 'dated.txt');
    await writeFile(path, 'text of a draft.');
    const { atime, mtime } = await stat(path);
    const { stream } = await open(path);
    await writeFile(path, 'TEXT of a draft.');
    await utimes(path, atime, mtime);
    await expect(bytesOf(stream())).rejects.toMatchObject({ code: 'blocked' });
  });

  it('refuses odd paths in words', async () => {
    expect(await codeOf(`${root}/a.txt\0.png`)).toBe('invalid_arguments');
    expect(await codeOf('file://elsewhere/a.txt')).toMatch(/blocked|invalid_arguments/);
    expect(await codeOf('file:///%00')).toBe('invalid_arguments');
    expect(await codeOf('')).toBe('blocked');
    expect(await codeOf('x'.repeat(100_000))).toBe('not_found');
    expect(await codeOf('..x.txt')).toBe('blocked');
    const error = await open(`${root}/\u202egnp.txt`).catch((thrown: HugwireError) => thrown);
    expect((error as HugwireError).message).not.toContain('\u202e');
  });

  it.each(['CON', 'NUL.txt', 'a.txt.', 'a.txt ', 'a.txt:stream', 'C:a.txt', '\\\\?\\C:\\a.txt', '\\\\.\\C:'])(
    'says of %j what Windows would take it for',
    async (source) => {
      pretendPlatform('win32');
      await expect(open(source)).rejects.toMatchObject({
        code: 'invalid_arguments',
        message: expect.stringMatching(/^"\S+ ?" (?:is the name|names|has|depends|is a path of the system)/),
      });
    },
  );

  it.runIf(process.platform === 'win32')('reads nothing of Windows itself, nor of another computer', async () => {
    for (const source of ['\\\\server\\share\\a.txt', 'file://server/share/a.txt', 'C:\\Windows\\win.ini']) {
      expect(await codeOf(source), source).toBe('blocked');
    }
  });

  it.runIf(canLink)('takes the spelling of a directory that the file system takes', async () => {
    // A link stands for a disk that minds no capitals.
    await symlink(root, join(base, 'WD'));
    expect(await textOf(join(base, 'WD', 'a.txt'), [root])).toBe('text of wd/a.txt');
    // Letters with accents in two forms, as macOS has them.
    const [composed, parts] = ['caf\u00e9', 'cafe\u0301'].map((name) => join(base, name)) as [string, string];
    await mkdir(composed);
    await writeFile(join(composed, 'a.txt'), 'coffee');
    await symlink(composed, parts);
    expect(await textOf(join(parts, 'a.txt'), [composed])).toBe('coffee');
    // Where capitals tell two directories apart, they do so here.
    await mkdir(join(base, 'OTHER'));
    await writeFile(join(base, 'OTHER', 'o.txt'), 'another');
    expect(await codeOf(join(base, 'OTHER', 'o.txt'), [second])).toBe('blocked');
    expect(await codeOf(join(base, 'WD', '..', 'secret.txt'), [root])).toBe('blocked');
  });

  it('works where the system cannot tell what a path leads to', async () => {
    vi.spyOn(promises, 'realpath').mockRejectedValue(Object.assign(new Error('no'), { code: 'EISDIR' }));
    expect(await textOf(join(root, 'a.txt'))).toBe('text of wd/a.txt');
  });

  it('says which directory it cannot use, and why', async () => {
    vi.spyOn(promises, 'realpath').mockRejectedValue(Object.assign(new Error('no'), { code: 'ENAMETOOLONG' }));
    const loop = join(base, 'loop');
    await writeFile(loop, '');
    const error = await open(join(base, 'secret.txt'), [join(loop, 'x')]).catch((thrown) => thrown);
    expect(error).toMatchObject({
      hint: expect.stringContaining('in files.readFrom cannot be used: the path is too long'),
    });
  });
});

describe('what is not sent without asking', () => {
  const TOKEN = `hf_${'aBcD1234'.repeat(4)}xy`;
  const KEY = `# from the console\naws_access_key_id = AKIA${'ABCD2345'.repeat(2)}\n`;
  const refusal = async (source: string, more?: Partial<SendRules>): Promise<HugwireError> =>
    open(source, [root], more).then(
      ({ path }) => {
        throw new Error(`${path} was opened`);
      },
      (error: HugwireError) => error,
    );

  beforeAll(() => writeFile(join(base, 'elsewhere.txt'), 'plain'));

  it('is a file that holds a credential, whatever it is called', async () => {
    await writeFile(join(root, 'notes-of-today.md'), KEY);
    const error = await refusal('notes-of-today.md');
    expect(error).toMatchObject({
      code: 'blocked',
      message: expect.stringContaining('seems to hold an AWS access key'),
    });
    expect(error.hint).toContain('run the same call with `hugwire call` in a terminal');
    expect(JSON.stringify(error)).not.toContain('AKIA');
  });

  posix('is a file with another name elsewhere', async () => {
    await writeFile(join(base, 'outside.txt'), 'outside');
    await link(join(base, 'outside.txt'), join(root, 'inside.txt'));
    expect(await refusal('inside.txt')).toMatchObject({ message: expect.stringContaining('hard links') });
    await rm(join(base, 'outside.txt'));
    expect(await textOf('inside.txt')).toBe('outside');
  });

  posix('is what only looks like a file', async () => {
    await symlink('/proc/self/environ', join(root, 'environ.txt'));
    const accept = { consent: async () => 'accept' as const };
    for (const path of [join(root, 'environ.txt'), '/proc/self/environ', '/dev/zero', '/sys/kernel']) {
      expect(await refusal(path, accept), path).toMatchObject({ code: 'blocked' });
    }
  });

  it('is what programs keep below a home, unless that is what was set up', async () => {
    const users = join(base, 'Users');
    const places = [
      'me/AppData/Local/Mail',
      'me/AppData/Roaming/Mail',
      'me/Library/Mail',
      'me/Music/Library',
      'me/appdata',
    ];
    for (const place of places) {
      await mkdir(join(users, place), { recursive: true });
      await writeFile(join(users, place, 'notes.txt'), `text of ${place}`);
    }
    const tell = (place: string, readFrom: string) =>
      open(join(users, place, 'notes.txt'), [readFrom]).then(
        () => 'sent',
        (error) => error.message.replace(/^".*?" /, ''),
      );
    const kept = expect.stringContaining('is where programs keep logins');
    for (const home of [join(users, 'me'), users, base]) {
      expect(await tell('me/AppData/Local/Mail', home)).toEqual(kept);
      expect(await tell('me/AppData/Roaming/Mail', home)).toEqual(kept);
      expect(await tell('me/Library/Mail', home)).toEqual(kept);
      expect(await tell('me/appdata', home)).toEqual(kept);
      expect(await tell('me/Music/Library', home)).toBe('sent');
    }
    expect(await tell('me/AppData/Local/Mail', join(users, 'me', 'AppData', 'Local', 'Mail'))).toBe('sent');
    expect(await tell('me/Library/Mail', join(users, 'me', 'Library'))).toBe('sent');
    // A home may lie anywhere.
    await mkdir(join(base, 'home', 'Library'), { recursive: true });
    await writeFile(join(base, 'home', 'Library', 'notes.txt'), 'text');
    const inLibrary = () => codeOf(join(base, 'home', 'Library', 'notes.txt'), [join(base, 'home')]);
    expect(await inLibrary()).toMatch(/^opened/);
    vi.stubEnv('HOME', join(base, 'home')).stubEnv('USERPROFILE', join(base, 'home'));
    expect(await inLibrary()).toBe('blocked');
    vi.unstubAllEnvs();
  });

  it('may be sent when the user agrees, who is told why it would not be', async () => {
    const asked: FileWish[] = [];
    const consent = async (wish: FileWish) => {
      asked.push(wish);
      return 'accept' as const;
    };
    await writeFile(join(root, 'id_rsa.txt'), KEY);
    expect(await open(join(base, 'elsewhere.txt'), [root], { consent })).toMatchObject({ name: 'elsewhere.txt' });
    expect(await open('id_rsa.txt', [root], { consent })).toMatchObject({ name: 'id_rsa.txt' });
    expect(await open('a.txt', [root], { consent })).toMatchObject({ name: 'a.txt' });
    expect(asked).toMatchObject([
      { path: join(base, 'elsewhere.txt'), place: expect.stringContaining('not in a directory'), doubts: [] },
      {
        path: join(root, 'id_rsa.txt'),
        doubts: ['is named like a secret', 'seems to hold an AWS access key in line 2'],
      },
    ]);
  });

  it('is not sent when the user says no, or nothing', async () => {
    const said = async (answer: Consent) =>
      (await refusal(join(base, 'elsewhere.txt'), { consent: async () => answer })).message;
    expect(await said('decline')).toContain('did not agree');
    expect(await said('cancel')).toContain('did not agree');
    expect(await said('nobody')).toContain('not in a directory');
  });

  it('does not tell what is there and what is not', async () => {
    const [there, missing] = [join(base, 'elsewhere.txt'), join(base, 'missing.txt')];
    const tell = async (path: string) => (await refusal(path)).message.replace(path, 'X');
    expect(await tell(there)).toBe(await tell(missing));
    if (!canLink) return;
    await symlink(there, join(root, 'escape.txt'));
    expect(await refusal('escape.txt', {})).toMatchObject({ message: expect.stringContaining('not in a directory') });
  });

  it('may lie anywhere when a person names it in a terminal, but holds no secret unasked', async () => {
    expect(await open(join(base, 'elsewhere.txt'), [], { typed: true })).toMatchObject({ name: 'elsewhere.txt' });
    expect(await refusal(join(base, 'missing.txt'), { typed: true })).toMatchObject({ code: 'not_found' });
    await writeFile(join(base, 'keys.txt'), KEY);
    expect(await refusal(join(base, 'keys.txt'), { typed: true })).toMatchObject({ code: 'blocked' });
  });

  it.each<[string, Buffer]>([
    ['at its start', Buffer.from(`${TOKEN}\n`)],
    ['far within it', Buffer.concat([Buffer.alloc(700_000, 'x'), Buffer.from(TOKEN), Buffer.alloc(700_000, 'x')])],
    ['behind the first megabyte, in UTF-16', Buffer.concat([Buffer.alloc(1_500_001), Buffer.from(TOKEN, 'utf16le')])],
    ['across two pieces', Buffer.concat([Buffer.alloc(65_536 * 20 - 9), Buffer.from(TOKEN), Buffer.alloc(9)])],
  ])('is the token in use, %s, whatever anybody says', async (_, bytes) => {
    await writeFile(join(root, 'picture.bin'), bytes);
    const limit = { bytes: 10_000_000, hint: '' };
    for (const more of [{}, { typed: true }, { consent: async () => 'accept' as const }]) {
      const opening = openLocalFile('picture.bin', rules([root], { ...more, token: TOKEN }), limit);
      await expect(opening).rejects.toMatchObject({
        code: 'blocked',
        message: expect.stringContaining('the Hugging Face token in use'),
      });
      await expect(opening).rejects.not.toMatchObject({ message: expect.stringContaining(TOKEN) });
    }
  });
});

describe('a file that hugwire saved', () => {
  let saved: string;
  let index: SavedFileIndex;
  const send = (path: string) => textOf(path, [root], { saveTo: saved, savedFiles: async () => index });
  const refused = (path: string) =>
    send(path).then(
      (text) => `sent ${text}`,
      (error: HugwireError) => error.message,
    );
  const save = async (name: string, text = 'of a Space') => {
    const draft = await draftFile(saved);
    await draft.write(Buffer.from(text));
    const file = await draft.publish(name, 'txt');
    await index.add({ ...file, mimeType: 'text/plain' });
    return file.path;
  };
  beforeEach(async () => {
    saved = join(base, `saved-${randomBytes(4).toString('hex')}`);
    index = new SavedFileIndex(`${saved}.jsonl`);
    await mkdir(saved);
  });

  it('may be sent, by its path or its name', async () => {
    const path = await save('fox');
    expect(await send(path)).toBe('of a Space');
    expect(await send(basename(path))).toBe('of a Space');
  });

  it('is not sent when something else put it there', async () => {
    await save('fox');
    await writeFile(join(saved, 'fox_2.txt'), 'of a Space');
    expect(await refused('fox_2.txt')).toContain('hugwire did not save it');
  });

  it.each<[string, (path: string) => Promise<unknown>]>([
    ['changed', (path) => writeFile(path, 'of a Spacf')],
    ['replaced by a longer one', (path) => rm(path).then(() => writeFile(path, 'of somebody else'))],
    ...(canLink
      ? [
          [
            'replaced by a link to another',
            (path: string) => rm(path).then(() => symlink(join(base, 'elsewhere.txt'), path)),
          ] as [string, (path: string) => Promise<unknown>],
        ]
      : []),
    [
      'renamed from another',
      async (path) => writeFile(`${path}.x`, 'OF A SPACE').then(() => rename(`${path}.x`, path)),
    ],
  ])('is not sent once it was %s', async (_, change) => {
    const path = await save('fox');
    await change(path);
    expect(await refused(path)).toMatch(/was changed since hugwire saved it|not in a directory/);
  });

  it('is not sent under another name, nor when it has two', async () => {
    const path = await save('fox');
    await copyFile(path, join(saved, 'copy.txt'));
    expect(await refused('copy.txt')).toContain('hugwire did not save it');
    await link(path, join(saved, 'second.txt'));
    expect(await refused(path)).toContain('hard links');
  });
});

describe('a refusal', () => {
  const refusal = (source: string, roots?: string[], more?: Partial<SendRules>) =>
    open(source, roots, more).then(
      ({ path }) => Promise.reject(new Error(`${path} was opened`)),
      (error: HugwireError) => error,
    );

  posix('gives the commands that allow the directory, or this call, to be copied', async () => {
    const folder = join(base, "o'hare & co");
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'x.wav'), 'x');
    const command = 'hugwire call space_call space=owner/name';
    const { hint } = await refusal(join(folder, 'x.wav'), [root], { command });
    const quoted = `'${folder.replace("'", `'\\''`)}'`;
    expect(hint).toContain(
      `The user can allow the files of ${folder}: \`hugwire config set files.readFrom ${root} ${quoted}\`.`,
    );
    expect(hint).toContain(`To allow this file once, the user can run \`${command}\`.`);
  });

  it('reads alike whether or not the file is there', async () => {
    const tell = async (name: string) => `${await refusal(join(base, 'other', name), [root])}`.replaceAll(name, 'NAME');
    expect(await tell('o.txt')).toBe(await tell('not-there.txt'));
  });

  it.each(['/etc', homedir(), join(homedir(), '.ssh', 'id'), join(homedir(), '..', 'x'), '/x'])(
    'offers no directory that holds too much for %s',
    async (path) => {
      expect((await refusal(path, [])).hint).not.toContain('`hugwire config set');
    },
  );

  it('asks the user about the directory only where nothing speaks against the file', async () => {
    const wishes: unknown[] = [];
    const consent = async ({ path, folder }: { path: string; folder?: string }) => {
      wishes.push([basename(path), folder]);
      return 'decline' as const;
    };
    await writeFile(join(base, 'other', '.hidden.txt'), 'x');
    for (const name of ['o.txt', '.hidden.txt']) await refusal(join(base, 'other', name), [root], { consent });
    expect(wishes).toEqual([
      ['o.txt', join(base, 'other')],
      ['.hidden.txt', undefined],
    ]);
  });
});

it('looks a relative path that a person types up where the terminal is', async () => {
  const path = join(base, 'other', 'o.txt');
  expect((await open(relative(process.cwd(), path), [], { typed: true })).path).toBe(path);
  expect(await open('no such file', [], { typed: true }).catch(({ code }) => code)).toBe('not_found');
});

import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  appendFile,
  chmod,
  copyFile,
  mkdir,
  mkdtemp,
  realpath,
  rename,
  rm,
  symlink,
  truncate,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { HugwireError } from '../../src/lib/errors.js';
import { openLocalFile, type SendRules } from '../../src/spaces/local-files.js';

const LIMIT = { bytes: 1000, hint: 'Send less.' };
const posix = it.skipIf(process.platform === 'win32');

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

afterAll(() => rm(base, { recursive: true, force: true }));

const rules = (readFrom: string[], more: Partial<SendRules> = {}): SendRules => ({
  readFrom,
  saveTo: join(base, 'saved'),
  space: 'owner/name',
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

const textOf = async (source: string, roots?: string[]) =>
  (await bytesOf((await open(source, roots)).stream())).toString();

describe('openLocalFile', () => {
  it('reads a file within a directory, however it is written', async () => {
    const { stream, head, ...rest } = await open(join(root, 'a.txt'));
    expect(rest).toEqual({ path: join(root, 'a.txt'), name: 'a.txt', size: 16 });
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

  it.skipIf(process.platform === 'win32' || process.getuid?.() === 0)('says when it may not read', async () => {
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

  it.runIf(process.platform === 'win32')('knows the ways of Windows', async () => {
    for (const source of ['\\\\server\\share\\a.txt', 'C:\\Windows\\win.ini', `${root}\\a.txt:stream`]) {
      expect(await codeOf(source), source).toBe('blocked');
    }
  });
});

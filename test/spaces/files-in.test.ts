import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { InputFile } from '../../src/gradio/types.js';
import { HugwireError } from '../../src/lib/errors.js';
import { openInputFile } from '../../src/spaces/files-in.js';
import type { SpaceApp } from '../../src/spaces/types.js';
import { recordedApp } from '../gradio/recorded.js';
import { hubDouble } from './hub-double.js';

const PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);

let root: string;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'hugwire-in-'));
  await writeFile(join(root, 'a b.png'), PNG);
  await writeFile(join(root, 'notes.txt'), 'hello');
  await writeFile(join(root, 'really-a-picture.txt'), PNG);
  await writeFile(join(root, 'drawing.svg'), '<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>');
});

afterAll(() => rm(root, { recursive: true, force: true }));

interface World {
  app?: Partial<SpaceApp>;
  answers?: Record<string, unknown>;
  net?: typeof fetch;
  maxBytes?: number;
  token?: string;
}

function open(source: string, { app, answers = {}, net, maxBytes = 200_000_000, token }: World = {}) {
  const { hub, asked } = hubDouble(answers);
  const never: typeof fetch = () => Promise.reject(new Error('nothing may be fetched here'));
  const opened = openInputFile(source, {
    app: { ...recordedApp('6.25.0', 'endpoints'), ...app },
    hub,
    net: net ?? never,
    rules: { readFrom: [root], saveTo: join(root, 'saved'), token },
    maxBytes,
  });
  return { opened, asked };
}

async function upload(source: string, world?: World) {
  const opened: InputFile = await open(source, world).opened;
  if (opened.kind !== 'upload') throw new Error(`passed on as ${opened.url}`);
  const { file, localPath } = opened;
  const pieces: Uint8Array[] = [];
  for await (const piece of file.stream()) pieces.push(piece);
  const bytes = Buffer.concat(pieces);
  expect(file.size).toBe(bytes.length);
  return { name: file.name, type: file.type, bytes, localPath };
}

async function refusal(source: string, world?: World): Promise<HugwireError> {
  const outcome = await open(source, world).opened.then(
    (file) => new Error(`was taken: ${JSON.stringify(file)}`),
    (error: unknown) => error,
  );
  if (outcome instanceof HugwireError) return outcome;
  throw outcome;
}

describe('a local file', () => {
  it('keeps its name and tells its kind, and its path goes nowhere but to us', async () => {
    expect(await upload('a b.png')).toMatchObject({ name: 'a b.png', type: 'image/png', bytes: PNG });
    expect((await upload('a b.png')).localPath).toMatch(/a b\.png$/);
    expect(await upload('notes.txt')).toMatchObject({ name: 'notes.txt', type: 'text/plain' });
    expect(await upload('drawing.svg')).toMatchObject({ type: 'image/svg+xml' });
  });

  it('is what its bytes say, not its name', async () => {
    expect(await upload('really-a-picture.txt')).toMatchObject({ name: 'really-a-picture.txt', type: 'image/png' });
  });

  it('must not be larger than the app takes', async () => {
    expect(await refusal('a b.png', { app: { maxFileSize: 10 } })).toMatchObject({
      code: 'too_large',
      message: expect.stringMatching(/at most 10 B can be sent/),
      hint: expect.stringMatching(/ does not take larger files/),
    });
  });

  it('must not be larger than the user allows, who learns where that is set', async () => {
    const maxBytes = 10;
    expect(await refusal('a b.png', { maxBytes, app: { maxFileSize: 5000 } })).toMatchObject({
      code: 'too_large',
      message: '"a b.png" has 70 B; at most 10 B can be sent.',
      hint: expect.stringContaining('files.maxMegabytes'),
    });
  });

  it('outside of the directories stays where it is', async () => {
    expect((await refusal('/etc/passwd')).code).toBe('blocked');
    expect((await refusal('C:\\secret.txt')).code).toMatch(/blocked|not_found/);
  });
});

describe('a data: URL', () => {
  it('becomes a file with the extension of its kind', async () => {
    const source = `data:image/png;base64,${PNG.toString('base64')}`;
    expect(await upload(source)).toMatchObject({
      name: 'file.png',
      type: 'image/png',
      bytes: PNG,
      localPath: undefined,
    });
    expect(await upload('data:text/csv,a%2Cb%0A1%2C2')).toMatchObject({
      name: 'file.csv',
      type: 'text/csv',
      bytes: Buffer.from('a,b\n1,2'),
    });
    expect(await upload('DATA:;charset=utf-8,hi')).toMatchObject({ name: 'file', bytes: Buffer.from('hi') });
    expect(await upload(`data:text/plain;base64,${PNG.toString('base64')}`)).toMatchObject({ type: 'image/png' });
  });

  it('is refused when it is malformed or too large', async () => {
    expect((await refusal('data:image/png')).code).toBe('invalid_arguments');
    expect((await refusal('data:text/plain,%E0%A4%A')).code).toBe('invalid_arguments');
    const large = `data:text/plain,${'x'.repeat(1000)}`;
    expect((await refusal(large, { app: { maxFileSize: 100 } })).code).toBe('too_large');
    const largeBase64 = `data:text/plain;base64,${Buffer.alloc(120).toString('base64')}`;
    expect((await refusal(largeBase64, { app: { maxFileSize: 100 } })).code).toBe('too_large');
  });
});

describe('a file on the Hub', () => {
  const answers = { '/datasets/owner/name/resolve/main/img/a%20b.png': PNG };

  it.each([
    'hf://datasets/owner/name/img/a b.png',
    'https://huggingface.co/datasets/owner/name/resolve/main/img/a%20b.png',
    'https://huggingface.co/datasets/owner/name/blob/main/img/a%20b.png',
    'https://hf.co/datasets/owner/name/resolve/main/img/a%20b.png',
  ])("is read with the user's own rights: %s", async (source) => {
    expect(await upload(source, { answers })).toMatchObject({ name: 'a b.png', type: 'image/png', bytes: PNG });
  });

  it('is read no further than the app takes', async () => {
    const { opened, asked } = open('hf://datasets/owner/name/img/a b.png', { answers, app: { maxFileSize: 5000 } });
    await opened;
    expect(asked[0]?.request).toMatchObject({ maxBytes: 5000, repo: { kind: 'dataset', id: 'owner/name' } });
  });

  it('is never larger than what is held in memory, however much the user allows', async () => {
    const { opened, asked } = open('hf://datasets/owner/name/img/a b.png', { answers, maxBytes: 5_000_000_000 });
    await opened;
    expect(asked[0]?.request?.maxBytes).toBe(100_000_000);
  });

  it('that holds the token in use goes no further', async () => {
    const token = `hf_${'aBcD1234'.repeat(4)}xy`;
    const [at] = Object.keys(answers);
    const holding = { [String(at)]: Buffer.from(`in a private repository: ${token}`) };
    const error = await refusal('hf://datasets/owner/name/img/a b.png', { answers: holding, token });
    expect(error).toMatchObject({ code: 'blocked', message: expect.stringContaining('the Hugging Face token in use') });
    const encoded = Buffer.from(`\0${token}`).toString('base64');
    expect((await refusal(`data:text/plain;base64,${encoded}`, { token })).code).toBe('blocked');
  });

  it('that is not one is refused', async () => {
    for (const source of [
      'hf://datasets/owner/name',
      'hf://owner',
      'https://huggingface.co/owner/name',
      'https://huggingface.co/owner/name/tree/main/x',
      'hf://',
    ]) {
      expect((await refusal(source)).code, source).toBe('invalid_arguments');
    }
    expect((await refusal('hf://owner/name/missing.png')).code).toBe('not_found');
  });
});

it('what an example made up is told from a file that is not there', async () => {
  await expect(open('/path/to/picture.png').opened).rejects.toMatchObject({
    code: 'invalid_arguments',
    message: '"/path/to/picture.png" is only a placeholder for one of your files.',
    hint: expect.stringContaining('Give a local path'),
  });
});

describe('another web address', () => {
  it('is passed on for the Space to fetch; nothing is fetched here', async () => {
    expect(await open('https://example.com/pics/a%20cat.png?size=2').opened).toEqual({
      kind: 'link',
      url: 'https://example.com/pics/a%20cat.png?size=2',
      name: 'a cat.png',
    });
    expect(await open('http://example.com').opened).toMatchObject({ kind: 'link', name: 'file' });
    expect(await open('https://8.8.8.8/a.png').opened).toMatchObject({ kind: 'link' });
    expect(await open('https://[2606:4700::1111]/a.png').opened).toMatchObject({ kind: 'link' });
  });

  it.each([
    'http://127.0.0.1:8000/a.png',
    'http://localhost/a.png',
    'http://2130706433/',
    'http://0x7f.1/',
    'http://0177.0.0.1/',
    'http://[::1]/',
    'http://[::ffff:127.0.0.1]/',
    'http://[::ffff:7f00:1]/',
    'http://10.0.0.7/',
    'http://172.16.5.5/',
    'http://192.168.1.1/',
    'http://169.254.169.254/latest/meta-data',
    'http://100.100.0.1/',
    'http://[fe80::1]/',
    'http://[fd00::1]/',
    'http://0.0.0.0/',
    'http://printer/',
    'http://nas.local/',
    'http://metadata.google.internal/',
    'http://a.localhost/',
    'http://router.lan./',
  ])('of this machine or network is refused: %s', async (source) => {
    expect(await refusal(source)).toMatchObject({ code: 'blocked', hint: expect.stringMatching(/public web address/) });
  });

  it('with a password in it is refused, and the password is not repeated', async () => {
    const error = await refusal('https://me:hunter2@example.com/a.png');
    expect(error.code).toBe('blocked');
    expect(JSON.stringify([error.message, error.hint])).not.toContain('hunter2');
  });

  it('that is none is refused', async () => {
    expect((await refusal('https://')).code).toBe('invalid_arguments');
    expect((await refusal('http://a b/')).code).toBe('invalid_arguments');
  });
});

describe('an output of the same app', () => {
  const source = 'https://owner-name.hf.space/gradio_api/file=/tmp/gradio/x/a%20b.png';
  const answer =
    (response: Response): typeof fetch =>
    async () =>
      response;

  it('is read from it and sent again, since its server may not let itself in', async () => {
    expect(await upload(source, { net: answer(new Response(PNG)) })).toMatchObject({ name: 'a b.png', bytes: PNG });
  });

  it.each([
    ['as Gradio 5 and 6 write it', '/gradio_api/file=/tmp/gradio/x/a%20b.png', ''],
    ['as Gradio 4 does', '/file=/tmp/gradio/x/a b.png', ''],
    ['without a slash', 'file=/tmp/gradio/x/a%20b.png', ''],
    ['below the path of the app', '/sub/gradio_api/file=/tmp/gradio/x/a%20b.png', '/sub'],
    ['without that path', '/gradio_api/file=/tmp/gradio/x/a%20b.png', '/sub'],
  ])('is found by an address without its host, %s', async (_, relative, path) => {
    const { site } = recordedApp('6.25.0', 'endpoints');
    const asked: string[] = [];
    const net: typeof fetch = async (input) => {
      asked.push(String(input));
      return new Response(PNG);
    };
    const app = { site: { ...site, base: `${site.origin}${path}` } };
    expect(await upload(relative, { net, app })).toMatchObject({ name: 'a b.png', bytes: PNG });
    expect(asked).toEqual([`https://owner-name.hf.space${path}/gradio_api/file=/tmp/gradio/x/a%20b.png`]);
  });

  it('cannot be a file elsewhere', async () => {
    for (const name of ['x#@evil.com', '//evil.com/a', '?a=b']) {
      const net: typeof fetch = async (input) => {
        expect(new URL(String(input)).origin).toBe('https://owner-name.hf.space');
        expect(new URL(String(input)).pathname).toContain('/file=');
        return new Response(PNG);
      };
      await upload(`/file=${name}`, { net });
    }
  });

  it('that is gone or too large is told of', async () => {
    expect(await refusal(source, { net: answer(new Response('', { status: 404 })) })).toMatchObject({
      code: 'not_found',
      hint: expect.stringMatching(/vanish when it restarts/),
    });
    const large = new Response(Buffer.alloc(200));
    expect((await refusal(source, { net: answer(large), app: { maxFileSize: 100 } })).code).toBe('too_large');
  });

  it('that cannot be reached is told of in our words', async () => {
    expect((await refusal(source, { net: () => Promise.reject(new TypeError('fetch failed')) })).code).toBe(
      'unavailable',
    );
  });
});

describe('bytes as chats pass them on', () => {
  const base64 = PNG.toString('base64');
  const wide = Buffer.from(Array.from({ length: 6000 }, (_, at) => (at * 7919) % 256)).toString('base64');
  const text = Buffer.from('plain text, longer than any path. '.repeat(200));

  it.each([
    ['bare', base64],
    ['bare, without its end', base64.replace(/=+$/, '')],
    ['bare, in lines', base64.replace(/(.{20})/g, '$1\r\n')],
    ['bare, in the alphabet for URLs', base64.replaceAll('+', '-').replaceAll('/', '_')],
    ['a data: URL in lines', `data:image/png;base64,\n${base64.replace(/(.{20})/g, '$1\n  ')}`],
    ['a data: URL with percent signs', `data:image/png;base64,${encodeURIComponent(base64)}`],
    ['a data: URL with blanks', `data:image/png; charset=binary; base64, ${base64}`],
    ['a data: URL without its beginning', `image/png;base64,${base64}`],
    ['nothing but base64,', `base64,${base64}`],
    ['a data: URL that tells no type', `data:;base64,${base64}`],
  ])('takes base64: %s', async (_, source) => {
    expect(await upload(source)).toMatchObject({ type: 'image/png', bytes: PNG, localPath: undefined });
  });

  it('takes bare base64 of any kind that is too long for a path', async () => {
    expect((await upload(wide)).bytes).toEqual(Buffer.from(wide, 'base64'));
    expect((await upload(text.toString('base64'))).bytes).toEqual(text);
  });

  it.each([
    ['cut off', `data:image/png;base64,${base64.slice(0, 41)}`, /was cut off/],
    ['with words in it', `data:image/png;base64,${base64.slice(0, 40)}...[truncated]`, /holds "\." at character 41/],
    ['empty', 'data:image/png;base64,', /is empty/],
    ['too long for a path, and no base64', `${'no base64! '.repeat(500)}`, /is not a path or an address/],
  ])('refuses base64 that is %s, instead of sending other bytes', async (_, source, message) => {
    const error = await refusal(source);
    expect(error.code).toBe('invalid_arguments');
    expect(error.message).toMatch(message);
    expect(error.message.length).toBeLessThan(300);
  });

  it('takes no path for base64', async () => {
    for (const path of [
      '/home/someone/Pictures/holidays/beach',
      '//server/share/Pictures/holidays/beachandsea',
      'pictures/of/the/long/holidays/by/the/sea/beach',
    ]) {
      expect((await refusal(path)).code, path).toMatch(/^(?:blocked|not_found)$/);
    }
  });

  it.each([
    '/mnt/user-data/uploads/photo.png',
    '/mnt/data/photo.png',
    'sandbox:/mnt/data/photo.png',
    'sandbox:///mnt/data/photo.png',
    '/home/claude/photo.png',
    'file-9xY2abCdEfGhIjKlMnOp',
    'file_011CNha8iCJcU1wXNR6q4V8w',
    'attachment://photo.png',
    'file-service://file-9xY2abCd',
    'cid:photo-1',
    'blob:https://chat.example/0a1b',
    'ui://photo/1',
    'mcp://server/photo.png',
  ])('tells of %s that only the chat has it, and what to do', async (source) => {
    const { code, hint } = await refusal(source);
    expect(code).toMatch(/^(?:blocked|not_found)$/);
    expect(hint).toMatch(/hugwire runs on the user's computer and cannot see it. Give its bytes .* or a web address/);
  });

  it('takes a path of a sandbox where that is a directory of this machine which the user allows', async () => {
    expect((await upload(`sandbox:${join(root, 'notes.txt')}`)).bytes.toString()).toBe('hello');
  });

  it('tells of a resource of hugwire that its path is wanted', async () => {
    expect((await refusal('hugwire://files/s1/a.png')).hint).toContain('path of the saved file');
  });
});

import { createHash } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Commit, sendCommit } from '../../../src/hub/write/commit.js';
import { type Content, openTarget, planChanges } from '../../../src/hub/write/draft.js';
import { startDemoHub } from '../../../src/world/hub/server.js';
import type { DemoHub } from '../../../src/world/types.js';
import { errorOf, openClient } from '../client.js';

const REPO = { kind: 'model' as const, id: 'maya/journal-tagger' };

let hub: DemoHub;
beforeEach(async () => {
  hub = await startDemoHub();
});
afterEach(() => hub.close());

const connect = () => openClient(hub.url, { value: 'hf_demo_write_maya' }).hub;

/** Bytes that are told as a file of the disk tells them. */
function contentOf(bytes: Buffer): Content {
  return {
    size: bytes.length,
    sha256: createHash('sha256').update(bytes).digest('hex'),
    head: bytes.subarray(0, 512),
    async *stream(start = 0, end = bytes.length) {
      for (let at = start; at < end; at += 65_536) yield bytes.subarray(at, Math.min(end, at + 65_536));
    },
  };
}

async function send(files: Record<string, Buffer | undefined>): Promise<number[]> {
  const client = connect();
  const target = await openTarget(client, REPO, 'main');
  const wanted = Object.entries(files).map(([path, bytes]) => ({ path, content: bytes && contentOf(bytes) }));
  const changes = await planChanges(client, target, wanted);
  const commit: Commit = { target, changes, summary: 'Upload', description: '', asPull: false };
  const told: number[] = [];
  await sendCommit(client, commit, (uploaded) => told.push(uploaded));
  return told;
}

const heldAt = (path: string) => {
  const file = hub.state.find('model', REPO.id)?.refs[0]?.files.find((one) => one.path === path);
  return file?.content.slice(0, file.size);
};
const uploads = () =>
  hub.cdn.seen.filter(({ method }) => method === 'PUT').map(({ url }) => url.replace(/[0-9a-f]{64}|\?.*/g, ''));
const large = Buffer.alloc(40_000_000, 'large ');

describe('large files', () => {
  it('go in parts, and are told about as they go', async () => {
    const told = await send({ 'large.bin': large });
    expect(uploads().sort()).toEqual(['/upload//1', '/upload//2', '/upload//3']);
    expect(told.at(-1)).toBe(large.length);
    expect(told).toEqual([...told].sort((a, b) => a - b));
    expect(heldAt('large.bin')?.equals(large)).toBe(true);
  });

  it('are not sent where the Hub has them', async () => {
    await send({ 'large.bin': large });
    await send({ 'copy.bin': large });
    expect(uploads()).toHaveLength(3);
    expect(heldAt('copy.bin')?.equals(large)).toBe(true);
  });

  it('repeat the part that failed, and no other', async () => {
    hub.addFault({ path: /^\/upload\/\w+\/2$/, times: 2, response: { status: 503, body: 'slow down' } });
    await send({ 'large.bin': large });
    expect(uploads().filter((url) => url.endsWith('/2'))).toHaveLength(3);
    expect(uploads()).toHaveLength(5);
    expect(heldAt('large.bin')?.equals(large)).toBe(true);
  });

  it.each([
    [
      'that is refused',
      { status: 403, body: '<Error><Code>AccessDenied</Code></Error>' },
      'did not accept the upload (403)',
    ],
    [
      'that redirects',
      { status: 307, headers: { Location: 'http://127.0.0.1:9/elsewhere' } },
      'redirected to 127.0.0.1:9',
    ],
  ])('an upload %s commits nothing', async (_what, response, message) => {
    hub.addFault({ path: /^\/upload\//, response });
    const error = await errorOf(send({ 'w.bin': Buffer.alloc(2000) }));
    expect(error.message).toContain(message);
    expect(hub.seen.filter(({ url }) => url.includes('/commit/'))).toEqual([]);
  });

  it('an error of the Hub for one file commits nothing', async () => {
    const body = { transfer: 'basic', objects: [{ oid: 'x', size: 1, error: { code: 422, message: 'no' } }] };
    hub.addFault({ path: /objects\/batch/, response: { body } });
    expect((await errorOf(send({ 'w.bin': Buffer.alloc(2000) }))).code).toBe('unavailable');
    expect(hub.seen.filter(({ url }) => url.includes('/commit/'))).toEqual([]);
  });

  it('go beside small ones and deletions, folders too, in one commit', async () => {
    await send({ 'old/a.txt': Buffer.from('a'), 'old/deep/b.txt': Buffer.from('b'), 'c.txt': Buffer.from('c') });
    await send({
      'w.bin': Buffer.alloc(2000),
      'd.txt': Buffer.from('d'),
      'empty.bin': Buffer.alloc(0),
      'old/': undefined,
      'c.txt': undefined,
    });
    expect([heldAt('old/a.txt'), heldAt('old/deep/b.txt'), heldAt('c.txt')]).toEqual([undefined, undefined, undefined]);
    expect([heldAt('w.bin')?.length, heldAt('d.txt')?.toString(), heldAt('empty.bin')?.length]).toEqual([2000, 'd', 0]);
    expect(hub.seen.filter(({ url }) => url.includes('/commit/'))).toHaveLength(2);
  });
});

describe('an address for an upload', () => {
  it.each([
    'http://s3.example.com/x',
    'https://127.0.0.1/x',
    'https://169.254.169.254/latest',
    'https://10.0.0.1/x',
    'https://localhost/x',
    'file:///etc/passwd',
    'ftp://example.com/x',
    'nowhere',
    '',
  ])('%j is refused by a Hub that is public', async (address) => {
    let sent = 0;
    const network = async () => {
      sent += 1;
      return new Response();
    };
    const { hub: client } = openClient('https://huggingface.co', { network, value: 'hf_x' });
    const error = await errorOf(client.transfer(address, { method: 'PUT', content: { body: new Blob(['x']) } }));
    expect([error.code, sent]).toEqual(['blocked', 0]);
  });

  it('elsewhere gets the bytes, and no token', async () => {
    const seen: Headers[] = [];
    const network: typeof fetch = async (_url, init) => {
      seen.push(new Headers(init?.headers));
      return new Response('', { headers: { etag: '"x"' } });
    };
    const { hub: client } = openClient('https://huggingface.co', { network, value: 'hf_secretsecret' });
    const answer = await client.transfer('https://s3.amazonaws.com/x?sig=1', {
      method: 'PUT',
      content: { body: new Blob(['x']) },
    });
    expect(answer.headers.get('etag')).toBe('"x"');
    expect(seen.map((headers) => headers.get('authorization'))).toEqual([null]);
  });
});

describe('.gitignore', () => {
  it('keeps files out, and says which', async () => {
    await send({ '.gitignore': Buffer.from('*.log\n') });
    const client = connect();
    const target = await openTarget(client, REPO, 'main');
    const files = { 'a.log': 'x', 'a.txt': 'y' };
    const wanted = Object.entries(files).map(([path, text]) => ({ path, content: contentOf(Buffer.from(text)) }));
    const commit = {
      target,
      changes: await planChanges(client, target, wanted),
      summary: 'x',
      description: '',
      asPull: false,
    };
    expect((await sendCommit(client, commit, () => {})).ignored).toEqual(['a.log']);
    expect([heldAt('a.log'), heldAt('a.txt')?.toString()]).toEqual([undefined, 'y']);
    const none = { ...commit, changes: commit.changes.filter(({ path }) => path === 'a.log') };
    expect((await errorOf(sendCommit(client, none, () => {}))).message).toContain('excludes all');
  });
});

import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Asked, MAYA, startHub, THEO } from './ask.js';

const GPT2 = '/openai-community/gpt2';
const LLAMA = '/meta-llama/Llama-3.1-8B-Instruct';
const SIGN = '/datasets/maya/trail-signs/resolve/main/train/3/sign.png';

let hub: Asked;
beforeAll(async () => {
  hub = await startHub();
});
afterAll(() => hub.close());

/** Fetches a file through its redirects, whole or in part. */
async function download(path: string, headers: Record<string, string> = {}) {
  const response = await fetch(hub.url + path, { headers });
  return { response, bytes: Buffer.from(await response.arrayBuffer()) };
}

describe('a small file', () => {
  it('is a redirect away on the Hub itself', async () => {
    const { status, headers } = await hub.get(`${GPT2}/resolve/main/onnx/config.json`);
    const { sha } = (await hub.get(`/api/models${GPT2}`)).json;
    expect(status).toBe(307);
    expect(headers.get('location')).toMatch(
      new RegExp(
        `^/api/resolve-cache/models${GPT2}/${sha}/onnx%2Fconfig\\.json\\?${encodeURIComponent(`${GPT2}/resolve/main/onnx/config.json`)}=&etag=%22[0-9a-f]{40}%22$`,
      ),
    );
    expect(headers.get('x-repo-commit')).toBe(sha);
    expect(headers.get('x-linked-size')).toBe('27');
    expect(headers.get('x-linked-etag')).toMatch(/^"[0-9a-f]{40}"$/);
  });

  it('comes whole, with its git hash as the ETag, which earns a 304', async () => {
    const { response, bytes } = await download(`${GPT2}/resolve/main/config.json`);
    expect(JSON.parse(bytes.toString())).toMatchObject({ model_type: 'gpt2' });
    const hash = createHash('sha1').update(`blob ${bytes.length}\0`).update(bytes).digest('hex');
    expect(response.headers.get('etag')).toBe(`"${hash}"`);
    expect(response.headers.get('accept-ranges')).toBe('bytes');
    const again = await download(`${GPT2}/resolve/main/config.json`, { 'if-none-match': `W/"${hash}"` });
    expect([again.response.status, again.bytes.length]).toEqual([304, 0]);
  });

  it.each([
    ['bytes=0-2', 206, '---', /^bytes 0-2\/\d+$/],
    ['bytes=4-10', 206, 'license', /^bytes 4-10\/\d+$/],
    ['bytes=-8', 206, 'people.\n', /^bytes \d+-\d+\/\d+$/],
    ['bytes=999999-', 416, '', /^bytes \*\/\d+$/],
  ])('in part: %s', async (range, status, text, contentRange) => {
    const { response, bytes } = await download(`${GPT2}/resolve/main/README.md`, { range });
    expect([response.status, bytes.toString()]).toEqual([status, text]);
    expect(response.headers.get('content-range')).toMatch(contentRange);
    expect(response.headers.get('content-length')).toBe(String(bytes.length));
  });

  it.each(['bytes=0-1,4-5', 'bytes=-', 'lines=1-2'])('whole when the range is no single one: %s', async (range) => {
    expect((await download(`${GPT2}/resolve/main/README.md`, { range })).response.status).toBe(200);
  });

  it('comes with HEAD as well', async () => {
    const { headers, text } = await hub.get(`${GPT2}/resolve/main/config.json`, undefined, {
      method: 'HEAD',
      redirect: 'follow',
    });
    expect(Number(headers.get('content-length'))).toBeGreaterThan(100);
    expect(text).toBe('');
  });
});

describe('a large file', () => {
  it('is a redirect away on another origin, where its hash is true', async () => {
    const { status, headers } = await hub.get(SIGN);
    expect(status).toBe(302);
    const location = new URL(headers.get('location') ?? '');
    expect(location.origin).toBe(hub.cdn.url);
    const { bytes } = await download(SIGN);
    expect(bytes.subarray(1, 4).toString()).toBe('PNG');
    expect(headers.get('x-linked-etag')).toBe(`"${createHash('sha256').update(bytes).digest('hex')}"`);
    expect(headers.get('x-linked-size')).toBe(String(bytes.length));
    expect(hub.cdn.seen.at(-1)?.url).toBe(location.pathname + location.search);
  });

  it('of gigabytes serves any part, the same each time', async () => {
    const path = `${LLAMA}/resolve/main/model-00001-of-00004.safetensors`;
    const part = async (range: string) => (await download(path, { authorization: `Bearer ${MAYA}`, range })).bytes;
    const length = Number((await part('bytes=0-7')).readBigUInt64LE());
    const header = JSON.parse((await part(`bytes=8-${7 + length}`)).toString());
    expect(8 + length + header['model.weight'].data_offsets[1]).toBe(5_000_000_000);
    const far = await part('bytes=4999900000-');
    expect(far.length).toBe(100_000);
    expect((await part('bytes=4999900010-4999900019')).equals(far.subarray(10, 20))).toBe(true);
  });

  it('has the header of its format', async () => {
    const { bytes } = await download('/Qwen/Qwen3-8B-GGUF/resolve/main/Qwen3-8B-Q8_0.gguf', { range: 'bytes=0-7' });
    expect(bytes.subarray(0, 4).toString()).toBe('GGUF');
    expect(bytes.readUInt32LE(4)).toBe(3);
  });

  it('is not to be had under a hash that nobody stored', async () => {
    expect(await hub.get(`${hub.cdn.url}/blobs/${'0'.repeat(64)}`)).toMatchObject({ status: 403 });
  });
});

describe('raw', () => {
  it('gives text as it is and the pointer of a large file', async () => {
    expect((await hub.get(`${GPT2}/raw/main/merges.txt`)).text).toMatch(/^#version: 0\.2\n/);
    const { text, headers } = await hub.get(`${GPT2}/raw/main/model.safetensors`);
    expect(text).toMatch(
      /^version https:\/\/git-lfs\.github\.com\/spec\/v1\noid sha256:[0-9a-f]{64}\nsize 548090880\n$/,
    );
    expect(headers.get('ratelimit')).toContain('"pages"');
  });
});

describe('refusals are plain text', () => {
  it.each([
    ['a missing file', `${GPT2}/resolve/main/nope.json`, undefined, 404, 'EntryNotFound'],
    ['a missing revision', `${GPT2}/resolve/nope/config.json`, undefined, 404, 'RevisionNotFound'],
    ['a missing repository', '/nobody/nothing/resolve/main/README.md', MAYA, 404, 'RepoNotFound'],
    ['a missing repository, to strangers', '/nobody/nothing/resolve/main/README.md', undefined, 401, null],
    ['a gate, to strangers', `${LLAMA}/resolve/main/config.json`, undefined, 401, 'GatedRepo'],
    [
      'a gate, to those who did not ask',
      '/datasets/bigcode/the-stack-v2/resolve/main/data/Zig/train-00000-of-00001.parquet',
      THEO,
      403,
      'GatedRepo',
    ],
    ['a gate, to those who wait', `${LLAMA}/resolve/main/config.json`, THEO, 403, 'GatedRepo'],
    ['a gate, to a token without the right', `${LLAMA}/resolve/main/config.json`, 'hf_demo_fine_maya', 403, null],
    ['a disabled repository', '/open-atlas/tile-upscaler/resolve/main/README.md', undefined, 403, null],
  ])('%s', async (_, path, token, status, code) => {
    const answer = await hub.get(path, token);
    expect([answer.status, answer.headers.get('x-error-code')]).toEqual([status, code]);
    expect(answer.headers.get('content-type')).toBe('text/plain; charset=utf-8');
    expect(answer.headers.get('x-error-message')).toBe(answer.text);
  });

  it('say in different words why a gate is shut', async () => {
    const words = async (token?: string) => (await hub.get(`${LLAMA}/resolve/main/config.json`, token)).text;
    expect(await words()).toBe(
      'Access to model meta-llama/Llama-3.1-8B-Instruct is restricted. You must have access to it and be authenticated to access it. Please log in.',
    );
    expect(await words(THEO)).toBe(
      'Your request to access model meta-llama/Llama-3.1-8B-Instruct is awaiting a review from the repo authors.',
    );
    expect(await words('hf_demo_fine_maya')).toMatch(/^Please enable access to public gated repositories/);
    const stack = await hub.get(
      '/datasets/bigcode/the-stack-v2/resolve/main/data/Zig/train-00000-of-00001.parquet',
      THEO,
    );
    expect(stack.text).toMatch(/not in the authorized list\. Visit https:\/\/huggingface\.co\/datasets\/bigcode/);
  });

  it('names the commit even when the file is missing', async () => {
    expect((await hub.get(`${GPT2}/resolve/main/nope.json`)).headers.get('x-repo-commit')).toMatch(/^[0-9a-f]{40}$/);
  });

  it('opens a gate for the granted, and its card for everybody', async () => {
    expect((await hub.get(`${LLAMA}/resolve/main/config.json`, MAYA)).status).toBe(307);
    expect((await hub.get(`${LLAMA}/resolve/main/config.json`, 'hf_demo_fine_gated_maya')).status).toBe(307);
    expect((await hub.get(`${LLAMA}/resolve/main/README.md`)).status).toBe(307);
  });
});

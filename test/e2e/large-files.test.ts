import { createHash } from 'node:crypto';
import { createReadStream, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startDemoHub } from '../../src/world/hub/server.js';
import type { Misbehaviour } from '../doubles/hostile/misbehaviour.js';
import { type HostileSpace, startHostileSpace } from '../doubles/hostile-space.js';
import { ServerProcess } from './server-process.js';

const SMALL = 100_000;
/** As large as it may be, unless the user allows more. */
const LARGE = 200_000_000;
/**
 * What the peak of memory may rise by. The engine lets used buffers lie before it clears them away, about 40 MB in Node 20
 * and 80 MB in Node 24, however much passes through; a file that is held anywhere on its way takes all of its size.
 */
const MARGIN = 130_000_000;
const PIECE = 50_000;

/** Bytes that differ from piece to piece, so that one that is lost or moved shows. */
function* makeBytes(size: number, seed: number): Generator<Buffer> {
  for (let at = 0; at < size; at += PIECE) {
    const piece = Buffer.alloc(PIECE, 1 + ((seed + at / PIECE) % 251));
    piece.writeUInt32LE(at, 0);
    yield piece;
  }
}

async function digest(pieces: AsyncIterable<Buffer> | Iterable<Buffer>): Promise<string> {
  const hash = createHash('sha256');
  for await (const piece of pieces) hash.update(piece);
  return hash.digest('hex');
}

/** The one file of a multipart body, in pieces. */
async function* fileWithin(request: IncomingMessage): AsyncGenerator<Buffer> {
  const boundary = /boundary=(.*)$/.exec(request.headers['content-type'] ?? '')?.[1];
  const length = Number(request.headers['content-length']) - Buffer.byteLength(`\r\n--${boundary}--\r\n`);
  let at = 0;
  let start = -1;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    if (start < 0) start = chunk.indexOf('\r\n\r\n') + 4;
    yield chunk.subarray(Math.max(0, start - at), Math.max(0, length - at));
    at += chunk.length;
  }
}

/** A Space that takes a file and gives one of as many bytes, and holds neither. */
function createMirror() {
  const received: string[] = [];
  let size = 0;
  const misbehaviour: Misbehaviour = {
    answer: {
      async upload({ request, response }) {
        received.push(await digest(fileWithin(request)));
        response.end(JSON.stringify(['/tmp/gradio/0123/sent.bin']));
      },
      async file({ response }) {
        await pipeline(Readable.from(makeBytes(size, 7)), response);
      },
    },
    outputs: () => [{ path: '/tmp/gradio/0123/made.bin', orig_name: 'made.bin', meta: { _type: 'gradio.FileData' } }],
  };
  return { misbehaviour, received, give: (bytes: number) => (size = bytes) };
}

/** What a write may rise it by: pieces on their way, and what the engine leaves lying. */
const WRITE_MARGIN = 50_000_000;

/** The most memory that a process has had so far, in bytes; Linux keeps count. */
function peakOf(pid: number | undefined): number {
  const [, kilobytes] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kilobytes) * 1024;
}

let directory: string;
let server: ServerProcess | undefined;
let space: HostileSpace | undefined;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'hugwire-large-'));
});
afterEach(async () => {
  await server?.dispose();
  await space?.close();
  rmSync(directory, { recursive: true, force: true });
});

describe.each([
  ['directly', {}],
  // A loopback address needs no proxy, but goes through the fetch that knows them.
  ['where a proxy is set', { HTTPS_PROXY: 'http://127.0.0.1:1' }],
])('a file of 200 MB, %s', (_, env) => {
  it.skipIf(process.platform !== 'linux')(
    'goes to a Space and another comes back without either being held in memory',
    async () => {
      const mirror = createMirror();
      const readFrom = join(directory, 'in');
      const saveTo = join(directory, 'out');
      mkdirSync(readFrom);
      space = await startHostileSpace(mirror.misbehaviour);
      const { url } = space;
      const running = new ServerProcess({
        env,
        config: JSON.stringify({ files: { readFrom: [readFrom], saveTo }, spaces: { local: [url] } }),
      });
      server = running;
      await running.initialize();

      /** Sends a file and gets one; the peak of memory so far. */
      const exchange = async (file: string, size: number): Promise<number> => {
        mirror.give(size);
        await writeFile(join(readFrom, file), makeBytes(size, 3));
        const args = { space: url, endpoint: '/send', arguments: { file }, wait_seconds: 120 };
        const { result } = await running.call(file, 'space_call', args);
        expect(result.content[0].text).toContain(saveTo);
        return peakOf(running.child.pid);
      };
      const before = await exchange('small.bin', SMALL);
      const after = await exchange('large.bin', LARGE);

      const sizes = [SMALL, LARGE];
      expect(mirror.received).toEqual(await Promise.all(sizes.map((size) => digest(makeBytes(size, 3)))));
      const saved = readdirSync(saveTo).sort();
      const digests = saved.map((name) => digest(createReadStream(join(saveTo, name))));
      expect(await Promise.all(digests)).toEqual(await Promise.all(sizes.map((size) => digest(makeBytes(size, 7)))));
      expect(after - before).toBeLessThan(MARGIN);
    },
    120_000,
  );
});

it.skipIf(process.platform !== 'linux')(
  'a file of 150 MB goes to the Hub in pieces, and is held nowhere on its way',
  { timeout: 60_000 },
  async () => {
    const hub = await startDemoHub();
    const folder = mkdtempSync(join(tmpdir(), 'hugwire-write-'));
    const repo = 'maya/journal-tagger';
    const server = new ServerProcess({
      env: { HF_ENDPOINT: hub.url, HF_TOKEN: 'hf_demo_write_maya' },
      config: JSON.stringify({
        tools: { enable: ['all'] },
        files: { readFrom: [folder] },
        write: { allow: ['maya/*'] },
        spaces: { pinned: [] },
      }),
    });
    try {
      await server.initialize();
      const send = async (name: string, size: number) => {
        await writeFile(join(folder, name), Readable.from(makeBytes(size, size)));
        const files = [{ path: name, from: join(folder, name) }];
        const { result } = await server.call(name, 'hub_write', { repo, files });
        expect(result.content[0].text).toContain('Committed 1 change');
        return peakOf(server.child.pid);
      };
      const before = await send('first.bin', 3000);
      const after = await send('second.bin', 150_000_000);
      expect(after - before).toBeLessThan(WRITE_MARGIN);
      const file = hub.state.find('model', repo)?.refs[0]?.files.find(({ path }) => path === 'second.bin');
      const kept = createHash('sha256').update(file?.content.slice(0, file.size) ?? '');
      expect(kept.digest('hex')).toBe(await digest(makeBytes(150_000_000, 150_000_000)));
    } finally {
      await server.dispose();
      await hub.close();
      rmSync(folder, { recursive: true, force: true });
    }
  },
);

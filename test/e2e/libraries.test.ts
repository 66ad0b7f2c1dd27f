import { parquetWriteBuffer } from 'hyparquet-writer';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startDemoHub } from '../../src/world/hub/server.js';
import type { DemoHub } from '../../src/world/types.js';
import { Shell } from './shell.js';

// The bundle leaves out what hugwire does not use of its libraries: so what it does use is tried on what is built.
let hub: DemoHub;
let shell: Shell;
beforeAll(async () => {
  hub = await startDemoHub();
  shell = new Shell({ HF_ENDPOINT: hub.url });
});
afterAll(async () => {
  shell.remove();
  await hub.close();
});

const call = async (...args: string[]) => (await shell.run('call', ...args)).stdout;

/** A GGUF file without tensors. */
function writeGguf(facts: Record<string, string>): Buffer {
  const long = (value: number) => {
    const bytes = Buffer.alloc(8);
    bytes.writeUInt32LE(value);
    return bytes;
  };
  const text = (value: string) => Buffer.concat([long(value.length), Buffer.from(value)]);
  const entries = Object.entries(facts).flatMap(([key, value]) => [text(key), Buffer.from([8, 0, 0, 0]), text(value)]);
  return Buffer.concat([Buffer.from('GGUF\x03\0\0\0'), long(0), long(Object.keys(facts).length), ...entries]);
}

const parquet = () =>
  Buffer.from(parquetWriteBuffer({ columnData: [{ name: 'city', data: ['Oslo', 'Rome'], type: 'STRING' }] }));
const ZIP = Buffer.from('504b0304140000000000', 'hex');

describe('hub_read', () => {
  it.each<[library: string, path: string, bytes: Buffer, expected: RegExp]>([
    [
      'csv-parse',
      'a.csv',
      Buffer.from(`city,people\n${'"Oslo, Norway",7\n'.repeat(9000)}`),
      /CSV, 9000 rows, 2 columns.*Oslo, Norway \| 7/s,
    ],
    ['hyparquet', 'a.parquet', parquet(), /Parquet, 2 rows.*Oslo/is],
    ['gguf', 'a.gguf', writeGguf({ 'general.architecture': 'llama', 'general.name': 'Small' }), /GGUF.*llama/s],
    ['file-type', 'a.dat', ZIP, /ZIP file \(application\/zip\)/],
  ])('reads with %s', async (_library, path, bytes, expected) => {
    const switchOff = hub.addFault({ path: new RegExp(`resolve/main/${path}$`), response: { body: bytes } });
    try {
      expect(await call('hub_read', `uris=Qwen/Qwen3-0.6B/${path}`)).toMatch(expected);
    } finally {
      switchOff();
    }
  });
});

it('hub_repo reads cards with js-yaml, lists files with @huggingface/hub, and has the snippets of @huggingface/tasks', async () => {
  const text = await call('hub_repo', 'ids=Qwen/Qwen3-0.6B', 'include=files', 'include=usage', 'include=card');
  expect(text).toContain('made from (finetune): Qwen/Qwen3-0.6B-Base');
  expect(text).toMatch(/^config\.json \d+ B$/m);
  expect(text).toContain('AutoModelForCausalLM.from_pretrained("Qwen/Qwen3-0.6B"');
  const sentence = await call('hub_repo', 'ids=sentence-transformers/all-MiniLM-L6-v2', 'include=usage');
  expect(sentence).toContain('SentenceTransformer("sentence-transformers/all-MiniLM-L6-v2")');
});

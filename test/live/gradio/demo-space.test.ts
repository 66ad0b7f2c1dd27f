import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startDemoSpace } from '../../../src/world/space/server.js';
import type { DemoSpace } from '../../../src/world/types.js';
import { pythonAvailable, pythonEnv } from '../python.js';
import { GRADIO_CLIENT } from './requirements.js';

const SCRIPT = join(import.meta.dirname, 'demo_space.py');
const BYTES = Buffer.from('a,b\n1,2\n');

describe.skipIf(!pythonAvailable())('the demo Space with gradio_client in Python', () => {
  let folder: string;
  let space: DemoSpace;
  let answers: Record<string, unknown>;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'hugwire-demo-space-'));
    space = await startDemoSpace();
    const file = join(folder, 'two lines.csv');
    await writeFile(file, BYTES);
    const python = await pythonEnv('gradio-client', GRADIO_CLIENT);
    const { stdout } = await promisify(execFile)(python, [SCRIPT, space.url, file, join(folder, 'downloads')], {
      cwd: folder,
      env: { ...process.env, HF_HUB_OFFLINE: '1' },
    });
    answers = JSON.parse(stdout);
  }, 300_000);

  afterAll(async () => {
    await space?.close();
    await rm(folder, { recursive: true, force: true });
  });

  it('lists the endpoints', () => {
    expect(answers.endpoints).toEqual([
      '/greet',
      '/draw',
      '/slow',
      '/count',
      '/fail',
      '/describe_file',
      '/remember',
      '/recall',
    ]);
  });

  it.each([
    ['greet', 'Hello, Ada.'],
    ['greet_by_name', 'HELLO, ADA!'],
    ['count', ['1', '1 2', '1 2 3', '1 2 3 4']],
    ['remember', 'Noted.'],
    ['recall', 'milk'],
    ['slow', { description: 'Working', length: 1000, unit: 'steps' }],
  ])('answers %s', (name, answer) => {
    expect(answers[name]).toEqual(answer);
  });

  it('tells the words of a failure', () => {
    expect(answers.fail).toContain('No ink left.');
  });

  it('gives the picture as a file', async () => {
    const png = await readFile(answers.draw as string);
    expect(png.subarray(1, 4).toString()).toBe('PNG');
    expect([png.readUInt32BE(16), png.readUInt32BE(20)]).toEqual([128, 128]);
  });

  it('takes a file', () => {
    const sha256 = createHash('sha256').update(BYTES).digest('hex');
    expect(answers.describe_file).toEqual({ name: 'two lines.csv', size: 8, sha256, type: 'text/csv' });
  });

  it('stopped the job that was cancelled', async () => {
    await expect.poll(() => space.log.filter((line) => line.startsWith('/slow cancelled'))).toHaveLength(1);
  });
});

import { createHash } from 'node:crypto';
import { Client } from '@gradio/client';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { startDemoSpace } from '../../../src/world/space/server.js';
import type { DemoSpace } from '../../../src/world/types.js';

type Fields = Record<string, unknown>;

/** Everything that the plain client tells of one call, until it is complete or has failed. */
async function follow(client: Client, endpoint: string, data: unknown[] | Fields) {
  const status: Fields[] = [];
  const values: unknown[][] = [];
  const logs: Fields[] = [];
  for await (const event of client.submit(endpoint, data)) {
    if (event.type === 'data') values.push(event.data as unknown[]);
    if (event.type === 'log') logs.push(event as unknown as Fields);
    if (event.type === 'status') {
      status.push(event as unknown as Fields);
      if (event.stage === 'complete' || event.stage === 'error') break;
    }
  }
  return { status, values, logs, last: status.at(-1) };
}

let space: DemoSpace;

beforeAll(async () => {
  // The plain client prints its own abort whenever it is closed.
  vi.spyOn(console, 'error').mockImplementation(() => {});
  space = await startDemoSpace();
});

afterAll(() => space.close());

const connect = () => Client.connect(space.url, { events: ['data', 'status', 'log'] });

async function predict(endpoint: string, data: unknown[] | Fields): Promise<unknown[]> {
  const client = await connect();
  try {
    return (await client.predict(endpoint, data)).data as unknown[];
  } finally {
    client.close();
  }
}

describe('with the plain @gradio/client', () => {
  it('lists every endpoint with its parameters', async () => {
    const client = await connect();
    const api = await client.view_api();
    client.close();
    expect(Object.keys(api.named_endpoints)).toEqual([
      '/greet',
      '/draw',
      '/slow',
      '/count',
      '/fail',
      '/describe_file',
      '/remember',
      '/recall',
    ]);
    const named = api.named_endpoints as unknown as Record<string, { parameters: Fields[] }>;
    expect(named['/draw']?.parameters.map((parameter) => parameter.parameter_name)).toEqual(['prompt', 'seed', 'size']);
  });

  it('answers text, filling the default in', async () => {
    expect(await predict('/greet', { name: 'Ada' })).toEqual(['Hello, Ada.']);
    expect(await predict('/greet', ['Ada', true])).toEqual(['HELLO, ADA!']);
  });

  it('draws a PNG that is the same for the same seed only', async () => {
    const pictures = await Promise.all([1, 1, 2].map((seed) => predict('/draw', ['a quiet sea', seed, 64])));
    const [first, again, other] = pictures.map(([picture]) => picture as { url: string; path: string });
    expect(first?.path).toBe(again?.path);
    expect(first?.path).not.toBe(other?.path);
    const response = await fetch(first?.url ?? '');
    const bytes = Buffer.from(await response.arrayBuffer());
    expect(response.headers.get('content-type')).toBe('image/png');
    expect(bytes.subarray(0, 8)).toEqual(Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'));
    expect([bytes.readUInt32BE(16), bytes.readUInt32BE(20)]).toEqual([64, 64]);
  });

  it('hands out a growing text and ends with the whole', async () => {
    const client = await connect();
    const { values, last } = await follow(client, '/count', [4, 0]);
    client.close();
    expect(values.map(([text]) => text)).toEqual(['1', '1 2', '1 2 3', '1 2 3 4', '1 2 3 4']);
    expect(last?.stage).toBe('complete');
  });

  it('tells progress and log lines of a slow job', async () => {
    const client = await connect();
    const { status, logs, values } = await follow(client, '/slow', [4, 0.01]);
    client.close();
    const steps = status.flatMap(({ progress_data }) => (progress_data as Fields[] | undefined) ?? []);
    expect(steps.map(({ index, length, unit, desc }) => [index, length, unit, desc])).toEqual(
      [0, 1, 2, 3].map((step) => [step, 4, 'steps', 'Working']),
    );
    expect(logs).toMatchObject([{ level: 'info', title: 'Half way', log: 'Half of the steps are done.' }]);
    expect(values).toEqual([['Did 4 steps of 0.01 s.']]);
  });

  it('fails with the message and title that the app gave', async () => {
    const client = await connect();
    const { last } = await follow(client, '/fail', ['No ink left.', 'Printer']);
    client.close();
    expect(last).toMatchObject({ stage: 'error', message: 'No ink left.', title: 'Printer', success: false });
  });

  it.each([
    ['a number below its minimum', ['p', -1, 64], 'Value -1 is less than minimum value 0.'],
    ['a number above its maximum', ['p', 0, 2048], 'Value 2048 is greater than maximum value 1024.'],
    ['text for a number', ['p', '5', 64], /Could not preprocess input component at index 1 \(a `number` component\)/],
  ])('refuses %s as Gradio does', async (_, data, message) => {
    await expect(predict('/draw', data)).rejects.toThrow(message);
  });

  it('takes a file with its name and type', async () => {
    const bytes = Buffer.from('a,b\n1,2\n');
    const [description] = await predict('/describe_file', [new File([bytes], 'täble #1.csv', { type: 'text/csv' })]);
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    expect(description).toEqual({ name: 'täble #1.csv', size: 8, sha256, type: 'text/csv' });
  });

  it('keeps a note in the session that it was given in, and in no other', async () => {
    const client = await connect();
    await client.predict('/remember', ['milk']);
    const own = await client.predict('/recall', []);
    client.close();
    expect(own.data).toEqual(['milk']);
    expect(await predict('/recall', [])).toEqual(['']);
  });
});

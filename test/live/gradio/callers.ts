import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Client } from '@gradio/client';
import { HugwireError } from '../../../src/lib/errors.js';
import type { SpaceOutcome } from '../../../src/spaces/types.js';
import { Sample } from './samples.js';
import type { Workplace } from './workplace.js';

/** What a call came to: its values, with every file as name and hash, or the words of its failure. */
export type Result = { values: unknown[] } | { failure: string; code?: string };

/** A way to call the endpoints of one app. */
export interface Caller {
  call(endpoint: string, args: unknown): Promise<Result>;
  close(): Promise<void>;
}

/**
 * Calls an app through hugwire.
 * @param workplace where its files are
 * @param url the app
 */
export function ownCaller({ spaces, folder }: Workplace, url: string): Caller {
  return {
    async call(endpoint, args) {
      const given = await place(args, async ({ name }) => join(folder, name));
      // Without names, arguments go by place.
      const named = Array.isArray(given) ? { data: given } : (given as Record<string, unknown>);
      const job = spaces.start({ space: url, endpoint, arguments: named });
      await job.wait(60);
      if (job.outcome) return { values: await withSavedFiles(job.outcome) };
      const { code, message } = job.error ?? new HugwireError('timeout', 'Not over after 60 s.');
      return { failure: message, code };
    },
    close: async () => {},
  };
}

/**
 * Calls an app through the plain client: the oracle.
 * @param folder of the samples
 * @param url the app
 */
export async function plainCaller(folder: string, url: string): Promise<Caller> {
  const client = await Client.connect(url);
  const readSample = async ({ name, type }: Sample) => new File([await readFile(join(folder, name))], name, { type });
  return {
    async call(endpoint, args) {
      try {
        const given = (await place(args, readSample)) as unknown[] | Record<string, unknown>;
        const { data } = await client.predict(endpoint, given);
        const route = `${url}${client.config?.api_prefix ?? ''}/file=`;
        return { values: (await withDownloads((data as unknown[]).map(unwrapUpdate), route)) as unknown[] };
      } catch (error) {
        return { failure: (error as Error).message };
      }
    },
    close: async () => client.close(),
  };
}

/** Puts something in the place of every sample among the arguments. */
export async function place(value: unknown, put: (sample: Sample) => Promise<unknown>): Promise<unknown> {
  if (value instanceof Sample) return put(value);
  if (Array.isArray(value)) return Promise.all(value.map((item) => place(item, put)));
  if (value === null || typeof value !== 'object') return value;
  const fields = await Promise.all(Object.entries(value).map(async ([key, item]) => [key, await place(item, put)]));
  return Object.fromEntries(fields);
}

/** The values of an answer with the files that hugwire saved in the place of their descriptions. */
async function withSavedFiles({ data, files }: SpaceOutcome): Promise<unknown[]> {
  const values = structuredClone(data) as unknown[];
  for (const { at, path, bytes } of files) {
    const last = at.at(-1) as string | number;
    const parent = at.slice(0, -1).reduce<unknown>((inner, key) => (inner as Record<string, unknown>)[key], values);
    const slot = parent as Record<string | number, unknown>;
    const content = await readFile(path);
    if (content.length !== bytes) throw new Error(`${path} has ${content.length} bytes, not ${bytes}.`);
    if (isFileData(slot[last])) slot[last] = describe(slot[last].orig_name, content);
  }
  return values;
}

/** The same for the plain client's answer: its files are fetched from the app's file route. */
async function withDownloads(value: unknown, route: string): Promise<unknown> {
  if (Array.isArray(value)) return Promise.all(value.map((item) => withDownloads(item, route)));
  if (value === null || typeof value !== 'object') return value;
  if (isFileData(value)) {
    // `url` leaves `#` and the like as they are, which no server ever sees.
    const response = await fetch(route + value.path.split('/').map(encodeURIComponent).join('/'));
    if (!response.ok) throw new Error(`${value.path}: HTTP ${response.status}`);
    return describe(value.orig_name, Buffer.from(await response.arrayBuffer()));
  }
  const entries = Object.entries(value).map(async ([key, item]) => [key, await withDownloads(item, route)]);
  return Object.fromEntries(await Promise.all(entries));
}

function describe(name: unknown, content: Buffer) {
  return { file: name, sha256: createHash('sha256').update(content).digest('hex') };
}

function isFileData(value: unknown): value is { path: string; orig_name: unknown } {
  return (value as { meta?: { _type?: string } } | null)?.meta?._type === 'gradio.FileData';
}

/** `gr.update(value=…)` comes raw through the plain client. */
function unwrapUpdate(value: unknown): unknown {
  const update = value as { __type__?: string; value?: unknown } | null;
  return update?.__type__ === 'update' ? (update.value ?? null) : value;
}

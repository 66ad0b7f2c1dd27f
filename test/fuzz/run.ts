import { mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pLimit from 'p-limit';
import { expect } from 'vitest';
import { resolvePaths } from '../../src/config/paths.js';
import { configSchema } from '../../src/config/schema.js';
import type { CallHost } from '../../src/engine/call.js';
import { runCall } from '../../src/engine/call.js';
import { createRuntime, type Runtime } from '../../src/engine/runtime.js';
import { ERROR_CODES } from '../../src/lib/errors.js';
import type { AnyTool, ToolResult } from '../../src/tools/tool.js';
import { createRandom, type Random } from '../doubles/random.js';
import { FORGED } from './mutate.js';

/** What is played in one run; it tells what went wrong. */
type Play<Place> = (random: Random, place: Place, seed: number) => Promise<string[]>;

interface FuzzOptions<Place> {
  /** As `npm run fuzz` calls it. */
  suite: string;
  /** How many runs there are unless `--runs` says otherwise. */
  runs: number;
  /** Where runs are played, one at a time in each. */
  places: Place[];
  /** Seeds that failed once. */
  regressions: readonly number[];
}

/** Whoever asks for many runs waits for them. */
export const TIMEOUT_MS = process.env.FUZZ_RUNS === undefined ? 300_000 : 86_400_000;
/** Nothing takes so long: it hangs. */
const HANGS_AFTER_MS = 120_000;
/** The first ones tell enough. */
const MAX_FAILED = 20;

/**
 * Plays many runs, each from a seed of its own, and fails with the seeds of those in which something went wrong.
 * @param options which runs, and where
 * @param play one run
 */
export async function fuzz<Place>(options: FuzzOptions<Place>, play: Play<Place>): Promise<void> {
  const { suite, places, regressions } = options;
  const { FUZZ_RUNS, FUZZ_SEED } = process.env;
  const first = Number(FUZZ_SEED ?? 1);
  const wanted = Array.from({ length: Number(FUZZ_RUNS ?? options.runs) }, (_, index) => first + index);
  const seeds = FUZZ_SEED === undefined ? [...regressions, ...wanted] : wanted;
  const failed: string[] = [];
  const stray: unknown[] = [];
  const onStray = (reason: unknown) => stray.push(reason);
  process.on('unhandledRejection', onStray).on('uncaughtException', onStray);
  const free = [...places];
  const limit = pLimit(places.length);
  await Promise.all(
    seeds.map((seed) =>
      limit(async () => {
        if (failed.length >= MAX_FAILED) return;
        const place = free.pop() as Place;
        const faults = await playOnce(() => play(createRandom(scramble(seed)), place, seed));
        free.push(place);
        const unhandled = stray.splice(0).map((reason) => `unhandled: ${describeError(reason)}`);
        const all = [...faults, ...unhandled];
        if (all.length > 0) failed.push(`npm run fuzz -- ${suite} --seed ${seed} --runs 1\n  ${all.join('\n  ')}`);
      }),
    ),
  );
  process.off('unhandledRejection', onStray).off('uncaughtException', onStray);
  expect(failed.join('\n')).toBe('');
}

async function playOnce(play: () => Promise<string[]>): Promise<string[]> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<string[]>((resolve) => {
    timer = setTimeout(() => resolve(['it hangs']), HANGS_AFTER_MS);
  });
  try {
    return await Promise.race([play(), late]);
  } catch (error) {
    return [`thrown: ${describeError(error)}`];
  } finally {
    clearTimeout(timer);
  }
}

const describeError = (error: unknown) => (error instanceof Error ? (error.stack ?? error.message) : String(error));

/** Seeds that follow on one another would begin alike. */
const scramble = (seed: number) => Math.abs(Math.imul(seed ^ (seed >>> 15), 0x2c1b3c6d)) % 2_147_483_646;

/** A source of chance of its own for each of many things that come in no certain order. */
export function randomOf(seed: number, name: string): Random {
  let hash = seed;
  for (const unit of name) hash = Math.imul(hash ^ (unit.codePointAt(0) ?? 0), 0x01000193);
  return createRandom(scramble(hash));
}

/** More than any tool has to say. */
const MAX_TEXT = 100_000;
/** What nobody sees but a model reads; written down anew here, so that it cannot be wrong in the same way. */
export const UNCLEAN =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what is looked for
  /[\u0000-\u0008\u000B-\u001F\u007F-\u009F\u200B-\u200F\u2028-\u202E\u2060-\u206F\uFEFF\uFFF9-\uFFFB]|[\u{E0000}-\u{E0FFF}]|[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/u;

/**
 * What is wrong with the answer of a tool, whatever third parties said.
 * @param name of the tool, for the report
 * @param result of the call
 * @param secret the token that was used
 */
export function findFaults(name: string, { text, data, images = [], isError }: ToolResult, secret: string): string[] {
  const written = JSON.stringify(data) ?? '';
  const faults: string[] = [];
  const report = (fault: string, where = text) =>
    faults.push(`${name}: ${fault}: ${JSON.stringify(where.slice(0, 300))}`);
  const look = (fault: string, pattern: RegExp, where = text) => {
    const found = pattern.exec(where);
    if (found) report(fault, where.slice(Math.max(0, found.index - 100)));
  };
  look('a fault of hugwire', /\binternal: |hugwire failed: /);
  look('a fault of hugwire', /"code":"internal"/, written);
  if (isError && !ERROR_CODES.some((code) => text.includes(`${code}: `))) report('an error without a code');
  if (text.trim() === '' && images.length === 0) report('nothing is said');
  if (text.length > MAX_TEXT) report(`${text.length} characters`);
  look('what nobody sees', UNCLEAN);
  const token = new RegExp(secret);
  look('the token in the text', token);
  look('the token in the data', token, written);
  const own = withoutFences(text).join('\n');
  look('a forged line', new RegExp(`^${FORGED}`, 'm'), own);
  look('a value that was not read', /\[object Object\]|(?<![\w“"'])(?:undefined|NaN)(?![\w”"'])/, own);
  for (const { data: image, mimeType } of images) {
    if (!/^image\/(?:png|jpeg|gif|webp)$/.test(mimeType) || !/^[A-Za-z0-9+/]+={0,2}$/.test(image))
      report('a bad image');
  }
  if (Object.hasOwn(Object.prototype, 'polluted')) {
    delete (Object.prototype as { polluted?: unknown }).polluted;
    report('a prototype was changed');
  }
  return faults;
}

/** The lines that stand in no fence. */
function withoutFences(text: string): string[] {
  const outside: string[] = [];
  let marker: string | undefined;
  for (const line of text.split('\n')) {
    if (marker !== undefined) {
      if (line === `--- end ${marker}`) marker = undefined;
      continue;
    }
    marker = /^--- .* ([0-9a-f]{8})$/.exec(line)?.[1];
    if (marker === undefined) outside.push(line);
  }
  return outside;
}

/** A whole hugwire without a transport, whose files are gone when it is closed. */
export interface Engine {
  runtime: Runtime;
  /** Calls a tool and gives what is wrong with its answer. */
  call(tool: string | AnyTool, args: unknown): Promise<string[]>;
  /** @returns what is wrong with the files that it leaves */
  close(): Promise<string[]>;
}

/**
 * @param endpoint of the Hub
 * @param secret the token
 * @param tools what the config says of them
 */
export function openEngine(endpoint: string, secret: string, tools: object = {}): Engine {
  const home = mkdtempSync(join(tmpdir(), 'hugwire-fuzz-'));
  const log: string[] = [];
  const env = { HOME: home, HUGWIRE_HOME: home, HF_ENDPOINT: endpoint, HF_TOKEN: secret };
  const runtime = createRuntime({
    loaded: {
      config: configSchema.parse({
        hub: { timeoutSeconds: 1 },
        tools: { enable: ['all'], ...tools },
        files: { saveTo: join(home, 'saved'), maxMegabytes: 1 },
        spaces: { waitSeconds: 5, maxSeconds: 5 },
      }),
      path: join(home, 'config.json'),
      exists: false,
    },
    env,
    paths: resolvePaths(env),
    log: (line) => log.push(line),
  });
  const host: CallHost = runtime;
  return {
    runtime,
    async call(wanted, args) {
      const tool = typeof wanted === 'string' ? runtime.knownTools().find(({ name }) => name === wanted) : wanted;
      const link = { signal: new AbortController().signal, progress: () => {} };
      return findFaults(
        `${tool?.name} ${JSON.stringify(args)}`,
        await runCall(host, tool as AnyTool, args, link),
        secret,
      );
    },
    async close() {
      await runtime.close();
      const leaks = readdirSync(home, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name))
        .filter((path) => readFileSync(path, 'latin1').includes(secret));
      // What was asked for and not waited for may still be written.
      await rm(home, { recursive: true, force: true, maxRetries: 10 });
      return [
        ...leaks.map((path) => `the token is in the file ${path.slice(home.length)}`),
        ...log.filter((line) => line.includes(secret)).map((line) => `the token is in the log: ${line}`),
      ];
    },
  };
}

import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Config, configSchema } from '../../src/config/schema.js';
import { CALL_LIMITS } from '../../src/gradio/guard.js';
import { cleanText } from '../../src/lib/text.js';
import { createSpaces } from '../../src/spaces/spaces.js';
import { runTool } from '../../src/tools/run.js';
import { spaceCall } from '../../src/tools/space_call.js';
import type { ToolResult } from '../../src/tools/tool.js';
import { type HostileName, type HostileSpace, MISBEHAVIOURS, startHostileSpace } from '../doubles/hostile-space.js';
import { setLimits } from '../doubles/limits.js';
import { FakeClient } from '../hub/fake-client.js';

const TOKEN = `hf_${'z'.repeat(34)}`;
/** Short where they must end something, long where they must not. */
const LIMITS = { uploadMs: 400, joinMs: 400, idleMs: 1_500, cancelMs: 200 };

/** What a call comes to, by the first pattern that fits the misbehaviour's name; `ok` is an answer. */
const OUTCOMES: [RegExp, 'ok' | string][] = [
  [/^(redirect|moved)-(config|data|all)$/, 'blocked'],
  [/^(redirect|moved)-(upload|join)$/, 'space_broken'],
  [/^(hang|drip)-(upload|join|data)$/, 'timeout'],
  [/^(reset|unavailable|bad-gateway)-(config|upload|join|data|all)$/, 'unavailable'],
  [/^server-error-(config|data|all)$/, 'unavailable'],
  [/^server-error-(upload|join)$/, 'space_error'],
  [/^unauthorized-(config|upload|join|data|all)$/, 'unauthorized'],
  [/^(not-json|html|null|empty)-(config|upload|join|all)$/, 'space_broken'],
  [/^(not-json|html|null|empty)-data$/, 'unavailable'],
  [/^(huge|bomb)-(config|upload|join|data|all)$/, 'too_large'],
  [/^truncated-(config|upload|join|data|all)$/, 'unavailable'],
  [/^stream-(null-output|ends-early|ends-in-message|reset)$|^session-lost$|^unexpected-error$/, 'unavailable'],
  [/^stream-silent/, 'timeout'],
  [/^stream-(endless-line|huge-message)$/, 'too_large'],
  [/^stream-endless$/, 'timeout'],
  [/^stream-no-data$/, 'cancelled'],
  [/^queue-full$/, 'timeout'],
  [/^queue-stopped$|event-id$|^config-(no-lists|old-protocol|unknown-protocol)$/, 'space_broken'],
  [/^(no-session|gpu-duration|gpu-worker.*|.*-error|error-.*)$/, 'space_error'],
  [/^(validator|body-refused|endpoints-.*|parameters-.*|schema-(recursive|explosion|proto))$/, 'invalid_arguments'],
  [/^upload-too-large$/, 'too_large'],
  [/^upload-odd-paths$/, 'space_broken'],
  [/^gpu-(quota|runs|space)/, 'quota_exceeded'],
  [/^gpu-credits$/, 'rate_limited'],
  [/^gpu-(queue|client|capacity)$/, 'unavailable'],
  [/./, 'ok'],
];

let root: string;
let config: Config;
const rejections: unknown[] = [];
const note = (reason: unknown): void => void rejections.push(reason);

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'hugwire-hostile-'));
  const saveTo = join(root, 'a', 'b', 'saved');
  await mkdir(saveTo, { recursive: true });
  await writeFile(join(saveTo, 'in.txt'), 'hello');
  config = configSchema.parse({ files: { saveTo, readFrom: [saveTo] }, spaces: { maxSeconds: 2, waitSeconds: 20 } });
  process.on('unhandledRejection', note);
});

afterAll(async () => {
  process.off('unhandledRejection', note);
  await rm(root, { recursive: true, force: true });
});

/** Calls the endpoint that a misbehaviour is about, through the tool. */
async function call(space: HostileSpace, name: string): Promise<ToolResult> {
  const hub = new FakeClient();
  hub.tokenValue = TOKEN;
  // What is too large must be found so, however long a busy machine takes to read that far.
  const isLarge = /^(?:huge|bomb)-|^stream-(?:endless-line|huge-message)$/.test(name);
  if (!isLarge) setLimits(CALL_LIMITS, LIMITS);
  const used = isLarge ? { ...config, spaces: { ...config.spaces, maxSeconds: 240, waitSeconds: 240 } } : config;
  const spaces = createSpaces({ hub: () => hub, net: fetch, config: () => used, typed: true });
  const [endpoint, args] = /upload/.test(name)
    ? ['/send', { file: 'in.txt' }]
    : /^file-/.test(name)
      ? ['/make', {}]
      : ['/echo', { text: 'hi' }];
  const context = { hub, spaces, config: used, signal: new AbortController().signal, progress: () => {} };
  try {
    return await runTool(spaceCall, { space: space.url, endpoint, arguments: args }, context);
  } finally {
    await spaces.close();
  }
}

// Nothing but a person's patience ends these: they are cancelled below.
const NEVER_ENDING = /^(hang|drip)-(config|info|all)$/;
const names = Object.keys(MISBEHAVIOURS) as HostileName[];

describe('a Space that misbehaves', () => {
  it.each(names.filter((name) => !NEVER_ENDING.test(name)))('%s', { timeout: 300_000 }, async (name) => {
    const space = await startHostileSpace(name);
    try {
      const { text, isError, data } = await call(space, name);
      const expected = OUTCOMES.find(([pattern]) => pattern.test(name))?.[1];
      expect(isError ? text.split(':')[0] : 'ok').toBe(expected);
      // Nothing went elsewhere, and the token went nowhere.
      expect(space.foreign.seen).toEqual([]);
      expect(JSON.stringify([space.seen, text, data])).not.toContain(TOKEN);
      // The assistant reads clean text of a bearable length, without HTML where it is ours to say.
      expect(cleanText(text)).toBe(text);
      expect(text.length).toBeLessThan(20_000);
      expect(rejections).toEqual([]);
      expect(Object.keys(Object.prototype)).toEqual([]);
      expect(({} as Record<string, unknown>).polluted).toBeUndefined();
    } finally {
      await space.close();
    }
  });

  it('writes nothing but files of plain names into one directory', async () => {
    const entries = await readdir(root, { recursive: true });
    const files = entries.filter((entry) => !['a', join('a', 'b'), join('a', 'b', 'saved')].includes(entry));
    expect(files.length).toBeGreaterThan(50);
    for (const file of files) expect(file).toMatch(/^a.b.saved.[a-z0-9][\w-]*\.[a-z0-9]+$/);
  });

  it.each(names.filter((name) => NEVER_ENDING.test(name)))('%s ends when the job is cancelled', async (name) => {
    const space = await startHostileSpace(name);
    setLimits(CALL_LIMITS, LIMITS);
    const spaces = createSpaces({ hub: () => new FakeClient(), net: fetch, config: () => config, typed: true });
    const job = spaces.start({ space: space.url, endpoint: '/echo', arguments: { text: 'hi' } });
    await expect.poll(() => space.seen.length).toBeGreaterThan(0);
    await job.cancel();
    expect(job).toMatchObject({ state: 'cancelled', error: { code: 'cancelled' } });
    await spaces.close();
    await space.close();
  });
});

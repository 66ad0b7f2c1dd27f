import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { createRedisState } from '../../src/http/state/redis.js';
import { ApprovalStore } from '../../src/sessions/approvals.js';
import { Conversations } from '../../src/sessions/conversations.js';
import type { Conversation, NewLine } from '../../src/sessions/items.js';
import { LOG_LIMITS } from '../../src/sessions/logs.js';
import { SharedLogs, type SharedStore, TURN_LIMITS } from '../../src/sessions/shared-logs.js';
import { setLimits } from '../doubles/limits.js';
import { command, hasRedis, type RedisServer, startRedis } from '../doubles/redis-server.js';

type State = Awaited<ReturnType<typeof createRedisState>>;
const opened: State[] = [];
afterEach(async () => {
  for (const state of opened.splice(0)) await state.close();
});
let redis: RedisServer;
beforeAll(async () => {
  if (hasRedis) redis = await startRedis();
});
afterAll(() => redis?.stop());

const DAY_MS = 86_400_000;
const secrets = async () => new Set(['a-token-of-no-known-form']);
const logsOf = (state: SharedStore, group: string, ms = DAY_MS) => new SharedLogs(state, group, ms);
const storeOf = (state: SharedStore, group: string, ms?: number) =>
  new Conversations({ logs: logsOf(state, group, ms), secrets });
const say = (text: string): NewLine => ({
  type: 'item',
  item: {
    type: 'message',
    id: `msg_${text}`,
    status: 'completed',
    role: 'user',
    content: [{ type: 'input_text', text }],
  },
});
const textsOf = async (conversation: Conversation | undefined) =>
  JSON.stringify(await conversation?.read())
    .match(/"text":"[^"]*"/g)
    ?.map((text) => text.slice(8, -1));

/** What an instance of a server has of the store that it shares. */
async function connect(): Promise<SharedStore> {
  const state = await createRedisState(redis.url, () => {});
  opened.push(state);
  if (!state.logs) throw new Error('Redis keeps logs');
  return { ...state, logs: state.logs };
}
const make = async () => [await connect(), await connect()] as const;

describe.skipIf(!hasRedis)('conversations of several instances', () => {
  const HERE = { owner: 'key:1', assistant: 'helper' };

  it('go on at any of them', async () => {
    const [a, b] = await make();
    const group = `conversations-${randomUUID()}`;
    const begun = await storeOf(a, group).create({ ...HERE, id: 'lead-42', metadata: { customer: '42' } });
    await begun.append([say('one'), say('a-token-of-no-known-form')]);
    const other = await storeOf(b, group).open('lead-42', 'key:1');
    await other?.append([say('three'), { type: 'metadata', metadata: { customer: '43' } }]);
    expect(await textsOf(begun)).toEqual(['one', '[token]', 'three']);
    expect((await begun.read()).map((line) => 'seq' in line && line.seq)).toEqual([1, 2, 3, 4]);
    await expect(storeOf(b, group).create({ ...HERE, id: 'lead-42' })).rejects.toMatchObject({
      code: 'invalid_arguments',
    });
    expect(await storeOf(b, group).open('lead-42', 'local')).toBeUndefined();
    // Names and tokens of callers are in no key, and the latter in no line.
    expect(await redis.dump()).toMatch(/hugwire:conversations-[0-9a-f-]{36}:[0-9a-f]{16}-[0-9a-f]{32}\n/);
    expect(await redis.dump()).not.toContain('a-token');
    const [told, ...others] = await storeOf(b, group).list({ owner: 'key:1' });
    expect(told).toMatchObject({ id: 'lead-42', title: 'one', messages: 3, metadata: { customer: '43' } });
    expect(told?.bytes).toBeGreaterThan(500);
    expect(others).toEqual([]);
    expect(await storeOf(a, group).list({ owner: 'local' })).toEqual([]);
    expect(await storeOf(a, group).remove('lead-42', 'key:1')).toBe(true);
    expect(await storeOf(b, group).remove('lead-42', 'key:1')).toBe(false);
    await expect(other?.append([say('late')])).rejects.toMatchObject({ code: 'not_found' });
    expect(await storeOf(b, group).list()).toEqual([]);
    expect(await redis.dump()).not.toMatch(/lead-42|a-token/);
  });

  it('keep every line, in the order of each, however many add at once', async () => {
    const [a, b] = await make();
    const group = `conversations-${randomUUID()}`;
    await storeOf(a, group).create({ ...HERE, id: 'x' });
    const talk = async (state: SharedStore, word: string) => {
      const conversation = await storeOf(state, group).open('x', 'key:1');
      for (let at = 0; at < 60; at += 1) await conversation?.append([say(`${word}${at}`), say(`${word}${at}+`)]);
    };
    await Promise.all([talk(a, 'a'), talk(b, 'b')]);
    const texts = (await textsOf(await storeOf(a, group).open('x', 'key:1'))) ?? [];
    expect(texts).toHaveLength(240);
    for (const word of ['a', 'b']) {
      const own = texts.filter((text) => text.startsWith(word));
      expect(own).toEqual(Array.from({ length: 60 }, (_, at) => [`${word}${at}`, `${word}${at}+`]).flat());
    }
  });

  it('are forgotten as a whole when nothing was added to them for long', async () => {
    const [a, b] = await make();
    const group = `conversations-${randomUUID()}`;
    const old = await storeOf(a, group, 400).create({ ...HERE, id: 'x' });
    await vi.waitFor(async () => expect(await storeOf(b, group).open('x', 'key:1')).toBeUndefined());
    expect(await storeOf(b, group).list()).toEqual([]);
    await expect(old.append([say('late')])).rejects.toMatchObject({ code: 'not_found' });
    await storeOf(b, group).create({ ...HERE, id: 'x' });
    expect(await storeOf(a, group).list()).toHaveLength(1);
  });

  it('take one turn at a time; that of an instance that died ends with its lease', async () => {
    setLimits(TURN_LIMITS, { leaseMs: 300, lookMs: 10 });
    const [a, b] = await make();
    const group = `conversations-${randomUUID()}`;
    const here = await storeOf(a, group).create({ ...HERE, id: 'x' });
    const there = (await storeOf(b, group).open('x', 'key:1')) as Conversation;
    let end: () => void = () => {};
    const turn = here.exclusively(() => new Promise<void>((resolve) => (end = resolve)), 0);
    await expect(there.exclusively(async () => 'never', 0)).rejects.toMatchObject({ code: 'unavailable' });
    // Longer than the lease, which is renewed.
    await expect(there.exclusively(async () => 'never', 700)).rejects.toMatchObject({ code: 'unavailable' });
    const next = there.exclusively(async () => 'then', 60_000);
    end();
    await turn;
    expect(await next).toBe('then');
    const name = (await logsOf(a, group).list())[0]?.name ?? '';
    await a.set(`turn:${group}:${name}`, 'of an instance that is no more', TURN_LIMITS.leaseMs);
    expect(await there.exclusively(async () => 'after', 60_000)).toBe('after');
  });

  it('may not be of any size', async () => {
    setLimits(LOG_LIMITS, { line: 10_000, log: 20_000 });
    const [a] = await make();
    const group = `conversations-${randomUUID()}`;
    const conversation = await storeOf(a, group).create({ ...HERE, id: 'x' });
    await expect(conversation.append([say('y'.repeat(10_000))])).rejects.toMatchObject({ code: 'too_large' });
    await conversation.append([say('y'.repeat(4500)), say('z'.repeat(4500))]);
    await expect(conversation.append([say('w'.repeat(4500))])).rejects.toMatchObject({ code: 'too_large' });
    expect(await textsOf(conversation)).toHaveLength(2);
  });

  it('have their requests for approval decided anywhere, once', async () => {
    const [a, b] = await make();
    const group = `approvals-${randomUUID()}`;
    const [one, two] = [a, b].map((state) => new ApprovalStore({ logs: logsOf(state, group), secrets }));
    const where = { ...HERE, conversation: 'x' };
    const request = { id: 'mcpr_1', server_label: 'hugwire', name: 'hub_write', arguments: '{}', digest: 'd' };
    await one?.of(where).ask({ type: 'mcp_approval_request', ...request });
    const shown = await two?.get('mcpr_1');
    if (!shown) throw new Error('none');
    const decided = await Promise.allSettled(
      [one, two, one, two].map((store, at) => store?.decide(shown, { approve: at % 2 === 0 }, `key:${at}`)),
    );
    expect(decided.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(await one?.of(where).decided('mcpr_1')).toEqual((await two?.get('mcpr_1'))?.decision);
    const used = await Promise.all([one, two, one, two].map((store) => store?.of(where).use('mcpr_1')));
    expect(used.filter(Boolean)).toHaveLength((await two?.get('mcpr_1'))?.decision?.approve ? 1 : 0);
  });

  it('are read on behind what something else wrote', async () => {
    const [a] = await make();
    const group = `conversations-${randomUUID()}`;
    const conversation = await storeOf(a, group).create({ ...HERE, id: 'x' });
    await conversation.append([say('one')]);
    const name = (await logsOf(a, group).list())[0]?.name ?? '';
    for (const text of ['', '{', 'null', '[]', '{"type":"item"}', '{"type":"conversation","version":1}'])
      await command(new URL(redis.url).port, 'RPUSH', `hugwire:${group}:${name}`, text);
    await conversation.append([say('two')]);
    expect(await textsOf(await storeOf(a, group).open('x', 'key:1'))).toEqual(['one', 'two']);
    expect(await storeOf(a, group).list()).toHaveLength(1);
  });
});

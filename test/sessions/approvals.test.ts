import { mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { APPROVAL_LIMITS, type Approval, ApprovalStore } from '../../src/sessions/approvals.js';
import type { ApprovalRequestItem } from '../../src/sessions/items.js';
import { FileLogs } from '../../src/sessions/logs.js';

let directory: string;
let store: ApprovalStore;
const secrets = new Set(['a-token-of-no-known-form']);
const openStore = () => new ApprovalStore({ logs: new FileLogs(directory), secrets: async () => secrets });
beforeEach(() => {
  directory = join(mkdtempSync(join(tmpdir(), 'hugwire-approvals-')), 'approvals');
  store = openStore();
});
afterEach(() => {
  vi.useRealTimers();
  rmSync(join(directory, '..'), { recursive: true, force: true });
});

const HERE = { conversation: 'lead-42', owner: 'key:1', assistant: 'helper' };
const REQUEST: ApprovalRequestItem = {
  type: 'mcp_approval_request',
  id: 'mcpr_1',
  server_label: 'hugwire',
  name: 'hub_write',
  arguments: '{"repo":"me/x","token":"secret-value"}',
  message: 'Write to me/x with a-token-of-no-known-form?',
  digest: 'd1',
};
const ask = (id = 'mcpr_1') => store.of(HERE).ask({ ...REQUEST, id });
const pass = (ms: number) => {
  vi.useFakeTimers({ toFake: ['Date'] });
  vi.setSystemTime(Date.now() + ms);
};
const files = () => readdirSync(directory).map((name) => join(directory, name));

it('waits for somebody, and tells the conversation what was decided', async () => {
  await ask();
  const asked = store.of(HERE);
  expect(await asked.decided('mcpr_1')).toBe('waiting');
  const [waiting] = await openStore().list();
  expect(waiting).toMatchObject({ id: 'mcpr_1', tool: 'hub_write', server: 'hugwire', ...HERE, digest: 'd1' });
  await openStore().decide(waiting as Approval, { approve: false, reason: 'not today' }, 'local');
  expect(await asked.decided('mcpr_1')).toMatchObject({ approve: false, reason: 'not today', by: 'local' });
  expect((await store.get('mcpr_1')).decision?.approve).toBe(false);
});

it('is used once, by one of several that do so at once', async () => {
  await ask();
  expect(await store.of(HERE).use('mcpr_1')).toBe(false);
  await store.decide(await store.get('mcpr_1'), { approve: true }, 'local');
  expect(await store.of({ ...HERE, owner: 'key:2' }).use('mcpr_1')).toBe(false);
  const used = await Promise.all(Array.from({ length: 8 }, () => openStore().of(HERE).use('mcpr_1')));
  expect(used.filter(Boolean)).toHaveLength(1);
  expect(await store.of(HERE).decided('mcpr_1')).toBe('gone');
  expect((await store.get('mcpr_1')).decision?.approve).toBe(true);
});

it('is decided once, by one of several that do so at once', async () => {
  await ask();
  const approval = await store.get('mcpr_1');
  const decided = await Promise.allSettled(
    Array.from({ length: 8 }, (_, at) => openStore().decide(approval, { approve: at % 2 === 0 }, `key:${at}`)),
  );
  const [made, ...others] = decided.flatMap((one) => (one.status === 'fulfilled' ? one.value.decision : []));
  expect(others).toEqual([]);
  expect((await store.get('mcpr_1')).decision).toEqual(made);
  for (const one of decided) if (one.status === 'rejected') expect(one.reason.code).toBe('invalid_arguments');
  await expect(store.of(HERE).decide('mcpr_1', { approve: true })).rejects.toMatchObject({
    code: 'invalid_arguments',
    message: expect.stringContaining(made?.approve ? 'approved' : 'denied'),
  });
});

it('holds for what was shown, and in its own conversation alone', async () => {
  await ask();
  const shown = await store.get('mcpr_1');
  await expect(store.decide({ ...shown, digest: 'd2' }, { approve: true }, 'local')).rejects.toMatchObject({
    code: 'not_found',
  });
  for (const other of [
    { ...HERE, conversation: 'lead-43' },
    { ...HERE, owner: 'local' },
  ]) {
    expect(await store.of(other).decided('mcpr_1')).toBe('gone');
    await expect(store.of(other).decide('mcpr_1', { approve: true })).rejects.toMatchObject({ code: 'not_found' });
    expect(await store.list({ owner: other.owner, conversation: other.conversation })).toEqual([]);
  }
  expect(await store.of(HERE).decided('mcpr_1')).toBe('waiting');
  // What was asked under the same id before is not replaced by something else.
  await store.of(HERE).ask({ ...REQUEST, digest: 'd2', message: 'Delete everything?' });
  expect((await store.get('mcpr_1')).digest).toBe('d1');
});

it('is gone when nobody decided in time; a decision counts for longer', async () => {
  await ask('mcpr_1');
  await ask('mcpr_2');
  pass(APPROVAL_LIMITS.waitMs - 1000);
  await store.of(HERE).decide('mcpr_2', { approve: true });
  pass(1001);
  expect(await store.of(HERE).decided('mcpr_1')).toBe('gone');
  await expect(store.get('mcpr_1')).rejects.toMatchObject({ code: 'not_found' });
  expect((await store.list()).map(({ id }) => id)).toEqual(['mcpr_2']);
  expect(await store.of(HERE).decided('mcpr_2')).toMatchObject({ approve: true });
  pass(APPROVAL_LIMITS.keepMs);
  expect(await store.of(HERE).decided('mcpr_2')).toBe('gone');
});

it('leaves nothing behind', async () => {
  await ask();
  const long = new Date(Date.now() - APPROVAL_LIMITS.keepMs - 1000);
  for (const file of files()) utimesSync(file, long, long);
  await ask('mcpr_2');
  expect(files()).toHaveLength(1);
});

it('holds no secrets', async () => {
  await ask();
  await store.of(HERE).decide('mcpr_1', { approve: true, reason: 'a-token-of-no-known-form' });
  const text = files()
    .map((file) => readFileSync(file, 'utf8'))
    .join();
  for (const secret of ['secret-value', ...secrets]) expect(text).not.toContain(secret);
});

it('is nothing that only looks like one', async () => {
  await ask();
  const [file = ''] = files();
  const text = readFileSync(file, 'utf8');
  writeFileSync(join(directory, `${'0'.repeat(32)}.jsonl`), text);
  for (const spoiled of [
    '',
    'half',
    '[]\n',
    'null\n',
    text.replace('"mcpr_1"', '"mcpr_2"'),
    text.replace('"d1"', '1'),
  ]) {
    writeFileSync(file, spoiled);
    expect(await store.list()).toEqual([]);
    for (const id of ['mcpr_1', '', '../x', '0'.repeat(32)]) {
      await expect(store.get(id)).rejects.toMatchObject({ code: 'not_found' });
    }
  }
  // A decision that cannot be read is none, and a yes least of all.
  writeFileSync(file, `${text}{"approve":"true","by":"x","at":${Date.now()}}\n`);
  expect(await store.of(HERE).decided('mcpr_1')).toBe('waiting');
  writeFileSync(file, `${text}{"approve":tr`);
  await store.of(HERE).decide('mcpr_1', { approve: false });
  expect(await store.of(HERE).decided('mcpr_1')).toMatchObject({ approve: false });
});

import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Entry, parseEntry } from '../../src/sessions/entries.js';
import { sessionFile } from '../../src/sessions/names.js';
import type { Recorder } from '../../src/sessions/recorder.js';
import { interceptWrites } from '../lib/file-writes.js';
import { hasModes } from '../platform.js';
import {
  END,
  makeRecorder as makeOne,
  makeState,
  place as placeEntries,
  shortSession,
  writeJournal,
} from './directory.js';

const OUTCOME = { summary: 'found it', bytes: 8, failed: false };

let place: ReturnType<typeof makeState>;
beforeEach(() => {
  place = makeState();
});
afterEach(async () => {
  vi.useRealTimers();
  vi.restoreAllMocks();
  await Promise.all(made.splice(0).map((recorder) => recorder.end('the test is over')));
  place.remove();
});

const made: Recorder[] = [];

function makeRecorder(...given: Parameters<typeof makeOne>) {
  const one = makeOne(...given);
  made.push(one.recorder);
  return one;
}

/** All lines of a session's file; throws at one that is no entry. */
function readAll(id: string): Entry[] {
  const text = readFileSync(sessionFile(place.directory, id), 'utf8');
  expect(text.endsWith('\n')).toBe(true);
  return text
    .trimEnd()
    .split('\n')
    .map((line) => parseEntry(line) ?? expect.fail(`no entry: ${line}`));
}

describe('a session', () => {
  it('tells of every file that a call saved, however many, by its whole path', async () => {
    const { recorder } = makeRecorder(place.state);
    const files = Array.from({ length: 60 }, (_, at) => ({
      path: `/home/${'long/'.repeat(100)}fox_${at}.png`,
      bytes: at,
      mimeType: 'image/png',
    }));
    recorder.call('space_call', {}).end({ ...OUTCOME, files }, 1);
    await recorder.end('end of input');
    expect(readAll(recorder.id)[2]).toMatchObject({ type: 'FunctionResponse', files });
  });

  it('is a file for this user alone: who was there, each call and its answer, and the end', async () => {
    const { recorder } = makeRecorder(place.state);
    recorder.client({ client: { name: 'editor', version: '9' }, protocol: '2025-11-25', capabilities: ['roots'] });
    recorder.listRead();
    const call = recorder.call('hub_search', { query: 'whisper' });
    call.progress({ progress: 1, total: 2, message: 'half' });
    call.log('loading');
    call.end({ ...OUTCOME, images: 1, files: [{ path: '/x/a.png', bytes: 5, mimeType: 'image/png' }] }, 12.345);
    recorder
      .call('hub_read', {}, true)
      .end({ summary: 'not_found: no', bytes: 13, failed: true, error: 'not_found' }, 1);
    recorder.record({ type: 'HumanMessage', text: 'find whisper' });
    await recorder.end('end of input');

    const entries = readAll(recorder.id);
    expect(entries.map(({ type }) => type)).toEqual([
      'SessionStart',
      'ToolMessage',
      'FunctionCall',
      'ToolMessage',
      'ToolMessage',
      'FunctionResponse',
      'FunctionCall',
      'FunctionResponse',
      'HumanMessage',
      'SessionEnd',
    ]);
    expect(entries.map(({ order }) => order)).toEqual(entries.map((_, index) => index + 1));
    expect(entries.map(({ id }) => id)).toEqual(entries.map((_, index) => `e${index + 1}`));
    expect(entries[0]).toMatchObject({
      session: recorder.id,
      version: '1.2.3',
      pid: process.pid,
      client: { name: 'editor', version: '9' },
      protocol: '2025-11-25',
      capabilities: ['roots'],
      tools: ['hub_search'],
    });
    expect(entries[3]).toMatchObject({ kind: 'progress', text: 'half', data: { progress: 1, total: 2 }, parent: 'e3' });
    expect(entries[4]).toMatchObject({ kind: 'log', text: 'loading', parent: 'e3' });
    expect(entries[5]).toMatchObject({ parent: 'e3', milliseconds: 12.3, images: 1, files: [{ path: '/x/a.png' }] });
    expect(entries[6]).toMatchObject({ dryRun: true });
    expect(entries[7]).toMatchObject({ failed: true, error: 'not_found' });
    expect(entries[9]).toMatchObject({ reason: 'end of input', calls: 2, failed: 1 });
    if (hasModes) {
      expect(statSync(sessionFile(place.directory, recorder.id)).mode & 0o777).toBe(0o600);
      expect(statSync(place.directory).mode & 0o777).toBe(0o700);
    }
  });

  it('leaves nothing behind where a client only asked whether the server answers', async () => {
    const { recorder } = makeRecorder(place.state);
    recorder.client({ client: { name: 'editor' } });
    recorder.listRead();
    recorder.note('config', 'taken over');
    await recorder.end('end of input');
    expect(existsSync(place.directory)).toBe(false);
  });

  it('begins when a client has stayed for a while, whether it calls anything or not', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const { recorder } = makeRecorder(place.state);
    recorder.client({ client: { name: 'editor' } });
    await vi.advanceTimersByTimeAsync(1999);
    expect(recorder.isOpen).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    expect(recorder.isOpen).toBe(true);
    vi.useRealTimers();
    await recorder.settled();
    expect(readAll(recorder.id)).toMatchObject([{ type: 'SessionStart', client: { name: 'editor' } }]);
  });

  it('does not begin when recording is turned off before', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const { recorder } = makeRecorder(place.state);
    recorder.client({ client: { name: 'editor' } });
    recorder.enable(false);
    await vi.advanceTimersByTimeAsync(5000);
    expect(recorder.isOpen).toBe(false);
    recorder.enable(true);
    recorder.client({ client: { name: 'other' } });
    await vi.advanceTimersByTimeAsync(2000);
    expect(recorder.isOpen).toBe(true);
  });

  it('tells of a client that comes later, once', async () => {
    const { recorder } = makeRecorder(place.state);
    recorder.call('hub_search', {});
    await recorder.settled();
    for (let count = 0; count < 3; count += 1) recorder.client({ client: { name: 'late' }, protocol: '2026-07-28' });
    await recorder.settled();
    const told = readAll(recorder.id).filter(({ type }) => type === 'ToolMessage');
    expect(told).toMatchObject([{ kind: 'notice', data: { client: { name: 'late' }, protocol: '2026-07-28' } }]);
  });

  it('shows how a client reacts to a changed list', async () => {
    const { recorder } = makeRecorder(place.state);
    recorder.call('hub_search', {});
    recorder.listRead();
    recorder.listChanged();
    recorder.listRead();
    recorder.listRead();
    await recorder.settled();
    const told = readAll(recorder.id).flatMap((entry) =>
      entry.type === 'ToolMessage' ? [[entry.kind, entry.data]] : [],
    );
    expect(told).toEqual([
      ['list_read', { tools: 1 }],
      ['list_changed', { tools: 1 }],
      ['list_read', { tools: 1, afterMs: expect.any(Number) }],
      ['list_read', { tools: 1 }],
    ]);
  });

  it('keeps few of many steps, and limits only when they have changed', async () => {
    const { recorder } = makeRecorder(place.state);
    const call = recorder.call('space_call', {});
    for (let step = 0; step < 1000; step += 1) call.progress({ progress: step, message: `step ${step}` });
    for (let line = 0; line < 1000; line += 1) call.log(`line ${line}`);
    for (let count = 0; count < 5; count += 1) recorder.limits({ api: { remaining: 400, quota: 500 } });
    recorder.limits({});
    await recorder.settled();
    const told = readAll(recorder.id).flatMap((entry) => (entry.type === 'ToolMessage' ? [entry] : []));
    expect(told.filter(({ kind }) => kind === 'progress')).toHaveLength(1);
    expect(told.filter(({ kind }) => kind === 'log').length).toBeLessThanOrEqual(200);
    expect(told.filter(({ kind }) => kind === 'limits')).toMatchObject([{ text: 'Left: api 400 of 500' }]);
  });

  it('holds no token, also one of unknown form that is found while it runs', async () => {
    const secrets = new Set(['odd-Secret-0123456789']);
    const { recorder } = makeRecorder(place.state, { secrets: async () => secrets });
    const call = recorder.call('hub_read', { uris: ['https://x/?token=abc', 'odd-Secret-0123456789'] });
    call.progress({ progress: 1, message: 'with odd-Secret-0123456789' });
    await recorder.settled();
    secrets.add('later-Secret-9876543210');
    call.log('says later-Secret-9876543210 and hf_abcdefghijklmnopqrst');
    call.end({ ...OUTCOME, summary: `${'x'.repeat(490)}odd-Secret-0123456789` }, 1);
    recorder.record({ type: 'AssistantMessage', text: 'Bearer abc123def456ghi' });
    await recorder.end('done: odd-Secret-0123456789');
    const text = readFileSync(sessionFile(place.directory, recorder.id), 'utf8');
    for (const secret of ['odd-Sec', 'later-Sec', 'hf_abc', 'abc123def', 'token=abc'])
      expect(text).not.toContain(secret);
  });

  it('keeps what third parties say on its line, and clean', async () => {
    const { recorder } = makeRecorder(place.state);
    recorder.call('x', { a: 'one\ntwo\u2028\u001b[31mred\ud800' }).log('\u001b[31mred\u202e\nline');
    await recorder.settled();
    const entries = readAll(recorder.id);
    expect(entries).toHaveLength(3);
    expect(entries[2]).toMatchObject({ text: 'red\nline' });
  });
});

describe('recording', () => {
  it('can be off, and be turned on and off while it runs, without a gap', async () => {
    const { recorder } = makeRecorder(place.state, { enabled: false });
    recorder.call('one', {}).end(OUTCOME, 1);
    expect(recorder.record({ type: 'HumanMessage', text: 'no' })).toBe(false);
    expect(existsSync(place.directory)).toBe(false);
    recorder.enable(true);
    recorder.call('two', {}).end(OUTCOME, 1);
    recorder.enable(false);
    const unseen = recorder.call('three', {});
    recorder.enable(true);
    unseen.end(OUTCOME, 1);
    recorder.call('four', {}).end(OUTCOME, 1);
    await recorder.end('done');
    const entries = readAll(recorder.id);
    expect(entries.map(({ order }) => order)).toEqual(entries.map((_, index) => index + 1));
    expect(entries.flatMap((entry) => (entry.type === 'FunctionCall' ? [entry.tool] : []))).toEqual(['two', 'four']);
    expect(entries.at(-1)).toMatchObject({ calls: 2 });
  });

  it('ends with one warning where the directory cannot be made', async () => {
    writeFileSync(place.directory, 'in the way');
    const { recorder, warnings } = makeRecorder(place.state);
    for (let count = 0; count < 3; count += 1) recorder.call('hub_search', {}).end(OUTCOME, 1);
    await recorder.settled();
    recorder.enable(true);
    recorder.call('hub_search', {}).end(OUTCOME, 1);
    await recorder.end('done');
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toContain('not recorded any further');
    expect(warnings[0]).toContain(place.directory);
    expect(readFileSync(place.directory, 'utf8')).toBe('in the way');
  });

  it('ends with one warning when the disk is full, and keeps what was written', async () => {
    let room = 3;
    await interceptWrites((bytes, take) => {
      if (room === 0) throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
      room -= 1;
      // The last write that fits is cut off in the middle of a line.
      return take(room === 0 ? bytes.subarray(0, bytes.length - 10) : bytes);
    });
    const { recorder, warnings } = makeRecorder(place.state);
    for (let count = 0; count < 10; count += 1) {
      recorder.call('hub_search', { count }).end(OUTCOME, 1);
      await recorder.settled();
    }
    await recorder.end('done');
    recorder.settleNow();
    expect(warnings).toEqual([expect.stringContaining('the disk is full')]);
    const lines = readFileSync(sessionFile(place.directory, recorder.id), 'utf8').split('\n');
    const entries = lines.map(parseEntry).filter((entry) => entry !== undefined);
    expect(entries.length).toBeGreaterThan(3);
    expect(lines.length - entries.length).toBe(1);
  });

  it('is over soon where the disk hangs', async () => {
    let release = () => {};
    const hung = new Promise<number>((resolve) => {
      release = () => resolve(1000);
    });
    await interceptWrites(() => hung);
    const { recorder } = makeRecorder(place.state);
    recorder.call('hub_search', {}).end(OUTCOME, 1);
    await recorder.end('done');
    recorder.settleNow();
    // Writing at once would hang as well.
    expect(readFileSync(sessionFile(place.directory, recorder.id), 'utf8')).toBe('');
    release();
    await recorder.settled();
  });

  it('removes journals that are older than the config wants now, and keeps its own', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const asked: number[] = [];
    const { recorder } = makeRecorder(place.state, { keepDays: () => asked.push(1) + 8 });
    recorder.call('hub_search', {}).end(OUTCOME, 1);
    await recorder.settled();
    const kept = sessionFile(place.directory, recorder.id);
    const [old, fresh] = ['s_20261101T080000_999999999_aaaaaa', 's_20261103T080000_999999999_cccccc'].map((id) =>
      writeJournal(place.directory, id, placeEntries([...shortSession(id), END])),
    ) as [string, string];
    const past = new Date(Date.now() - 10 * 86_400_000);
    for (const path of [old, kept]) utimesSync(path, past, past);
    await vi.advanceTimersByTimeAsync(30_000);
    await expect.poll(() => existsSync(old)).toBe(false);
    expect(existsSync(kept)).toBe(true);
    expect(existsSync(fresh)).toBe(true);
    expect(asked).toHaveLength(1);
  });

  it('never writes into a file that is there already', async () => {
    const { recorder, warnings } = makeRecorder(place.state);
    mkdirSync(place.directory);
    writeFileSync(sessionFile(place.directory, recorder.id), 'planted');
    recorder.call('hub_search', {});
    await recorder.settled();
    expect(warnings).toHaveLength(1);
    expect(readFileSync(sessionFile(place.directory, recorder.id), 'utf8')).toBe('planted');
    expect(readdirSync(place.directory)).toHaveLength(1);
  });
});

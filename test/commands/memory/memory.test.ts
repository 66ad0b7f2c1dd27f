import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { editText } from '../../../src/commands/editor.js';
import type { MemoryContext } from '../../../src/commands/memory/notes.js';
import { addNote, editNote, removeNotes, showNotes } from '../../../src/commands/memory/notes.js';
import { exportNotes, importNotes } from '../../../src/commands/memory/transfer.js';
import { formatResult, styleFor } from '../../../src/commands/terminal.js';
import { FileMemory } from '../../../src/sessions/memory/memory.js';
import { runsScripts } from '../../platform.js';

let directory: string;
let command: MemoryContext;
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.parse('2026-11-20') });
  directory = mkdtempSync(join(tmpdir(), 'hugwire-memory-'));
  const memory = new FileMemory({ path: join(directory, 'memory.jsonl') });
  command = { memory, style: styleFor({}, {}) };
});
afterEach(() => {
  vi.useRealTimers();
  rmSync(directory, { recursive: true, force: true });
});

const all = async () => (await command.memory.search({ limit: 100 })).notes;
const answering = (answer: boolean) => ({ confirm: async () => answer }) as never;

describe('hugwire memory', () => {
  it('adds, lists at a terminal with how many there are, and plainly in a pipe', async () => {
    await addNote('First line\nsecond', { tag: ['A b'], kind: 'summary' }, command);
    await addNote('Another', {}, command);
    const terminal = await showNotes('', { limit: 1 }, { ...command, width: 80 });
    expect(terminal.text).toMatch(
      /^id {8}date {8}kind {2}text\nm_\w{6} {2}2026-11-20 {2}note {2}Another\n\n1 of 2 notes/,
    );
    const piped = await showNotes('first', {}, command);
    expect(piped.text).toMatch(/^m_\w{6} {2}2026-11-20 {2}summary {2}First line {2}#a-b$/);
    expect(JSON.parse(formatResult(await showNotes('', {}, command), { json: true }))).toMatchObject({
      matching: 2,
      total: 2,
    });
    expect((await showNotes('zebra', {}, command)).text).toBe('None of 2 notes matches "zebra".');
  });

  it('edits by options, or by an editor', async () => {
    await addNote('old', { tag: ['a'] }, command);
    const [note] = await all();
    const id = note?.id ?? '';
    await expect(editNote(id, {}, command)).rejects.toMatchObject({ code: 'invalid_arguments' });
    expect((await editNote(id, {}, command, async (text) => `${text}\n`)).text).toBe(`Nothing changed in ${id}.`);
    await editNote(id, {}, command, async (text) => `${text} and new\n`);
    await editNote(id, { tag: ['b'], kind: 'preference' }, command);
    expect(await all()).toMatchObject([{ id, text: 'old and new', tags: ['b'], kind: 'preference' }]);
  });

  it.runIf(runsScripts)('takes what the editor saved, and nothing when it fails', async () => {
    const env = (editor: string) => ({ PATH: process.env.PATH, EDITOR: editor });
    expect(await editText('one', env('sed -i s/one/two/'))).toBe('two\n');
    for (const editor of ['false', 'no-such-editor-here 2>/dev/null']) {
      await expect(editText('one', env(editor))).rejects.toMatchObject({
        code: 'unavailable',
        message: expect.stringContaining(editor),
        hint: expect.stringContaining('EDITOR'),
      });
    }
  });

  it('removes only after a yes', async () => {
    for (const text of ['a', 'b', 'c']) await addNote(text, {}, command);
    const [note] = await all();
    const ids = [note?.id ?? ''];
    await expect(removeNotes(ids, {}, command)).rejects.toMatchObject({ code: 'invalid_arguments' });
    await expect(removeNotes([], {}, command)).rejects.toMatchObject({ code: 'invalid_arguments' });
    await expect(removeNotes(ids, { all: true }, command)).rejects.toMatchObject({ code: 'invalid_arguments' });
    await removeNotes(ids, {}, { ...command, prompts: answering(false) });
    expect(await all()).toHaveLength(3);
    await removeNotes(ids, {}, { ...command, prompts: answering(true) });
    expect(await all()).toHaveLength(2);
    expect((await removeNotes([], { all: true, yes: true }, command)).text).toBe('Removed 2 notes.');
    expect((await removeNotes([], { all: true, yes: true }, command)).text).toBe('Nothing was removed.');
  });
});

describe('export and import', () => {
  it('carry everything to another memory, and change nothing where it is already', async () => {
    await addNote('One\n# not a heading of ours', { tag: ['x'], kind: 'summary' }, command);
    await command.memory.save([{ text: 'Two', kind: 'message', role: 'user', time: '2020-01-02T00:00:00.000Z' }]);
    const { text, count } = await exportNotes(command.memory, {});
    expect(count).toBe(2);
    expect((await importNotes(text, {}, command.memory)).text).toBe('0 new, 0 updated, 2 unchanged, 0 refused.');
    const other = new FileMemory({ path: join(directory, 'other.jsonl') });
    expect((await importNotes(text, {}, other)).text).toBe('2 new, 0 updated, 0 unchanged, 0 refused.');
    expect((await exportNotes(other, {})).text).toBe(text);
    const changed = text.replace('Two', 'Two, mended');
    expect(JSON.parse(formatResult(await importNotes(changed, {}, other), { json: true }))).toMatchObject({
      new: 0,
      updated: 1,
    });
    const markdown = await exportNotes(other, {}, 'markdown');
    expect(markdown.text).toMatch(/^## 2020-01-02 · message of user · m_\w+\n\nTwo, mended\n\n## /);
    expect(markdown.text).toContain('\n\\# not a heading');
  });

  it('refuses a file with a bad line as a whole, unless told to leave it out', async () => {
    const bad = `{"text":"good"}\n{oops\n{"text":"${'x'.repeat(10_001)}"}\n`;
    await expect(importNotes(bad, {}, command.memory)).rejects.toMatchObject({
      message: expect.stringMatching(/^Nothing was imported: line 2 \(is not a note.*line 3 \(The text is too long/),
    });
    expect(await all()).toEqual([]);
    const result = await importNotes(bad, { skipBad: true }, command.memory);
    expect(result).toMatchObject({ text: '1 new, 0 updated, 0 unchanged, 2 refused.', exitCode: 1 });
    expect(await all()).toMatchObject([{ text: 'good' }]);
  });
});

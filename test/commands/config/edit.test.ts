import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { editFile } from '../../../src/commands/config/validate.js';

let directory: string;
let file: string;
let told: string[];
let copies: string[];
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'hugwire-edit-'));
  file = join(directory, 'config.json');
  told = [];
  copies = [];
});
afterEach(() => {
  for (const copy of copies) rmSync(dirname(copy), { recursive: true, force: true });
  rmSync(directory, { recursive: true });
});

/** An editor that writes one text after the other; and a person who says yes as often as told. */
function edit(texts: string[], answers: boolean[] = []) {
  return editFile({
    path: file,
    async open(copy) {
      copies.push(copy);
      const text = texts.shift();
      if (text !== undefined) writeFileSync(copy, text);
    },
    tell: (line) => told.push(line),
    prompts: answers.length > 0 ? { confirm: async () => answers.shift() ?? false } : undefined,
  });
}

const read = () => readFileSync(file, 'utf8');
const copyIsGone = () => !existsSync(dirname(copies[0] ?? ''));

describe('hugwire config edit', () => {
  it('writes what is valid, as it was written', async () => {
    writeFileSync(file, '{}');
    expect(await edit(['{ "hub" : {"offline":true} }'])).toMatchObject({ exitCode: 0 });
    expect(read()).toBe('{ "hub" : {"offline":true} }');
    expect(copyIsGone()).toBe(true);
  });

  it.each(['{"hub":', '[]', '{"hub":{"ofline":true}}'])('puts what is broken right: %s', async (broken) => {
    writeFileSync(file, broken);
    expect(await edit(['{"hub":{"offline":true}}'])).toMatchObject({ exitCode: 0 });
    expect(read()).toBe('{"hub":{"offline":true}}');
  });

  it('begins a file that is not there, with its schema for the editor', async () => {
    await edit(['{"$schema":"./config.schema.json"}']);
    expect(existsSync(join(directory, 'config.schema.json'))).toBe(true);
  });

  it('does nothing when nothing was changed', async () => {
    expect((await edit([])).text).toMatch(/was not changed/);
    expect(existsSync(file)).toBe(false);
    expect(copyIsGone()).toBe(true);
  });

  it('lets the person edit again until it is valid', async () => {
    writeFileSync(file, '{}');
    await edit(['{"hub":', '{"hub":{"ofline":true}}', '{"hub":{"offline":true}}'], [true, true]);
    expect(told).toEqual(['is not valid JSON: line 1, column 8: it ends too early', 'unknown key "hub.ofline"']);
    expect(read()).toBe('{"hub":{"offline":true}}');
  });

  it.each([[[]], [[false]]])('keeps what is invalid in the copy (%j)', async (answers) => {
    writeFileSync(file, '{}');
    await expect(edit(['{"a":1}'], answers)).rejects.toMatchObject({ code: 'invalid_arguments' });
    expect(read()).toBe('{}');
    expect(told.at(-1)).toBe(`your changes are in ${copies[0]}`);
    expect(readFileSync(copies[0] ?? '', 'utf8')).toBe('{"a":1}');
  });

  it('overwrites nothing that somebody else wrote meanwhile', async () => {
    writeFileSync(file, '{}');
    const editing = editFile({
      path: file,
      async open(copy) {
        copies.push(copy);
        writeFileSync(copy, '{"hub":{"offline":true}}');
        writeFileSync(file, '{"cache":{"enabled":false}}');
      },
      tell: (line) => told.push(line),
    });
    await expect(editing).rejects.toThrow('was changed by somebody else meanwhile');
    expect(read()).toBe('{"cache":{"enabled":false}}');
    expect(readFileSync(copies[0] ?? '', 'utf8')).toBe('{"hub":{"offline":true}}');
  });

  it('writes no token', async () => {
    writeFileSync(file, '{}');
    await expect(edit([`{"token":{"name":"hf_${'x'.repeat(30)}"}}`])).rejects.toThrow('looks like a token');
    expect(read()).toBe('{}');
  });
});

import { describe, expect, it } from 'vitest';
import { readCard, readContent, readPaper, readSections, readTables } from './facts.js';
import { findFact } from './holds.js';

const fact = (value: string, about: string[] = []) => ({ about, label: 'x', value });

describe('findFact', () => {
  it.each([
    ['5.0M', 'a | 5M', 'text'],
    ['5.0M', 'a | 5,014,662', 'text'],
    ['5.0M', 'a | 5.1K', undefined],
    ['3022', 'likes 3K', 'text'],
    ['3022', 'likes 4K', undefined],
    ['3', '3K', undefined],
    ['3', '13', undefined],
    ['1543.5M', '1.5B parameters', 'text'],
    ['20.5 MB', '20 MB', 'text'],
    ['20.5 MB', '20M', 'text'],
    ['153 bytes', '153 B', 'text'],
    ['153 bytes', '153B', undefined],
    ['12 Aug, 2024', 'updated 2024-08', 'text'],
    ['12 Aug, 2024', 'updated 2024-08-13', undefined],
    ['2024-08-12T19:05:14.000Z', 'updated 2024-08-12', 'text'],
    ['en, fr', 'languages: fr, de, en', 'text'],
    ['en, fr', 'languages: en', undefined],
    ['🔒 Gated', 'a/b [gated]', 'text'],
    ['Some *words* of\na card', 'some words of a card', 'text'],
    ['other words', 'some words', undefined],
  ])('%j in %j: %s', (value, text, where) => {
    expect(findFact(fact(value), { text, data: {} })).toBe(where);
  });

  it('looks into the row that a fact is about, and no other', () => {
    const text = 'id | likes\na/b [gated] | 5\na/c | 7';
    expect(findFact(fact('7', ['a/c']), { text, data: {} })).toBe('text');
    expect(findFact(fact('7', ['a/b']), { text, data: {} })).toBeUndefined();
    expect(findFact(fact('gated', ['a/c']), { text, data: {} })).toBeUndefined();
  });

  it('then into what the typed result says of the same thing', () => {
    const data = {
      rows: [
        { id: 'a/b', gated: false, likes: 5, tags: ['x', 'y'] },
        { id: 'a/c', gated: 'auto', likes: 7 },
      ],
    };
    expect(findFact(fact('5', ['a/b']), { text: '', data })).toBe('data');
    expect(findFact(fact('7', ['a/b']), { text: '', data })).toBeUndefined();
    expect(findFact(fact('Gated', ['a/c']), { text: '', data })).toBe('data');
    expect(findFact(fact('Gated', ['a/b']), { text: '', data })).toBeUndefined();
    expect(findFact(fact('y', ['a/b']), { text: '', data })).toBe('data');
  });
});

describe('facts', () => {
  it('of sections', () => {
    const answer = [
      'Found 2 repositories across models matching query "x".',
      '## Models (2)',
      '### a/b',
      '**Task:** asr | **Likes:** 5',
      '**Link:** [https://hf.co/a/b](https://hf.co/a/b)',
      '---',
      '**Type: Model**',
      '### A title (`a/c`)',
      'What it does',
      '## Inference Providers',
      '- **novita** (live)',
      '- [demo](https://hf.co/spaces/d/demo)',
    ].join('\n');
    expect(readSections(answer).map(({ about, label, value }) => `${about} ${label} ${value}`)).toEqual([
      'a/b id a/b',
      'a/b Task asr',
      'a/b Likes 5',
      'a/b Link [https://hf.co/a/b](https://hf.co/a/b)',
      'a/c id a/c',
      'a/c Description What it does',
      'a/c Inference Providers novita',
      'a/c Inference Providers d/demo',
    ]);
  });

  it('of tables', () => {
    const answer =
      '| Path | Size | Details |\n|---|---:|---|\n| a\\_b | — | repo=model, public, gated=auto, likes=5, some, words, title=One, two, sdk=gradio |\n\ntext';
    expect(readTables(['Path'])(answer)).toEqual([
      { about: ['a_b'], label: 'Path', value: 'a_b' },
      { about: ['a_b'], label: 'repo', value: 'model' },
      { about: ['a_b'], label: 'gated', value: 'gated' },
      { about: ['a_b'], label: 'likes', value: '5' },
      { about: ['a_b'], label: 'Details', value: 'some, words' },
      { about: ['a_b'], label: 'title', value: 'One, two' },
      { about: ['a_b'], label: 'sdk', value: 'gradio' },
    ]);
  });

  it('of content', () => {
    const answer = '## Operation 1\n\nPath: `x`\nBytes: 12\n\n# T[[t]]\n\n---\nwords';
    expect(readContent(answer).map(({ value }) => value)).toEqual(['# T', 'words']);
  });

  it('of a card', () => {
    const answer = 'Bytes: 9\n\n---\nlicense: mit\nlanguage:\n- en\n- fr\n---\n\n# T\nwords';
    expect(readCard(answer).map(({ label, value }) => `${label} ${value}`)).toEqual([
      'license mit',
      'language en',
      'language fr',
      'content # T',
      'content words',
    ]);
  });

  it('of a paper', () => {
    const metadata = JSON.stringify({ id: '1', authors: [{ name: 'Ann' }, { name: 'Bo' }] }, null, 2);
    const answer = `## Operation 1\n\nBytes: 9\n\n${metadata}\n\n---\n\n## Operation 2\n\nBytes: 9\n\nwords`;
    expect(readPaper(answer).map(({ label, value }) => `${label} ${value}`)).toEqual([
      'id 1',
      'name Ann',
      'name Bo',
      'content words',
    ]);
  });
});

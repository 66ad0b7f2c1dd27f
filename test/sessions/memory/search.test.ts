import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { FileMemory } from '../../../src/sessions/memory/memory.js';
import { foldText, NoteIndex, splitWords } from '../../../src/sessions/memory/search.js';

const NOW = Date.parse('2026-11-20T12:00:00Z');
const daysAgo = (days: number) => new Date(NOW - days * 86_400_000).toISOString();

/** What an assistant may have kept in half a year, each with a name to tell it by. */
const CORPUS: Record<string, { text: string; tags?: string[]; days: number }> = {
  theme: { text: 'The user prefers a dark theme in every editor.', tags: ['preferences'], days: 100 },
  spelling: { text: 'Write British spelling in code comments and documents.', tags: ['style'], days: 90 },
  whisper: { text: 'openai/whisper-large-v3 transcribed the Swedish interviews best.', tags: ['speech'], days: 60 },
  parakeet: { text: 'Parakeet was faster at transcription, but weaker for Swedish.', tags: ['speech'], days: 40 },
  flux: { text: 'FLUX.1-schnell makes the pictures for the blog at 1024x768.', tags: ['images'], days: 30 },
  licence: {
    text: 'Only models with an Apache-2.0 or MIT licence may ship in the product.',
    tags: ['legal'],
    days: 80,
  },
  deployOld: { text: 'Deploy to the staging cluster with make deploy.', tags: ['ops'], days: 170 },
  deployNew: { text: 'Deploy to the staging cluster with task deploy.', tags: ['ops'], days: 1 },
  cafe: { text: 'Team lunch is at Café Zoë on Fridays.', days: 20 },
  tokyo: { text: '東京都の天気予報モデルを評価した', days: 15 },
  dataset: { text: 'The interviews are in the dataset lund/interviews-2025, split test.', tags: ['data'], days: 50 },
  budget: { text: 'The budget for GPU hours is 2025 euros a month.', days: 10 },
  packages: {
    text: 'The package is published by the release workflow; never by hand.',
    tags: ['ops', 'release'],
    days: 5,
  },
  release: { text: 'Notes of the meeting: we talked about many things, and somebody said release once.', days: 5 },
};

/** The words that may be meant by the first, the likeliest first, of notes that hold one word each. */
async function meant(wanted: string, ...known: string[]): Promise<string[]> {
  const notes = known.map((text) => ({ id: text, time: '', kind: 'note' as const, tags: [], text }));
  return (await NoteIndex.of(notes)).search(wanted);
}

describe('the words of a text', () => {
  it.each([
    ['Café CAFÉ cafe\u0301', 'cafe cafe cafe'],
    ['Straße Ærø Łódź Ħ', 'strasse aero lodz ħ'],
    ['ＷＩＤＥ ﬁne', 'wide fine'],
    ['ガ か\u3099', 'ガ が'],
    ['ไม้', 'ไม้'],
  ])('folds %s', (text, folded) => expect(foldText(text)).toBe(folded));

  it.each([
    ['FLUX.1-schnell, snake_case', ['flux', '1', 'schnell', 'snake', 'case']],
    ['東京都', ['東京', '京都']],
    ['Tokyo東京 2024年', ['tokyo', '東京', '2024', '年']],
    ['データ', ['デー', 'ータ']],
    ['…', []],
  ])('splits %s', (text, words) => expect(splitWords(text)).toEqual(words));

  it('lets the last character be found where it is asked to', () => {
    expect(splitWords('東京都', true)).toEqual(['東京', '京都', '都']);
  });
});

describe('a word of a question', () => {
  it('prefers the word itself to a longer one, and that to a misspelling', async () => {
    expect(await meant('space', 'spice', 'spaces', 'space')).toEqual(['space', 'spaces', 'spice']);
  });

  it.each([
    ['recieve', 'receive'],
    ['pakage', 'package'],
    ['speling', 'spelling'],
    ['東', '東京'],
  ])('takes %s for %s', async (wanted, known) => expect(await meant(wanted, known)).toEqual([known]));

  it.each([
    ['2024', '2025'],
    ['gpt4', 'gpt5'],
    ['cat', 'car'],
    ['a', 'apple'],
    ['space', 'speech'],
    ['東京', '京都'],
  ])('does not take %s for %s', async (wanted, known) => expect(await meant(wanted, known)).toEqual([]));
});

describe('a search', () => {
  let directory: string;
  let memory: FileMemory;
  beforeAll(async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: NOW });
    directory = mkdtempSync(join(tmpdir(), 'hugwire-memory-'));
    memory = new FileMemory({ path: join(directory, 'memory.jsonl') });
    await memory.save(Object.values(CORPUS).map(({ text, tags, days }) => ({ text, tags, time: daysAgo(days) })));
  });
  afterAll(() => {
    vi.useRealTimers();
    rmSync(directory, { recursive: true, force: true });
  });

  const search = async (words: string) => {
    const { notes } = await memory.search({ words, limit: 20 });
    return notes.map(({ text }) => Object.keys(CORPUS).find((name) => CORPUS[name]?.text === text));
  };

  it.each([
    ['all words of the question', 'swedish transcription', ['parakeet', 'whisper']],
    ['the newer of two that say the same', 'deploy staging', ['deployNew', 'deployOld']],
    ['the beginning of a word', 'transcr', ['whisper', 'parakeet']],
    ['a part of an id', 'whisper large', ['whisper']],
    ['a tag before a word in passing', 'release', ['packages', 'release']],
  ])('finds %s', async (_title, words, names) => {
    expect((await search(words)).slice(0, names.length)).toEqual(names);
  });

  it.each([
    ['misspelt words', 'bitish speling', 'spelling'],
    ['a word without its accents', 'cafe zoe', 'cafe'],
    ['a word in another case and width', 'ＣＡＦÉ', 'cafe'],
    ['words within a sentence that has no spaces', '天気', 'tokyo'],
    ['a single character of it', '都', 'tokyo'],
    ['a question', 'what licence must a model have that we ship?', 'licence'],
    ['an exact number', '2025 euros', 'budget'],
  ])('puts first what was meant by %s', async (_title, words, name) => {
    expect((await search(words))[0]).toBe(name);
  });

  it('gives nothing where nothing fits', async () => {
    expect(await search('kubernetes helm chart')).toEqual([]);
    expect(await memory.search({ words: 'kubernetes' })).toMatchObject({ notes: [], matching: 0 });
    expect(await search('…')).toEqual([]);
  });

  it('leaves out what has only the least of the words in common', async () => {
    expect(await search('the parakeet')).toEqual(['parakeet']);
  });
});

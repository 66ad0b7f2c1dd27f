import { describe, expect, it } from 'vitest';
import { apiPath, parseReference, parseRepo, repoPath, showReference } from '../../src/hub/reference.js';

const repo = (id: string, rest: object = {}) => ({ type: 'repo', id, ...rest });
const path = (id: string, where: string, rest: object = {}) => ({ type: 'path', id, path: where, ...rest });
const model = { kind: 'model' };
const dataset = { kind: 'dataset' };

describe('parseReference', () => {
  it.each<[string, object]>([
    // bare
    ['openai/whisper-large-v3', repo('openai/whisper-large-v3')],
    ['  `openai/whisper-large-v3` ', repo('openai/whisper-large-v3')],
    ['gpt2', repo('gpt2')],
    ['models/gpt2', repo('gpt2', model)],
    ['datasets/rajpurkar/squad', repo('rajpurkar/squad', dataset)],
    ['datasets/squad', repo('squad', dataset)],
    ['spaces/black-forest-labs/FLUX.1-schnell', repo('black-forest-labs/FLUX.1-schnell', { kind: 'space' })],
    ['datasets', repo('datasets')],
    ['o/n@', repo('o/n')],
    ['o/n@v1.0', repo('o/n', { revision: 'v1.0' })],
    ['gpt2@main/config.json', path('gpt2', 'config.json', { revision: 'main' })],
    ['o/n/onnx/model.onnx', path('o/n', 'onnx/model.onnx')],
    ['o/n/', path('o/n', '', { folder: true })],
    ['o/n@v1/', path('o/n', '', { revision: 'v1', folder: true })],
    ['o/n/onnx/', path('o/n', 'onnx', { folder: true })],
    ['o/n/a@b.txt', path('o/n', 'a@b.txt')],
    ['o/n/100% #1?.txt', path('o/n', '100% #1?.txt')],
    [
      'datasets/o/n@refs/convert/parquet/default/train/0000.parquet',
      path('o/n', 'default/train/0000.parquet', { ...dataset, revision: 'refs/convert/parquet' }),
    ],
    // hf://
    ['hf://o/n', repo('o/n', model)],
    ['HF://models/o/n', repo('o/n', model)],
    [
      'hf://datasets/o/n@refs%2Fpr%2F1/data/a b.csv',
      path('o/n', 'data/a b.csv', { ...dataset, revision: 'refs/pr/1' }),
    ],
    ['hf://datasets/o/n@refs/pr/12/data', path('o/n', 'data', { ...dataset, revision: 'refs/pr/12' })],
    ['hf://spaces/o/n@feature%2Fx', repo('o/n', { kind: 'space', revision: 'feature/x' })],
    ['hf://docs/hub/index#top', { type: 'docs', path: 'hub/index', anchor: 'top' }],
    ['hf://papers/2407.21783', { type: 'paper', id: '2407.21783' }],
    // web
    ['https://huggingface.co/o/n', repo('o/n', model)],
    ['https://huggingface.co/gpt2?library=transformers#files', repo('gpt2', model)],
    ['hf.co/datasets/o/n', repo('o/n', dataset)],
    ['https://www.hf.co/o/n/blob/main/a/b.txt#L3', path('o/n', 'a/b.txt', { ...model, revision: 'main' })],
    [
      'https://huggingface.co/gpt2/resolve/main/config.json?download=true',
      path('gpt2', 'config.json', { ...model, revision: 'main' }),
    ],
    [
      'https://huggingface.co/o/n/raw/refs%2Fpr%2F1/100%25.txt',
      path('o/n', '100%.txt', { ...model, revision: 'refs/pr/1' }),
    ],
    ['https://huggingface.co/o/n/resolve/refs/pr/1/x.txt', path('o/n', 'x.txt', { ...model, revision: 'refs/pr/1' })],
    ['https://huggingface.co/o/n/tree/main', path('o/n', '', { ...model, revision: 'main', folder: true })],
    [
      'https://huggingface.co/spaces/o/n/tree/main/src',
      path('o/n', 'src', { kind: 'space', revision: 'main', folder: true }),
    ],
    ['https://huggingface.co/o/n/commit/0123abc', repo('o/n', { ...model, revision: '0123abc' })],
    ['https://huggingface.co/datasets/o/n/viewer/default/train?p=2', repo('o/n', dataset)],
    ['https://huggingface.co/o/n/discussions/12#abc', { type: 'discussion', ...model, id: 'o/n', number: 12 }],
    ['https://huggingface.co/o/n/discussions', { type: 'discussion', ...model, id: 'o/n' }],
    ['https://huggingface.co/api/models/o/n/revision/v1', repo('o/n', { ...model, revision: 'v1' })],
    // papers, docs, collections
    ['papers/2407.21783', { type: 'paper', id: '2407.21783' }],
    ['2407.21783v2', { type: 'paper', id: '2407.21783' }],
    ['arXiv:2407.21783', { type: 'paper', id: '2407.21783' }],
    ['arxiv.org/abs/2407.21783v1', { type: 'paper', id: '2407.21783' }],
    ['https://arxiv.org/pdf/2407.21783.pdf', { type: 'paper', id: '2407.21783' }],
    ['https://hf.co/papers/1706.03762.md', { type: 'paper', id: '1706.03762' }],
    ['docs', { type: 'docs', path: '' }],
    [
      'docs/transformers/main_classes/trainer#transformers.Trainer',
      { type: 'docs', path: 'transformers/main_classes/trainer', anchor: 'transformers.Trainer' },
    ],
    ['https://huggingface.co/docs/hub/en/index.md', { type: 'docs', path: 'hub/en/index' }],
    [
      'https://huggingface.co/docs/peft/v0.17.0/en/quicktour.html#train',
      { type: 'docs', path: 'peft/v0.17.0/en/quicktour', anchor: 'train' },
    ],
    [
      'collections/owner/slug-64f9a55bb3115b4f513ec026',
      { type: 'collection', slug: 'owner/slug-64f9a55bb3115b4f513ec026' },
    ],
  ])('reads %s', (text, expected) => {
    expect(parseReference(text)).toEqual(expected);
  });

  it.each<[string, RegExp]>([
    ['', /empty/],
    ['  ""', /empty/],
    ['x'.repeat(5000), /too long/],
    ['owner/na me', /only letters/],
    ['owner/naïve', /only letters/],
    ['owner/a--b', /"--"/],
    ['owner/a..b', /"\.\."/],
    ['../../api/whoami-v2', /"\.\."/],
    ['-owner/name', /begin or end/],
    ['owner/name.', /begin or end/],
    ['owner/name.git', /"\.git"/],
    [`owner/${'n'.repeat(97)}`, /96/],
    ['owner//file', /empty/],
    ['o/n/../secret', /not a path/],
    ['o/n/a//b', /not a path/],
    ['o/n/a\u0007b', /not a path/],
    ['o/n@/x', /not a revision/],
    ['o/n@a..b/x', /not a revision/],
    ['o/n@%E0%A4%A/x', /badly encoded/],
    ['papers/attention', /not an arXiv id/],
    ['collections/owner', /not a collection/],
    ['https://example.com/o/n', /not the Hub/],
    ['https://owner-name.hf.space/', /not the Hub/],
    ['https://huggingface.co.evil.example/o/n', /not the Hub/],
    ['https://huggingface.co/o/n/settings', /does not read the page "settings"/],
    ['https://huggingface.co/o/n/resolve/main/%2e%2e/%2e%2e/x', /not a path|not a repository|does not read/],
    ['http://[', /not a web address/],
  ])('refuses %j', (text, message) => {
    expect(() => parseReference(text)).toThrowError(
      expect.objectContaining({ code: 'invalid_arguments', message: expect.stringMatching(message) }),
    );
  });

  it('understands addresses of the configured Hub, also below a path and without a scheme', () => {
    expect(parseReference('http://127.0.0.1:4000/o/n/blob/main/a', 'http://127.0.0.1:4000')).toEqual(
      path('o/n', 'a', { ...model, revision: 'main' }),
    );
    expect(parseReference('127.0.0.1:4000/datasets/o/n', 'http://127.0.0.1:4000')).toEqual(repo('o/n', dataset));
    expect(parseReference('https://mirror.example/hub/o/n', 'https://mirror.example/hub')).toEqual(repo('o/n', model));
    expect(parseReference('https://huggingface.co/o/n', 'https://mirror.example/hub')).toEqual(repo('o/n', model));
  });

  it('reads back what showReference writes', () => {
    for (const text of [
      'o/n',
      'datasets/o/n@refs/pr/1/a/b.csv',
      'spaces/o/n/src/',
      'o/n/',
      'papers/2407.21783',
      'docs/hub/index#a',
      'collections/o/s-1',
    ]) {
      expect(showReference(parseReference(text))).toBe(text);
    }
    const discussion = 'https://huggingface.co/datasets/o/n/discussions/3';
    expect(showReference(parseReference(discussion))).toBe(discussion);
  });
});

describe('parseRepo', () => {
  it('takes the repository of a file and refuses what is none', () => {
    expect(parseRepo('datasets/o/n@v1/a.csv')).toEqual(repo('o/n', { ...dataset, revision: 'v1' }));
    expect(() => parseRepo('papers/2407.21783')).toThrowError(/not a repository/);
  });
});

describe('paths', () => {
  it('encodes each segment once', () => {
    expect(repoPath('model', 'gpt2', 'resolve', 'refs/pr/1', 'a b#.txt')).toBe(
      '/gpt2/resolve/refs%2Fpr%2F1/a%20b%23.txt',
    );
    expect(apiPath('dataset', 'o/n', 'tree', 'main', ...'data/x?.csv'.split('/'))).toBe(
      '/api/datasets/o/n/tree/main/data/x%3F.csv',
    );
  });
});

describe('a token in a reference', () => {
  const token = `hf_${'aB3dE6gH9k'.repeat(4).slice(0, 34)}`;

  it.each([
    token,
    `owner/${token}`,
    `owner/name@${token}`,
    `owner/name/${token}.txt`,
    `https://huggingface.co/owner/name?token=${token}`,
    `https://user:${token}@huggingface.co/owner/name`,
    'https://secret-of-another-form@huggingface.co/owner/name',
    `owner/name@${token.slice(0, 9)}\u200b${token.slice(9)}`,
    `owner/name/%68f_${token.slice(3)}`,
  ])('%s is refused without being repeated', (text) => {
    expect(() => parseReference(text)).toThrow(/^The reference holds what looks like a token\.$/);
  });

  it.each(['huggingface/hf_transfer', 'owner/hf_model_of_a_long_name-v2'])('%s is a name', (text) => {
    expect(parseReference(text)).toMatchObject({ type: 'repo', id: text });
  });
});

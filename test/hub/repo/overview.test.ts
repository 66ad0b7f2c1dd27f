import { describe, expect, it } from 'vitest';
import { readDataset } from '../../../src/hub/repo/dataset.js';
import type { FoundRepo } from '../../../src/hub/repo/lookup.js';
import { readModel } from '../../../src/hub/repo/model.js';
import { readSpace } from '../../../src/hub/repo/overview.js';
import { FakeClient } from '../fake-client.js';

const found = (kind: FoundRepo['kind'], info: Record<string, unknown>): FoundRepo => ({ kind, id: 'o/n', info });

describe('a model', () => {
  it('without any field is its id', () => {
    expect(readModel(found('model', {}))).toEqual({ kind: 'model', id: 'o/n' });
  });

  it.each<[what: string, info: Record<string, unknown>, expected: object]>([
    [
      'the weights of safetensors',
      { safetensors: { parameters: { F32: 10, BF16: 90 }, total: 100 } },
      { parameters: 100, types: ['BF16', 'F32'] },
    ],
    [
      'the weights of GGUF',
      { gguf: { total: 7, architecture: 'llama', context_length: 4096 } },
      { parameters: 7, architecture: 'llama', contextLength: 4096 },
    ],
    [
      'a pipeline of diffusers',
      { config: { diffusers: { _class_name: 'FluxPipeline' } } },
      { architecture: 'FluxPipeline' },
    ],
    [
      'how it was quantised',
      { config: { quantization_config: { quant_method: 'gptq', bits: 4 } } },
      { quantization: 'gptq 4 bit' },
    ],
    [
      'providers as a list',
      {
        inferenceProviderMapping: [
          { provider: 'a', status: 'live', task: 't' },
          { provider: 'b', status: 'staging' },
        ],
      },
      { providers: [{ provider: 'a', task: 't' }] },
    ],
    [
      'providers as a map',
      { inferenceProviderMapping: { a: { status: 'live', task: 't' }, b: { status: 'error' } } },
      { providers: [{ provider: 'a', task: 't' }] },
    ],
    [
      'its base',
      { baseModels: { relation: 'quantized', models: [{ _id: '1', id: 'x/y' }] } },
      { base: { relation: 'quantized', models: ['x/y'] } },
    ],
    ['its base by the card', { cardData: { base_model: 'x/y' } }, { base: { models: ['x/y'] } }],
    [
      'its derivatives',
      { childrenModelCount: { finetune: 3, merge: 0, quantized: 12 } },
      { derivatives: { finetune: 3, quantized: 12 } },
    ],
    [
      'a licence with a name of its own',
      { cardData: { license: 'other', license_name: 'llama-x' } },
      { licence: 'llama-x' },
    ],
    ['a licence by tag', { tags: ['license:mit'] }, { licence: 'mit' }],
    ['one language for a list', { cardData: { language: 'fr' } }, { languages: ['fr'] }],
    ['data by tag', { tags: ['dataset:a/b', 'arxiv:2407.21783'] }, { datasets: ['a/b'], papers: ['2407.21783'] }],
    ['a gate', { gated: 'manual', private: false }, { gated: 'manual' }],
  ])('tells %s', (_what, info, expected) => {
    expect(readModel(found('model', info))).toEqual({ kind: 'model', id: 'o/n', ...expected });
  });

  it('takes results in either form, and none from a pull request that is open', () => {
    const info = {
      evalResults: [
        { dataset: { id: 'cais/hle', task_id: 'default' }, value: 20.9 },
        { filename: 'x.yaml', verified: true, data: { dataset: { id: 'a/gpqa', task_id: 'diamond' }, value: 0.41234 } },
        { data: { dataset: { id: 'a/b', task_id: 't' }, value: 1 }, pullRequest: 12 },
        { filename: 'broken.yaml', error: 'cannot be parsed' },
      ],
      'model-index': [
        { results: [{ dataset: { name: 'LibriSpeech' }, metrics: [{ type: 'wer', value: 2.7 }, { type: 'cer' }] }] },
      ],
    };
    expect(readModel(found('model', info)).evaluations).toEqual([
      { dataset: 'cais/hle', task: 'default', value: '20.9' },
      { dataset: 'a/gpqa', task: 'diamond', value: '0.412', verified: true },
      { dataset: 'LibriSpeech', metric: 'wer', value: '2.7' },
    ]);
  });

  it('survives fields of other types than the Hub documents', () => {
    const odd = Object.fromEntries(
      [
        'cardData',
        'tags',
        'config',
        'safetensors',
        'gguf',
        'spaces',
        'evalResults',
        'model-index',
        'baseModels',
        'inferenceProviderMapping',
        'childrenModelCount',
        'likes',
        'gated',
      ].map((name) => [name, null]),
    );
    for (const value of [null, 7, 'text', [null], [7], { a: null }, true]) {
      const info = Object.fromEntries(Object.keys(odd).map((name) => [name, value]));
      expect(readModel(found('model', info)).id).toBe('o/n');
      expect(readSpace(found('space', info)).id).toBe('o/n');
    }
  });

  it('lets nothing invisible through', () => {
    const info = {
      pipeline_tag: 'a\u202eb\u{e0041}\u001b[31mc',
      tags: ['license:m\nit'],
      cardData: { language: ['e\u200bn'] },
    };
    expect(JSON.stringify(readModel(found('model', info)))).toBe(
      '{"kind":"model","id":"o/n","licence":"m it","task":"abc","languages":["en"]}',
    );
  });
});

describe('a dataset', () => {
  const size = {
    size: {
      dataset: { num_rows: 30, num_bytes_original_files: 900 },
      configs: [{ config: 'en', num_columns: 2 }],
      splits: [
        { config: 'en', split: 'train', num_rows: 20 },
        { config: 'en', split: 'test', num_rows: 10 },
      ],
    },
    partial: true,
  };

  it('has the splits that the viewer counted', async () => {
    const overview = await readDataset(new FakeClient(() => ({ body: size })), found('dataset', {}));
    expect(overview.size).toEqual({
      rows: 30,
      bytes: 900,
      configs: [
        {
          name: 'en',
          columns: 2,
          splits: [
            { name: 'train', rows: 20 },
            { name: 'test', rows: 10 },
          ],
        },
      ],
      partial: true,
    });
  });

  it.each<[what: string, dataset_info: unknown]>([
    ['one config', { splits: [{ name: 'train', num_examples: 5 }] }],
    ['a list of them', [{ config_name: 'default', splits: [{ name: 'train', num_examples: 5 }] }]],
  ])('has those of its card when the viewer fails: %s', async (_what, dataset_info) => {
    const viewerFails = new FakeClient(() => Promise.reject(new Error('away')));
    const overview = await readDataset(viewerFails, found('dataset', { cardData: { dataset_info }, mainSize: 77 }));
    expect(overview.size).toEqual({
      rows: 5,
      bytes: 77,
      configs: [{ name: 'default', splits: [{ name: 'train', rows: 5 }] }],
    });
  });
});

describe('a Space', () => {
  it('tells what it is and how it runs', () => {
    const info = {
      sdk: 'gradio',
      cardData: { title: 'T', short_description: 'S', sdk_version: '6.1.0', license: 'mit' },
      runtime: {
        stage: 'RUNTIME_ERROR',
        hardware: { current: null, requested: 'zero-a10g' },
        errorMessage: 'Traceback\n…',
      },
      models: ['a/b'],
      tags: ['mcp-server'],
    };
    expect(readSpace(found('space', info))).toEqual({
      kind: 'space',
      id: 'o/n',
      licence: 'mit',
      title: 'T',
      description: 'S',
      sdk: 'gradio',
      sdkVersion: '6.1.0',
      stage: 'RUNTIME_ERROR',
      hardware: 'zero-a10g',
      failure: 'Traceback …',
      models: ['a/b'],
      mcp: true,
    });
  });
});

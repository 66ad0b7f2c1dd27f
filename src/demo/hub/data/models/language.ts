import type { ModelSeed } from '../../build/seeds.js';

/** Models that write text. */
export const languageModels: ModelSeed[] = [
  {
    id: 'openai-community/gpt2',
    created: '2022-03-02',
    modified: '2024-02-19',
    downloads: 9_842_118,
    allTime: 682_904_551,
    likes: 3_022,
    trending: 6,
    license: 'mit',
    languages: ['en'],
    library: 'transformers',
    task: 'text-generation',
    tags: [
      'pytorch',
      'tf',
      'jax',
      'tflite',
      'rust',
      'onnx',
      'exbert',
      'text-generation-inference',
      'endpoints_compatible',
    ],
    parameters: { F32: 137_022_720 },
    config: {
      architectures: ['GPT2LMHeadModel'],
      model_type: 'gpt2',
      n_ctx: 1024,
      n_embd: 768,
      n_head: 12,
      n_layer: 12,
      vocab_size: 50_257,
    },
    frontMatter: { tags: ['exbert'] },
    card: `
# GPT-2

A transformer trained on English web pages to predict the next word. This is the smallest of the four sizes, with 124M
parameters.

## How to use

\`\`\`python
from transformers import pipeline, set_seed

generator = pipeline("text-generation", model="openai-community/gpt2")
set_seed(42)
generator("Hello, I'm a language model,", max_length=30, num_return_sequences=5)
\`\`\`

## Limits

The pages were not filtered. The model repeats the prejudice that it read there; test it before you put it in front of
people.`,
    files: [
      { path: 'pytorch_model.bin', size: 548_118_077, scan: 'caution' },
      { path: 'merges.txt', text: '#version: 0.2\nĠ t\nĠ a\nh e\ni n\n' },
      { path: 'onnx/config.json', text: '{\n  "model_type": "gpt2"\n}\n' },
      { path: 'onnx/decoder_model.onnx', size: 653_665_842 },
    ],
    refs: [{ name: 'refs/pr/1' }, { name: 'v1.0' }],
    commits: [
      'Fix typo in README (#98)',
      'Adding safetensors variant of this model (#6)',
      'Add ONNX weights',
      'Add note on limits',
      'initial commit',
    ],
  },
];

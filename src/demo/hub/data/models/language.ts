import type { ModelSeed } from '../../build/seeds.js';

/** What most chat models are tagged with. */
const CHAT = ['conversational', 'text-generation-inference', 'endpoints_compatible'];

/** Large models that write text. */
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
    widget: [{ text: 'My name is Julien and I like to' }, { text: 'Once upon a time,' }],
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
  {
    id: 'meta-llama/Llama-3.1-8B-Instruct',
    created: '2024-07-18',
    modified: '2024-09-25',
    downloads: 5_412_903,
    allTime: 121_408_772,
    likes: 5_084,
    trending: 31,
    license: 'llama3.1',
    languages: ['en', 'de', 'fr', 'it', 'pt', 'hi', 'es', 'th'],
    gated: 'manual',
    library: 'transformers',
    task: 'text-generation',
    tags: ['facebook', 'meta', 'pytorch', 'llama-3', ...CHAT],
    papers: ['2204.05149'],
    base: { relation: 'finetune', ids: ['meta-llama/Llama-3.1-8B'] },
    parameters: { BF16: 8_030_261_248 },
    config: {
      architectures: ['LlamaForCausalLM'],
      model_type: 'llama',
      hidden_size: 4096,
      num_hidden_layers: 32,
      max_position_embeddings: 131_072,
    },
    providers: {
      novita: 'meta-llama/llama-3.1-8b-instruct',
      cerebras: 'llama3.1-8b',
      nscale: 'meta-llama/Llama-3.1-8B-Instruct',
    },
    frontMatter: {
      extra_gated_prompt: 'You agree to the Llama 3.1 Community License before you get access.',
      extra_gated_fields: { 'First Name': 'text', Country: 'country', Affiliation: 'text' },
    },
    card: `
## Model information

Llama 3.1 is a collection of multilingual models of 8B, 70B and 405B parameters, trained on text and tuned for
dialogue. This is the 8B model after instruction tuning. It takes up to 128k tokens.

| | |
|---|---|
| Released | 23 July 2024 |
| Training data | publicly available text, about 15T tokens |
| Cutoff | December 2023 |
| Languages | English, German, French, Italian, Portuguese, Hindi, Spanish, Thai |

## How to use

\`\`\`python
import torch
from transformers import pipeline

pipe = pipeline(
    "text-generation",
    model="meta-llama/Llama-3.1-8B-Instruct",
    model_kwargs={"torch_dtype": torch.bfloat16},
    device_map="auto",
)
print(pipe([{"role": "user", "content": "Who are you?"}], max_new_tokens=64))
\`\`\``,
    files: [
      {
        path: 'LICENSE',
        text: 'LLAMA 3.1 COMMUNITY LICENSE AGREEMENT\nLlama 3.1 Version Release Date: July 23, 2024\n',
      },
      { path: 'original/consolidated.00.pth', size: 16_060_617_592 },
      { path: 'original/params.json', text: '{"dim": 4096, "n_layers": 32, "n_heads": 32, "n_kv_heads": 8}\n' },
      { path: 'generation_config.json', text: '{\n  "do_sample": true,\n  "temperature": 0.6,\n  "top_p": 0.9\n}\n' },
    ],
  },
  {
    id: 'Qwen/Qwen2.5-7B-Instruct',
    created: '2024-09-16',
    modified: '2025-01-12',
    downloads: 8_640_552,
    allTime: 92_115_380,
    likes: 936,
    trending: 9,
    license: 'apache-2.0',
    languages: ['en'],
    library: 'transformers',
    task: 'text-generation',
    tags: ['chat', ...CHAT],
    papers: ['2309.00071', '2407.10671'],
    base: { relation: 'finetune', ids: ['Qwen/Qwen2.5-7B'] },
    parameters: { BF16: 7_615_616_512 },
    config: { architectures: ['Qwen2ForCausalLM'], model_type: 'qwen2', hidden_size: 3584, num_hidden_layers: 28 },
    providers: { together: 'Qwen/Qwen2.5-7B-Instruct-Turbo', 'featherless-ai': 'Qwen/Qwen2.5-7B-Instruct' },
    card: `
# Qwen2.5-7B-Instruct

The 7B model of the Qwen2.5 series after instruction tuning. Compared with Qwen2 it knows more, codes and calculates
better, follows long system prompts, writes more than 8k tokens at a time and gives sound JSON.

Supports 29 languages, among them Chinese, English, French, Spanish, Arabic and Thai.`,
  },
  {
    id: 'mistralai/Mistral-7B-Instruct-v0.3',
    created: '2024-05-22',
    modified: '2025-07-24',
    downloads: 1_104_377,
    allTime: 41_820_119,
    likes: 2_284,
    trending: 11,
    license: 'apache-2.0',
    library: 'vllm',
    task: 'text-generation',
    tags: ['mistral-common', ...CHAT],
    base: { relation: 'finetune', ids: ['mistralai/Mistral-7B-v0.3'] },
    parameters: { BF16: 7_248_023_552 },
    config: { architectures: ['MistralForCausalLM'], model_type: 'mistral', vocab_size: 32_768 },
    providers: { novita: 'mistralai/mistral-7b-instruct-v0.3' },
    frontMatter: { extra_gated_description: 'To learn how we treat your data, read our privacy policy.' },
    card: `
# Model Card for Mistral-7B-Instruct-v0.3

Instruction tuned from Mistral-7B-v0.3. Against v0.2: a vocabulary of 32,768 tokens, the v3 tokenizer, and function
calling.

## Chat

\`\`\`sh
pip install mistral_inference
mistral-chat $HOME/mistral_models/7B-Instruct-v0.3 --instruct --max_tokens 256
\`\`\`

The model has no moderation of its own.`,
    files: [
      { path: 'consolidated.safetensors', size: 14_496_078_512 },
      { path: 'tokenizer.model.v3', text: 'mistral tokenizer v3\n' },
    ],
  },
];

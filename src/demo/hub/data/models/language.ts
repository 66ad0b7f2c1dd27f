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
    id: 'Qwen/Qwen3-8B',
    created: '2025-04-27',
    modified: '2025-07-26',
    downloads: 6_071_244,
    allTime: 48_733_910,
    likes: 878,
    trending: 24,
    license: 'apache-2.0',
    library: 'transformers',
    task: 'text-generation',
    tags: CHAT,
    papers: ['2309.00071', '2505.09388'],
    base: { relation: 'finetune', ids: ['Qwen/Qwen3-8B-Base'] },
    parameters: { BF16: 8_190_735_360 },
    config: {
      architectures: ['Qwen3ForCausalLM'],
      model_type: 'qwen3',
      hidden_size: 4096,
      num_hidden_layers: 36,
      max_position_embeddings: 40_960,
    },
    providers: { 'fireworks-ai': 'accounts/fireworks/models/qwen3-8b', nscale: 'Qwen/Qwen3-8B' },
    frontMatter: { license_link: 'https://huggingface.co/Qwen/Qwen3-8B/blob/main/LICENSE' },
    card: `
# Qwen3-8B

Qwen3 thinks before it answers, or does not: one model with two modes, switched by \`enable_thinking\` in the chat
template or by \`/think\` and \`/no_think\` in a message.

- Parameters: 8.2B, of which 6.95B outside the embeddings
- Layers: 36; attention heads: 32 for Q and 8 for KV
- Context: 32,768 tokens natively and 131,072 with YaRN

## Quickstart

\`\`\`python
from transformers import AutoModelForCausalLM, AutoTokenizer

name = "Qwen/Qwen3-8B"
tokenizer = AutoTokenizer.from_pretrained(name)
model = AutoModelForCausalLM.from_pretrained(name, torch_dtype="auto", device_map="auto")
\`\`\`

In thinking mode use temperature 0.6, top-p 0.95 and top-k 20, and never greedy decoding.`,
    files: [{ path: 'LICENSE', text: 'Apache License\nVersion 2.0, January 2004\n' }],
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
  {
    id: 'deepseek-ai/DeepSeek-R1',
    created: '2025-01-20',
    modified: '2025-03-27',
    downloads: 402_556,
    allTime: 13_705_642,
    likes: 12_877,
    trending: 28,
    license: 'mit',
    library: 'transformers',
    task: 'text-generation',
    tags: ['conversational', 'custom_code', 'fp8', 'text-generation-inference', 'endpoints_compatible'],
    papers: ['2501.12948'],
    parameters: { BF16: 3_918_786_560, F8_E4M3: 680_571_043_840, F32: 41_555_600 },
    config: {
      architectures: ['DeepseekV3ForCausalLM'],
      model_type: 'deepseek_v3',
      auto_map: { AutoConfig: 'configuration_deepseek.DeepseekV3Config' },
    },
    providers: { together: 'deepseek-ai/DeepSeek-R1', novita: 'deepseek/deepseek-r1-turbo' },
    card: `
# DeepSeek-R1

Reasoning models of the first generation. DeepSeek-R1-Zero was trained by reinforcement learning alone; it reasons well
and repeats itself. DeepSeek-R1 puts some cold-start data before the reinforcement learning.

| Model | Parameters | Active | Context |
|---|---|---|---|
| DeepSeek-R1-Zero | 671B | 37B | 128K |
| DeepSeek-R1 | 671B | 37B | 128K |

## Advice

Set the temperature between 0.5 and 0.7. Give no system prompt: put everything into the user's message.`,
    files: [
      { path: 'configuration_deepseek.py', text: 'class DeepseekV3Config:\n    model_type = "deepseek_v3"\n' },
      { path: 'LICENSE', text: 'MIT License\n\nCopyright (c) 2023 DeepSeek\n' },
    ],
  },
  {
    id: 'openai/gpt-oss-20b',
    created: '2025-08-04',
    modified: '2025-08-26',
    downloads: 7_262_098,
    allTime: 38_940_225,
    likes: 4_204,
    trending: 57,
    license: 'apache-2.0',
    library: 'transformers',
    task: 'text-generation',
    tags: ['vllm', 'mxfp4', '8-bit', ...CHAT],
    papers: ['2508.10925'],
    parameters: { BF16: 1_804_459_584, U8: 19_707_494_400 },
    config: { architectures: ['GptOssForCausalLM'], model_type: 'gpt_oss', num_local_experts: 32 },
    providers: {
      groq: 'openai/gpt-oss-20b',
      'fireworks-ai': 'accounts/fireworks/models/gpt-oss-20b',
      together: 'OpenAI/gpt-oss-20B',
    },
    card: `
# gpt-oss-20b

An open-weight model with 21B parameters, 3.6B of them active, for low latency and local use. It runs within 16 GB of
memory, since its experts are stored in MXFP4.

- Reasoning effort is set in the system prompt: \`Reasoning: high\`.
- Works only with the harmony response format.

\`\`\`sh
pip install -U transformers kernels torch
transformers serve
transformers chat localhost:8000 --model-name-or-path openai/gpt-oss-20b
\`\`\``,
    files: [
      {
        path: 'chat_template.jinja',
        text: '{%- for message in messages -%}<|start|>{{ message.role }}<|message|>{{ message.content }}<|end|>{%- endfor -%}\n',
      },
      { path: 'original/model.safetensors', size: 13_761_300_984 },
      { path: 'metal/model.bin', size: 13_750_886_400 },
    ],
  },
];

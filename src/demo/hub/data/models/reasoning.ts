import type { ModelSeed } from '../../build/seeds.js';

/** What most chat models are tagged with. */
const CHAT = ['conversational', 'text-generation-inference', 'endpoints_compatible'];

/** Large models that think before they answer. */
export const reasoningModels: ModelSeed[] = [
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

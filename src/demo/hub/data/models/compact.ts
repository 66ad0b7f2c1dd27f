import type { ModelSeed } from '../../build/seeds.js';

const CHAT = ['conversational', 'text-generation-inference', 'endpoints_compatible'];

/** Models that write text on a laptop, and files for llama.cpp. */
export const compactModels: ModelSeed[] = [
  {
    id: 'Qwen/Qwen3-0.6B',
    created: '2025-04-27',
    modified: '2025-07-26',
    downloads: 7_815_402,
    allTime: 43_612_887,
    likes: 964,
    trending: 26,
    license: 'apache-2.0',
    library: 'transformers',
    task: 'text-generation',
    tags: CHAT,
    papers: ['2505.09388'],
    base: { relation: 'finetune', ids: ['Qwen/Qwen3-0.6B-Base'] },
    parameters: { BF16: 751_632_384 },
    config: { architectures: ['Qwen3ForCausalLM'], model_type: 'qwen3', hidden_size: 1024, num_hidden_layers: 28 },
    providers: { 'featherless-ai': 'Qwen/Qwen3-0.6B' },
    card: `
# Qwen3-0.6B

The smallest of the dense Qwen3 models: 0.6B parameters, 28 layers, 32,768 tokens of context. It switches between
thinking and answering at once, as its larger siblings do, and speaks over 100 languages and dialects.`,
  },
  {
    id: 'google/gemma-2-2b-it',
    created: '2024-07-16',
    modified: '2024-08-27',
    downloads: 385_620,
    allTime: 11_402_986,
    likes: 1_246,
    trending: 5,
    license: 'gemma',
    gated: 'manual',
    library: 'transformers',
    task: 'text-generation',
    tags: CHAT,
    papers: ['2009.03300', '1905.07830'],
    base: { relation: 'finetune', ids: ['google/gemma-2-2b'] },
    parameters: { BF16: 2_614_341_888 },
    config: { architectures: ['Gemma2ForCausalLM'], model_type: 'gemma2', num_hidden_layers: 26 },
    frontMatter: {
      extra_gated_heading: 'Access Gemma on Hugging Face',
      extra_gated_button_content: 'Acknowledge license',
    },
    card: `
# Gemma 2 model card

Light models of Google, built from the research behind Gemini: text in, text out, in English, with open weights in a
pre-trained and an instruction-tuned form. At 2B parameters this one runs on a laptop.`,
  },
  {
    id: 'microsoft/Phi-3.5-mini-instruct',
    created: '2024-08-16',
    modified: '2025-03-02',
    downloads: 254_913,
    allTime: 9_871_440,
    likes: 951,
    trending: 3,
    license: 'mit',
    languages: ['multilingual'],
    library: 'transformers',
    task: 'text-generation',
    tags: ['nlp', 'code', 'custom_code', ...CHAT],
    papers: ['2404.14219', '2407.13833', '2403.06412'],
    parameters: { BF16: 3_821_079_552 },
    config: { architectures: ['Phi3ForCausalLM'], model_type: 'phi3', max_position_embeddings: 131_072 },
    frontMatter: { license_link: 'https://huggingface.co/microsoft/Phi-3.5-mini-instruct/resolve/main/LICENSE' },
    card: `
## Model summary

Phi-3.5-mini has 3.8B parameters and takes 128K tokens. It was trained on synthetic data and filtered public pages,
with the weight on text that is dense in reasoning, and then tuned with supervised examples, PPO and DPO.

Meant for uses that are short of memory or time, in English and some twenty other languages.`,
  },
  {
    id: 'HuggingFaceTB/SmolLM3-3B',
    created: '2025-07-08',
    modified: '2025-09-10',
    downloads: 121_305,
    allTime: 1_203_664,
    likes: 812,
    trending: 8,
    license: 'apache-2.0',
    languages: ['en', 'fr', 'es', 'it', 'pt', 'zh', 'ar', 'ru'],
    library: 'transformers',
    task: 'text-generation',
    tags: CHAT,
    base: { relation: 'finetune', ids: ['HuggingFaceTB/SmolLM3-3B-Base'] },
    parameters: { BF16: 3_075_098_624 },
    config: { architectures: ['SmolLM3ForCausalLM'], model_type: 'smollm3', num_hidden_layers: 36 },
    providers: { 'hf-inference': 'HuggingFaceTB/SmolLM3-3B' },
    card: `
# SmolLM3

A fully open model of 3B parameters: open weights, and open details of the training, mixture of data and configurations
included. Two modes of reasoning, six languages, and up to 128k tokens with YaRN.

\`\`\`python
from transformers import pipeline

pipe = pipeline("text-generation", model="HuggingFaceTB/SmolLM3-3B")
pipe([{"role": "system", "content": "/no_think"}, {"role": "user", "content": "Explain gravity in one line."}])
\`\`\``,
  },
  {
    id: 'TinyLlama/TinyLlama-1.1B-Chat-v1.0',
    created: '2023-12-30',
    modified: '2024-03-17',
    downloads: 2_391_047,
    allTime: 40_552_812,
    likes: 1_472,
    trending: 4,
    license: 'apache-2.0',
    languages: ['en'],
    library: 'transformers',
    task: 'text-generation',
    tags: CHAT,
    datasets: ['cerebras/SlimPajama-627B', 'bigcode/starcoderdata', 'HuggingFaceH4/ultrachat_200k'],
    parameters: { BF16: 1_100_048_384 },
    config: { architectures: ['LlamaForCausalLM'], model_type: 'llama', hidden_size: 2048, num_hidden_layers: 22 },
    widget: [{ example_title: 'Fibonacci (Python)', messages: [{ role: 'user', content: 'Write fib(n) in Python.' }] }],
    card: `
# TinyLlama-1.1B

A Llama model of 1.1B parameters, pre-trained on 3 trillion tokens in 90 days on 16 A100 cards. The architecture and
tokenizer are those of Llama 2, so it drops into anything that is built upon Llama.

This is the chat model, tuned on UltraChat and aligned with UltraFeedback.`,
  },
  {
    id: 'Qwen/Qwen3-8B-GGUF',
    created: '2025-05-03',
    modified: '2025-05-22',
    downloads: 131_872,
    allTime: 902_415,
    likes: 118,
    trending: 3,
    license: 'apache-2.0',
    task: 'text-generation',
    tags: ['endpoints_compatible', 'conversational'],
    papers: ['2505.09388'],
    base: { relation: 'quantized', ids: ['Qwen/Qwen3-8B'] },
    gguf: {
      total: 8_190_735_360,
      architecture: 'qwen3',
      context_length: 40_960,
      bos_token: '<|endoftext|>',
      eos_token: '<|im_end|>',
      chat_template: "{%- if tools %}{{- '<|im_start|>system\\n' }}{%- endif %}",
    },
    card: `
# Qwen3-8B-GGUF

Qwen3-8B for llama.cpp and all that is built upon it, as q4_K_M, q5_0, q5_K_M, q6_K and q8_0.

\`\`\`sh
./llama-cli -hf Qwen/Qwen3-8B-GGUF:Q8_0 --jinja --color -ngl 99 -fa -c 40960 -n 32768 --no-context-shift
\`\`\``,
    files: [
      { path: 'Qwen3-8B-Q4_K_M.gguf', size: 5_027_783_488 },
      { path: 'Qwen3-8B-Q5_K_M.gguf', size: 5_851_112_224 },
      { path: 'Qwen3-8B-Q6_K.gguf', size: 6_725_899_040 },
      { path: 'Qwen3-8B-Q8_0.gguf', size: 8_709_518_112 },
    ],
  },
  {
    id: 'bartowski/Llama-3.2-3B-Instruct-GGUF',
    created: '2024-09-25',
    modified: '2024-10-08',
    downloads: 164_029,
    allTime: 2_740_113,
    likes: 191,
    trending: 2,
    license: 'llama3.2',
    languages: ['en', 'de', 'fr', 'it', 'pt', 'hi', 'es', 'th'],
    task: 'text-generation',
    tags: ['facebook', 'meta', 'llama', 'llama-3', 'imatrix', 'conversational', 'endpoints_compatible'],
    base: { relation: 'quantized', ids: ['meta-llama/Llama-3.2-3B-Instruct'] },
    gguf: { total: 3_212_749_888, architecture: 'llama', context_length: 131_072, eos_token: '<|eot_id|>' },
    frontMatter: { quantized_by: 'bartowski' },
    card: `
## llama.cpp imatrix quantisations of Llama-3.2-3B-Instruct

| Filename | Type | Size | Remark |
|---|---|---|---|
| Llama-3.2-3B-Instruct-Q8_0.gguf | Q8_0 | 3.42GB | more than is needed |
| Llama-3.2-3B-Instruct-Q4_K_M.gguf | Q4_K_M | 2.02GB | the usual choice |
| Llama-3.2-3B-Instruct-IQ3_M.gguf | IQ3_M | 1.60GB | for little memory |`,
    files: [
      { path: 'Llama-3.2-3B-Instruct-IQ3_M.gguf', size: 1_599_668_768 },
      { path: 'Llama-3.2-3B-Instruct-Q4_K_M.gguf', size: 2_019_377_696 },
      { path: 'Llama-3.2-3B-Instruct-Q8_0.gguf', size: 3_421_899_296 },
    ],
  },
];

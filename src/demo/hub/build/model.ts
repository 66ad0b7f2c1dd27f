import type { DemoModel } from '../repos.js';
import { present } from './card.js';
import { buildRepo } from './repo.js';
import type { FileSeed, ModelSeed } from './seeds.js';

/** Bytes that a parameter takes, by safetensors type. */
const BYTES: Record<string, number> = { F64: 8, F32: 4, BF16: 2, F16: 2, F8_E4M3: 1, I64: 8, I32: 4, I8: 1, U8: 1 };

/** What one file of weights holds at most when a library splits them. */
const SHARD = 5_000_000_000;

/** Transformers' class for a task, as `transformersInfo` has it. */
const AUTO_CLASSES: Record<string, { auto_model: string; processor: string }> = {
  'text-generation': { auto_model: 'AutoModelForCausalLM', processor: 'AutoTokenizer' },
  'image-text-to-text': { auto_model: 'AutoModelForImageTextToText', processor: 'AutoProcessor' },
  'fill-mask': { auto_model: 'AutoModelForMaskedLM', processor: 'AutoTokenizer' },
  'text-classification': { auto_model: 'AutoModelForSequenceClassification', processor: 'AutoTokenizer' },
  'token-classification': { auto_model: 'AutoModelForTokenClassification', processor: 'AutoTokenizer' },
  'feature-extraction': { auto_model: 'AutoModel', processor: 'AutoTokenizer' },
  'automatic-speech-recognition': { auto_model: 'AutoModelForSpeechSeq2Seq', processor: 'AutoProcessor' },
  'image-classification': { auto_model: 'AutoModelForImageClassification', processor: 'AutoImageProcessor' },
};

/** Turns a model as its author writes it down into all that the Hub says of it. */
export function buildModel(seed: ModelSeed): DemoModel {
  const cardData = present({
    license: seed.license,
    language: seed.languages?.length === 1 ? seed.languages[0] : seed.languages,
    library_name: seed.library,
    pipeline_tag: seed.task,
    base_model: seed.base?.ids.length === 1 ? seed.base.ids[0] : seed.base?.ids,
    datasets: seed.datasets,
    ...seed.frontMatter,
  });
  const repo = buildRepo('model', seed, cardData, [...configFiles(seed), ...weightFiles(seed)]);
  return {
    ...repo,
    tags: modelTags(seed),
    downloads: seed.downloads,
    downloadsAllTime: seed.allTime,
    pipelineTag: seed.task,
    library: seed.library,
    config: seed.config,
    safetensors: seed.parameters && { parameters: seed.parameters, total: sum(Object.values(seed.parameters)) },
    gguf: seed.gguf,
    transformersInfo: transformersInfo(seed),
    widgetData: seed.widget,
    modelIndex: seed.modelIndex,
    maskToken: seed.maskToken,
    baseModels: seed.base && { relation: seed.base.relation, ids: seed.base.ids },
    providers: Object.entries(seed.providers ?? {}).map(([provider, providerId]) => ({
      provider,
      providerId,
      status: 'live',
      task:
        seed.task === 'text-generation' || seed.task === 'image-text-to-text' ? 'conversational' : (seed.task ?? ''),
    })),
  };
}

function modelTags(seed: ModelSeed): string[] {
  const base = (seed.base?.ids ?? []).flatMap((id) => [`base_model:${id}`, `base_model:${seed.base?.relation}:${id}`]);
  return unique([
    seed.library,
    seed.parameters && 'safetensors',
    seed.gguf && 'gguf',
    seed.config?.model_type,
    seed.task,
    ...(seed.tags ?? []),
    ...(seed.languages ?? []),
    ...(seed.datasets ?? []).map((id) => `dataset:${id}`),
    ...(seed.papers ?? []).map((id) => `arxiv:${id}`),
    ...base,
    seed.license && `license:${seed.license}`,
    'region:us',
  ]);
}

function transformersInfo(seed: ModelSeed): Record<string, unknown> | undefined {
  const classes = seed.library === 'transformers' && seed.task ? AUTO_CLASSES[seed.task] : undefined;
  return classes && { ...classes, pipeline_tag: seed.task };
}

function configFiles(seed: ModelSeed): FileSeed[] {
  if (!seed.config) return [];
  const config: FileSeed = { path: 'config.json', text: json({ ...seed.config, transformers_version: '4.57.1' }) };
  if (seed.library !== 'transformers' && seed.library !== 'sentence-transformers') return [config];
  const tokenizer = {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: [],
    model: { type: 'BPE', vocab: {}, merges: [] },
  };
  return [
    config,
    { path: 'tokenizer.json', text: json(tokenizer) },
    { path: 'tokenizer_config.json', text: json({ clean_up_tokenization_spaces: false, model_max_length: 131_072 }) },
  ];
}

/** Weights by their number of parameters, split as transformers splits them; none when the author lists some. */
function weightFiles(seed: ModelSeed): FileSeed[] {
  const listed = seed.files?.some(({ path }) => path.endsWith('.safetensors'));
  if (!seed.parameters || listed) return [];
  const bytes = sum(Object.entries(seed.parameters).map(([type, count]) => count * (BYTES[type] ?? 2)));
  const count = Math.ceil(bytes / SHARD);
  if (count === 1) return [{ path: 'model.safetensors', size: bytes }];
  const number = (index: number) => String(index).padStart(5, '0');
  const shards = Array.from({ length: count }, (_, index) => ({
    path: `model-${number(index + 1)}-of-${number(count)}.safetensors`,
    size: index < count - 1 ? SHARD : bytes - SHARD * (count - 1),
  }));
  const weight_map = Object.fromEntries(shards.map(({ path }, index) => [`model.part_${index}.weight`, path]));
  return [
    ...shards,
    { path: 'model.safetensors.index.json', text: json({ metadata: { total_size: bytes }, weight_map }) },
  ];
}

const json = (value: unknown) => `${JSON.stringify(value, null, 2)}\n`;
const sum = (numbers: number[]) => numbers.reduce((total, one) => total + one, 0);
const unique = (tags: unknown[]) => [...new Set(tags.filter((tag): tag is string => typeof tag === 'string'))];

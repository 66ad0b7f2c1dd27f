import { showName } from '../../lib/text.js';
import { compact, count, line, lines, record, records, tagValues } from '../fields.js';
import type { FoundRepo } from './lookup.js';
import { type OverviewBase, readBase, readLanguages, SHARED_FIELDS } from './overview.js';

/** One inference provider that serves a model. */
interface ServedBy {
  provider: string;
  task?: string;
}

interface Evaluation {
  dataset: string;
  task?: string;
  metric?: string;
  value: string;
  verified?: boolean;
}

export interface ModelOverview extends OverviewBase {
  kind: 'model';
  task?: string;
  library?: string;
  /** Number of weights. */
  parameters?: number;
  /** Their types, the most frequent first: `["BF16", "F32"]`. */
  types?: string[];
  architecture?: string;
  /** Tokens that it reads at once. */
  contextLength?: number;
  /** Such as `gptq 4 bit`. */
  quantization?: string;
  languages?: string[];
  /** What it was made from, and how: finetune, adapter, merge, quantized. */
  base?: { relation?: string; models: string[] };
  /** Models made from it, counted by relation. */
  derivatives?: Record<string, number>;
  datasets?: string[];
  downloads?: number;
  downloadsAllTime?: number;
  /** Inference providers that serve it now. */
  providers?: ServedBy[];
  /** Spaces that use it; the Hub names 100 at most. */
  spaces?: string[];
  evaluations?: Evaluation[];
}

/** The fields to expand for a model. */
export const MODEL_FIELDS = [
  ...SHARED_FIELDS,
  'baseModels',
  'childrenModelCount',
  'config',
  'downloads',
  'downloadsAllTime',
  'evalResults',
  'gated',
  'gguf',
  'inferenceProviderMapping',
  'library_name',
  'mask_token',
  'model-index',
  'pipeline_tag',
  'safetensors',
  'spaces',
  'transformersInfo',
  'widgetData',
];

/**
 * Reads a model.
 * @param repo found with `MODEL_FIELDS`
 */
export function readModel(repo: FoundRepo): ModelOverview {
  const { info } = repo;
  const card = record(info.cardData);
  const tags = lines(info.tags);
  const safetensors = record(info.safetensors);
  const gguf = record(info.gguf);
  return compact({
    ...readBase(repo),
    kind: 'model' as const,
    task: line(info.pipeline_tag, 60),
    library: line(info.library_name, 60),
    parameters: count(safetensors.total) ?? count(gguf.total),
    types: readTypes(safetensors.parameters),
    architecture: readArchitecture(info),
    contextLength: count(gguf.context_length),
    quantization: readQuantization(info),
    languages: readLanguages(card, tags),
    base: readBaseModels(info, card),
    derivatives: readDerivatives(info.childrenModelCount),
    datasets: lines(card.datasets).length > 0 ? lines(card.datasets) : tagValues(tags, 'dataset'),
    downloads: count(info.downloads),
    downloadsAllTime: count(info.downloadsAllTime),
    providers: readProviders(info.inferenceProviderMapping),
    spaces: lines(info.spaces),
    evaluations: [...readEvaluations(info.evalResults), ...readModelIndex(info['model-index'])],
  });
}

function readTypes(parameters: unknown): string[] {
  return Object.entries(record(parameters))
    .sort(([, a], [, b]) => (count(b) ?? 0) - (count(a) ?? 0))
    .flatMap(([type]) => line(type, 20) ?? []);
}

function readArchitecture(info: Record<string, unknown>): string | undefined {
  const config = record(info.config);
  const [named] = lines(config.architectures, 80);
  return named ?? line(record(config.diffusers)._class_name, 80) ?? line(record(info.gguf).architecture, 80);
}

function readQuantization(info: Record<string, unknown>): string | undefined {
  const { quant_method: method, bits } = record(record(info.config).quantization_config);
  const name = showName(method, 40);
  return (count(bits) && name ? `${name} ${bits} bit` : name) || undefined;
}

function readBaseModels(info: Record<string, unknown>, card: Record<string, unknown>): ModelOverview['base'] {
  const { relation, models } = record(info.baseModels);
  const ids = records(models).flatMap(({ id }) => line(id) ?? []);
  const named = ids.length > 0 ? ids : lines(card.base_model);
  if (named.length === 0) return undefined;
  return { ...compact({ relation: line(relation, 20) ?? line(card.base_model_relation, 20) }), models: named };
}

function readDerivatives(counts: unknown): Record<string, number> | undefined {
  const known = Object.entries(record(counts)).flatMap(([relation, value]) => {
    const number = count(value);
    return number ? [[line(relation, 20) ?? '', number] as const] : [];
  });
  return known.length > 0 ? Object.fromEntries(known) : undefined;
}

/** The Hub writes the mapping as a list, and older parts of it as an object. */
function readProviders(mapping: unknown): ServedBy[] {
  const rows = Array.isArray(mapping)
    ? records(mapping)
    : Object.entries(record(mapping)).map(([provider, row]) => ({ provider, ...record(row) }));
  return rows.flatMap((row: Record<string, unknown>) => {
    const provider = line(row.provider, 40);
    if (!provider || (row.status !== undefined && row.status !== 'live')) return [];
    return [compact({ provider, task: line(row.task, 60) })];
  });
}

/** Results from `.eval_results/`: plain entries, or entries with the Hub's own remarks around them. */
function readEvaluations(results: unknown): Evaluation[] {
  return records(results).flatMap((row) => {
    // A result in an open pull request is nobody's claim yet.
    if (row.pullRequest !== undefined && row.pullRequest !== null) return [];
    const entry = row.data === undefined ? row : record(row.data);
    const { id, task_id: task } = record(entry.dataset);
    return evaluation(line(id), line(task, 60), undefined, entry.value, row.verified === true);
  });
}

/** Results from the older `model-index` of a card. */
function readModelIndex(index: unknown): Evaluation[] {
  return records(index).flatMap(({ results }) =>
    records(results).flatMap(({ dataset, metrics }) => {
      const { name, type } = record(dataset);
      return records(metrics).flatMap((metric) =>
        evaluation(
          line(name, 80) ?? line(type, 80),
          undefined,
          line(metric.name, 40) ?? line(metric.type, 40),
          metric.value,
          metric.verified === true,
        ),
      );
    }),
  );
}

function evaluation(
  dataset: string | undefined,
  task: string | undefined,
  metric: string | undefined,
  value: unknown,
  verified: boolean,
): Evaluation[] {
  const number = count(value);
  const shown = number === undefined ? line(value, 40) : String(Math.round(number * 1000) / 1000);
  if (!dataset || shown === undefined) return [];
  return [compact({ dataset, task, metric, value: shown, verified: verified || undefined })];
}

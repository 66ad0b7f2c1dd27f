import { invalid, Refused } from '../refusals.js';
import type { DemoModel, DemoRepo } from '../repos.js';
import { parameterRange } from './parameters.js';

type Test = (repo: DemoRepo) => boolean;

/** Tags that a model must have for an app to run it. */
const APPS: Record<string, string> = {
  'llama.cpp': 'gguf',
  lmstudio: 'gguf',
  ollama: 'gguf',
  jan: 'gguf',
  vllm: 'transformers',
  sglang: 'transformers',
};

/** What each parameter of a list lets through; parameters that are not here filter nothing. */
const FILTERS: Record<string, (value: string) => Test> = {
  search: (value) => hasAllWords(value),
  author: (value) => (repo) => repo.author.toLowerCase() === value.toLowerCase(),
  filter: (value) => hasTags(value),
  pipeline_tag: (value) => (repo) => repo.kind === 'model' && repo.pipelineTag === value,
  library: (value) => hasTags(value),
  apps: (value) =>
    hasTags(
      split(value)
        .map((app) => APPS[app] ?? app)
        .join(','),
    ),
  gated: (value) => (repo) => (repo.gated !== false) === /^(?:true|1)$/i.test(value),
  inference: (value) => (repo) => value === 'warm' && providersOf(repo).length > 0,
  inference_provider: (value) => servedBy(split(value)),
  num_parameters: (value) => hasParameters(value),
  trained_dataset: (value) =>
    hasTags(
      split(value)
        .map((id) => `dataset:${id}`)
        .join(','),
    ),
  models: (value) => (repo) => repo.kind === 'space' && repo.models.includes(value),
  datasets: (value) => (repo) => repo.kind === 'space' && repo.datasets.includes(value),
  linked: (value) => (repo) =>
    !/^(?:true|1)$/i.test(value) || (repo.kind === 'space' && repo.models.length + repo.datasets.length > 0),
};

/**
 * The repositories that pass every filter of a query; a filter that is repeated counts each time.
 * @throws Refused 400 for a value that does not parse
 */
export function applyFilters(repos: readonly DemoRepo[], query: URLSearchParams): DemoRepo[] {
  const tests = [...query].flatMap(([name, value]) => {
    const filter = FILTERS[name.replace(/\[\]$/, '')];
    return filter && value !== '' ? [filter(value)] : [];
  });
  return repos.filter((repo) => tests.every((test) => test(repo)));
}

const split = (value: string) => value.split(',').map((part) => part.trim());

/** The search of the lists is a substring search over ids, and nothing else: every word must be in the id. */
function hasAllWords(value: string): Test {
  const words = value.toLowerCase().split(/\s+/).filter(Boolean);
  return ({ id }) => words.every((word) => id.toLowerCase().includes(word));
}

/** Models carry a language as the bare code, datasets with its prefix: either is found by the prefixed form. */
function hasTags(value: string): Test {
  const wanted = split(value).map((tag) => tag.toLowerCase());
  return (repo) => {
    const tags = new Set(repo.tags.map((tag) => tag.toLowerCase()));
    return wanted.every((tag) => tags.has(tag) || (repo.kind === 'model' && tags.has(tag.replace(/^language:/, ''))));
  };
}

const providersOf = (repo: DemoRepo): DemoModel['providers'] => (repo.kind === 'model' ? repo.providers : []);

function servedBy(names: string[]): Test {
  return (repo) => providersOf(repo).some(({ provider }) => names.includes('all') || names.includes(provider));
}

function hasParameters(value: string): Test {
  const range = parameterRange(value);
  if (!range) throw new Refused(invalid(`Invalid num_parameters: ${value}`, 'num_parameters'));
  return (repo) => {
    const count = parameterCount(repo);
    return count !== undefined && count >= range.min && count <= range.max;
  };
}

/** Parameters of a model, from whichever of its formats tells. */
export function parameterCount(repo: DemoRepo): number | undefined {
  return repo.kind === 'model' ? (repo.safetensors?.total ?? repo.gguf?.total) : undefined;
}

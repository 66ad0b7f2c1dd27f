import { join } from 'node:path';
import { writeCommand } from '../../lib/platform.js';
import type { DownloadPlan } from './plan.js';

/** One way to load what was downloaded. */
export interface Loading {
  with: string;
  /** One line: a command, or Python. */
  code: string;
}

type Plan = Pick<DownloadPlan, 'kind' | 'id' | 'revision' | 'files' | 'about' | 'place' | 'to'>;

/** By what the files are, the most telling first. */
const WAYS: readonly [what: string, write: (plan: Plan) => string | false | undefined][] = [
  ['datasets', (plan) => (plan.kind === 'dataset' ? datasetLine(plan) : undefined)],
  ['llama.cpp', ggufLine],
  ['diffusers', (plan) => has(plan, 'model_index.json') && `DiffusionPipeline.from_pretrained(${source(plan)})`],
  ['sentence-transformers', (plan) => has(plan, 'modules.json') && `SentenceTransformer(${source(plan)})`],
  ['transformers', transformersLine],
  ['safetensors', safetensorsLine],
];

/**
 * How to load what a plan brings; undefined where the path is all that there is to say.
 * @param plan whose files are there
 */
export function describeLoading(plan: Plan): Loading | undefined {
  for (const [what, write] of WAYS) {
    const code = plan.kind === 'space' ? undefined : write(plan);
    if (code) return { with: what, code };
  }
  return undefined;
}

const has = ({ files }: Plan, path: string): boolean => files.some((file) => file.path === path);

const pathOf = ({ place }: Plan, path: string) => join(place.root, ...path.split('/'));

/** What a library of Hugging Face is given: the id finds the shared cache by itself. */
function source({ id, revision, place, to }: Plan): string {
  if (to !== undefined) return JSON.stringify(place.root);
  return `${JSON.stringify(id)}${revision === 'main' ? '' : `, revision=${JSON.stringify(revision)}`}`;
}

const DATA: readonly [builder: string, name: RegExp][] = [
  ['parquet', /\.parquet$/i],
  ['json', /\.jsonl?(?:\.gz|\.zst)?$/i],
  ['csv', /\.csv(?:\.gz)?$/i],
  ['arrow', /\.arrow$/i],
  ['webdataset', /\.tar$/i],
  ['text', /\.txt(?:\.gz)?$/i],
];

function datasetLine(plan: Plan): string | undefined {
  const data = DATA.flatMap(([builder, name]) => {
    const found = plan.files.filter(({ path }) => name.test(path));
    return found[0] ? [{ builder, found, first: found[0] }] : [];
  })[0];
  if (!data) return undefined;
  const { builder, found, first } = data;
  const ending = /\.[^/.]+$/.exec(first.path)?.[0] ?? '';
  const files = found.length === 1 ? pathOf(plan, first.path) : join(plan.place.root, '**', `*${ending}`);
  return `load_dataset(${JSON.stringify(builder)}, data_files=${JSON.stringify(files)})`;
}

function ggufLine(plan: Plan): string | undefined {
  const weights = plan.files.filter(({ path }) => /\.gguf$/i.test(path) && !/mmproj|imatrix/i.test(path));
  // A file in several parts is loaded by its first.
  const first = weights.find(({ path }) => /-00001-of-\d{5}\.gguf$/i.test(path)) ?? weights[0];
  return first && writeCommand(['llama-cli', '-m', pathOf(plan, first.path)]);
}

function transformersLine(plan: Plan): string | undefined {
  const { library, task } = plan.about;
  if (!has(plan, 'config.json') || (library !== undefined && library !== 'transformers')) return undefined;
  if (!plan.files.some(({ path }) => /^[^/]+\.(?:safetensors|bin|msgpack|h5)$/.test(path))) return undefined;
  if (task === undefined || !/^[a-z0-9-]{1,60}$/.test(task)) return `AutoModel.from_pretrained(${source(plan)})`;
  return `pipeline(${JSON.stringify(task)}, model=${source(plan)})`;
}

function safetensorsLine(plan: Plan): string | undefined {
  const [only, ...more] = plan.files.filter(({ path }) => path.endsWith('.safetensors'));
  return only && more.length === 0 ? `load_file(${JSON.stringify(pathOf(plan, only.path))})` : undefined;
}

import { buildFile, cardText, gitAttributes, present } from './content.js';
import { type DatasetSeed, type FileSeed, type ModelSeed, type RepoSeed, type SpaceSeed, wholeText } from './data.js';
import { commitId, mongoId, scatter } from './hashes.js';
import type {
  DemoCommit,
  DemoDataset,
  DemoFile,
  DemoKind,
  DemoModel,
  DemoRef,
  DemoRuntime,
  DemoSpaceRepo,
} from './repos.js';

/** Bytes that a parameter takes, by safetensors type. */
const BYTES: Record<string, number> = { F64: 8, F32: 4, BF16: 2, F16: 2, F8_E4M3: 1, I64: 8, I32: 4, I8: 1, U8: 1 };

/** The largest file of weights, bytes, when a library splits them. */
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

/** Builds a model from its seed. */
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
  const listed = seed.files?.some((file) => 'path' in file && file.path.endsWith('.safetensors'));
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

const DATA_FILES = /\.(?:parquet|csv|jsonl?|arrow|zip|tar)(?:\.gz)?$/;

/** Builds a dataset from its seed. */
export function buildDataset(seed: DatasetSeed): DemoDataset {
  const cardData = present({
    license: seed.license,
    language: seed.languages,
    task_categories: seed.tasks,
    size_categories: seed.size && [seed.size],
    paperswithcode_id: seed.paperswithcode,
    ...seed.frontMatter,
  });
  const repo = buildRepo('dataset', seed, cardData, []);
  const data = repo.refs[0]?.files.filter(({ path }) => DATA_FILES.test(path)) ?? [];
  return {
    ...repo,
    tags: datasetTags(seed),
    downloads: seed.downloads,
    downloadsAllTime: seed.allTime,
    description: seed.description,
    citation: seed.citation,
    paperswithcodeId: seed.paperswithcode,
    mainSize: data.reduce((sum, { size }) => sum + size, 0),
    numRows: seed.rows,
  };
}

function datasetTags(seed: DatasetSeed): string[] {
  const prefixed = (prefix: string, values: string[] | undefined) =>
    (values ?? []).map((value) => `${prefix}:${value}`);
  return [
    ...prefixed('task_categories', seed.tasks),
    ...prefixed('language', seed.languages),
    ...prefixed('license', seed.license ? [seed.license] : []),
    ...prefixed('size_categories', seed.size ? [seed.size] : []),
    ...prefixed('format', seed.formats),
    ...prefixed('modality', seed.modalities),
    ...prefixed('library', seed.libraries),
    ...prefixed('arxiv', seed.papers),
    'region:us',
    ...(seed.tags ?? []),
  ];
}

/** Stages in which a machine is there to serve. */
const UP = new Set(['RUNNING', 'RUNNING_BUILDING', 'RUNNING_APP_STARTING']);

/** Builds a Space from its seed. */
export function buildSpace(seed: SpaceSeed): DemoSpaceRepo {
  const cardData = present({
    title: seed.title,
    emoji: seed.emoji,
    colorFrom: seed.colors[0] ?? '',
    colorTo: seed.colors[1] ?? '',
    sdk: seed.sdk,
    sdk_version: seed.sdkVersion,
    app_file: seed.sdk === 'gradio' ? 'app.py' : undefined,
    pinned: seed.pinned ?? false,
    license: seed.license,
    short_description: seed.short,
    models: seed.models,
    datasets: seed.datasets,
    tags: seed.tags,
    ...seed.frontMatter,
  });
  const repo = buildRepo('space', seed, cardData, []);
  const subdomain = subdomainOf(seed.id);
  return {
    ...repo,
    tags: [seed.sdk, ...(seed.tags ?? []), ...(seed.license ? [`license:${seed.license}`] : []), 'region:us'],
    sdk: seed.sdk,
    title: seed.title,
    emoji: seed.emoji,
    colorFrom: seed.colors[0] ?? '',
    colorTo: seed.colors[1] ?? '',
    pinned: seed.pinned ?? false,
    shortDescription: seed.short,
    aiShortDescription: seed.aiShort,
    aiCategory: seed.category,
    subdomain,
    runtime: runtimeOf(seed, subdomain, repo.sha),
    models: seed.models ?? [],
    datasets: seed.datasets ?? [],
    originSpace: seed.origin,
  };
}

/** The id in lower case, with hyphens in place of everything but letters and digits. */
const subdomainOf = (id: string) =>
  id
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '');

function runtimeOf(seed: SpaceSeed, subdomain: string, sha: string): DemoRuntime {
  const up = UP.has(seed.stage);
  const hardware = seed.hardware ?? 'cpu-basic';
  const requested = seed.requested ?? hardware;
  const custom = seed.customDomain ? [{ domain: seed.customDomain, isCustom: true, stage: 'READY' }] : [];
  return {
    stage: seed.stage,
    hardware: seed.sdk === 'static' ? { current: null, requested: null } : { current: up ? hardware : null, requested },
    storage: null,
    gcTimeout: hardware === 'cpu-basic' ? 172_800 : null,
    errorMessage: seed.errorMessage && wholeText(seed.errorMessage),
    replicas: up ? { current: 1, requested: 1 } : { requested: 1 },
    devMode: false,
    domains: [{ domain: `${subdomain}.hf.space`, stage: 'READY' }, ...custom],
    sha: up ? sha : undefined,
  };
}

/** Titles of the commits of a repository that lists none of its own, newest first. */
const COMMITS = ['Update README.md', 'Upload folder using huggingface_hub', 'initial commit'];

/**
 * The part that all kinds of repository share: ids, dates, commits, branches, files.
 * @param cardData the card's front matter
 * @param own files that follow from the kind, such as config.json
 */
function buildRepo<Kind extends DemoKind>(
  kind: Kind,
  seed: RepoSeed,
  cardData: Record<string, unknown>,
  own: FileSeed[],
) {
  const owner = `${kind} ${seed.id}`;
  const author = seed.id.split('/')[0] ?? seed.id;
  const commits = buildCommits(owner, seed, author);
  const card: FileSeed[] = seed.card === undefined ? [] : [{ path: 'README.md', text: cardText(seed, cardData) }];
  const files = buildFiles(owner, [gitAttributes, ...card, ...own, ...expandCrawls(seed.files)]);
  const sha = commits[0]?.id ?? commitId(owner);
  const refs: DemoRef[] = [
    { name: 'main', type: 'branch', commit: sha, files },
    ...(seed.refs ?? []).map((ref) => ({
      name: ref.name,
      type: typeOf(ref.name),
      commit: commitId(`${owner} ${ref.name}`),
      files: ref.files ? buildFiles(owner, [gitAttributes, ...ref.files]) : files,
    })),
  ];
  return {
    kind,
    _id: mongoId(owner),
    id: seed.id,
    author,
    sha,
    private: seed.private ?? false,
    gated: seed.gated ?? (false as const),
    disabled: seed.disabled ?? false,
    createdAt: time(seed.created, `${owner} created`),
    lastModified: time(seed.modified, `${owner} modified`),
    likes: seed.likes,
    trendingScore: seed.trending ?? 0,
    cardData: seed.card === undefined || seed.cardForm === 'no-front-matter' ? undefined : cardData,
    commits,
    refs,
    usedStorage: files.reduce((sum, { size }) => sum + size, 0),
  };
}

/** Puts the files of crawls in the place of their description. */
function expandCrawls(seeds: RepoSeed['files'] = []): FileSeed[] {
  return seeds.flatMap((seed) => {
    if (!('crawls' in seed)) return [seed];
    const { years, weeks, files } = seed.crawls;
    return years.flatMap((year) =>
      weeks.flatMap((week) =>
        Array.from({ length: files }, (_, index) => ({
          path: `data/CC-MAIN-${year}-${String(week).padStart(2, '0')}/000_${String(index).padStart(5, '0')}.parquet`,
          size: 2_147_000_000 + year * 1000 + week * 10 + index,
        })),
      ),
    );
  });
}

function buildFiles(owner: string, seeds: FileSeed[]): DemoFile[] {
  return seeds.map((seed) => buildFile(owner, seed)).sort((a, b) => (a.path < b.path ? -1 : 1));
}

function buildCommits(owner: string, seed: RepoSeed, author: string): DemoCommit[] {
  const titles = seed.commits ?? COMMITS;
  const [first, last] = [
    Date.parse(time(seed.created, `${owner} created`)),
    Date.parse(time(seed.modified, `${owner} modified`)),
  ];
  return titles.map((title, index) => ({
    id: commitId(`${owner} ${titles.length - index}`),
    title,
    message: '',
    date: new Date(titles.length === 1 ? last : last - ((last - first) * index) / (titles.length - 1)).toISOString(),
    author,
  }));
}

function typeOf(name: string): DemoRef['type'] {
  if (name.startsWith('refs/pr/')) return 'pull';
  if (name.startsWith('refs/convert/')) return 'convert';
  return /^v\d/.test(name) ? 'tag' : 'branch';
}

/** A time of day for a date, the same in every run. */
function time(day: string, of: string): string {
  const seconds = Math.floor(scatter(of) * 86_400);
  return new Date(Date.parse(`${day}T00:00:00.000Z`) + seconds * 1000).toISOString();
}

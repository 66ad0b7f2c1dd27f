import { buildDataset, buildModel, buildSpace } from './build.js';
import { renamed, seeds } from './data.js';

/** The three kinds of repository, as the API's paths name them without their `s`. */
export type DemoKind = 'model' | 'dataset' | 'space';

/** A file's content; large weights are made up on the fly, so they are never whole in memory. */
export interface DemoContent {
  size: number;
  /** The bytes from `start` up to but not including `end`. */
  slice(start: number, end: number): Buffer;
}

export interface DemoFile {
  path: string;
  size: number;
  /** Git blob id: of the content, or of the pointer when the file is in LFS. */
  oid: string;
  lfs?: { oid: string; size: number; pointerSize: number };
  xetHash?: string;
  content: DemoContent;
  /** Verdict of the Hub's scanners. */
  scan: 'safe' | 'caution' | 'unsafe';
}

export interface DemoCommit {
  id: string;
  title: string;
  message: string;
  date: string;
  author: string;
  /** The one before, null for the first of a repository; set for what was written to this Hub. */
  parent?: string | null;
  /** The files as they were then; unset where they are those of the next commit that has some. */
  files?: readonly DemoFile[];
}

/** A branch, tag, pull request or conversion with the files it holds. */
export interface DemoRef {
  /** `main`, `v1.0`, `refs/pr/1`, `refs/convert/parquet`. */
  name: string;
  type: 'branch' | 'tag' | 'pull' | 'convert';
  commit: string;
  files: readonly DemoFile[];
}

interface RepoBase {
  /** Mongo's id: 24 hex digits. */
  _id: string;
  id: string;
  author: string;
  sha: string;
  private: boolean;
  gated: false | 'auto' | 'manual';
  disabled: boolean;
  createdAt: string;
  lastModified: string;
  likes: number;
  trendingScore: number;
  tags: string[];
  /** The card's front matter. */
  cardData?: Record<string, unknown>;
  /** Newest first; the first is the head of `main`. */
  commits: DemoCommit[];
  /** Those of other branches and of pull requests, which `main` does not have. */
  sideCommits?: DemoCommit[];
  /** `main` first. */
  refs: DemoRef[];
  usedStorage: number;
}

export interface DemoModel extends RepoBase {
  kind: 'model';
  downloads: number;
  downloadsAllTime: number;
  pipelineTag?: string;
  library?: string;
  config?: Record<string, unknown>;
  safetensors?: { parameters: Record<string, number>; total: number };
  gguf?: { total: number; architecture: string; context_length: number; [key: string]: unknown };
  transformersInfo?: Record<string, unknown>;
  widgetData?: unknown[];
  modelIndex?: unknown[];
  maskToken?: string;
  baseModels?: { relation: string; ids: string[] };
  /** Inference providers that serve it now, with the provider's own id for it. */
  providers: { provider: string; providerId: string; status: 'live' | 'staging'; task: string }[];
}

export interface DemoDataset extends RepoBase {
  kind: 'dataset';
  downloads: number;
  downloadsAllTime: number;
  description: string;
  citation?: string;
  paperswithcodeId?: string;
  /** Bytes of the data files. */
  mainSize: number;
  numRows?: number;
}

export interface DemoRuntime {
  stage: string;
  hardware: { current: string | null; requested: string | null };
  storage: string | null;
  gcTimeout: number | null;
  replicas: { current?: number; requested: number };
  devMode: boolean;
  domains: { domain: string; stage: string; isCustom?: boolean }[];
  sha?: string;
  errorMessage?: string;
}

export interface DemoSpaceRepo extends RepoBase {
  kind: 'space';
  sdk: 'gradio' | 'docker' | 'static' | 'streamlit';
  title: string;
  emoji: string;
  colorFrom: string;
  colorTo: string;
  pinned: boolean;
  shortDescription?: string;
  /** Written by a model of the Hub; only in list and semantic rows. */
  aiShortDescription: string;
  /** A slug of the semantic search's vocabulary. */
  aiCategory: string;
  /** Host name without its domain: `owner-name`. */
  subdomain: string;
  runtime: DemoRuntime;
  /** When it is through with its build, milliseconds since the epoch; until then its stage is BUILDING. */
  builtAt?: number;
  models: string[];
  datasets: string[];
  originSpace?: string;
}

export type DemoRepo = DemoModel | DemoDataset | DemoSpaceRepo;

/** The repositories that every Hub begins with, built once from the seeds and never changed. */
export const models: readonly DemoModel[] = seeds.models.map(buildModel);
export const datasets: readonly DemoDataset[] = seeds.datasets.map(buildDataset);
export const spaces: readonly DemoSpaceRepo[] = seeds.spaces.map(buildSpace);

/** The present id of a repository that was renamed. */
export const newId = (kind: DemoKind, id: string): string | undefined => renamed[kind][id.toLowerCase()];

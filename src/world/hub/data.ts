import type { DemoUser } from '../types.js';
import accountData from './data/accounts.json';
import answerData from './data/answers.json';
import collectionData from './data/collections.json';
import datasetData from './data/datasets.json';
import discussionData from './data/discussions.json';
import docsData from './data/docs.json';
import modelData from './data/models.json';
import paperData from './data/papers.json';
import renamedData from './data/renamed.json';
import spaceData from './data/spaces.json';
import storageData from './data/storages.json';
import tableData from './data/tables.json';
import viewerRefusalData from './data/viewer-refusals.json';
import type { DemoKind, DemoModel, DemoRuntime, DemoSpaceRepo } from './repos.js';

/** A text, whole or line by line. */
export type Text = string | string[];

/**
 * A file: text, a picture of a digit, a tone, or the size alone for weights whose bytes are made up on the fly.
 */
export type FileSeed =
  | { path: string; text: Text }
  | { path: string; digit: number }
  | { path: string; tone: { hertz: number; seconds: number } }
  | { path: string; size: number; scan?: 'caution' | 'unsafe' };

/** The files of web crawls: `files` of them in a directory for each week of each year. */
interface CrawlSeed {
  crawls: { years: number[]; weeks: number[]; files: number };
}

/** What all three kinds of repository have in common; the builders derive the rest. */
export interface RepoSeed {
  id: string;
  /** `YYYY-MM-DD`; the builder adds a time. */
  created: string;
  modified: string;
  likes: number;
  trending?: number;
  license?: string;
  /** Language codes. */
  languages?: string[];
  /** Tags beside those that follow from the other fields. */
  tags?: string[];
  /** arXiv ids. */
  papers?: string[];
  gated?: 'auto' | 'manual';
  private?: boolean;
  disabled?: boolean;
  /** The card below its front matter; without it there is no README.md. */
  card?: Text;
  /** How the card is written down: with a BOM and CRLF, or without front matter. */
  cardForm?: 'bom-crlf' | 'no-front-matter';
  /** More front matter than what follows from the other fields. */
  frontMatter?: Record<string, unknown>;
  files?: (FileSeed | CrawlSeed)[];
  /** Branches and tags beside `main`, pull requests and conversions, with their files where they differ from main's. */
  refs?: { name: string; files?: FileSeed[] }[];
  /** Titles of commits, newest first. */
  commits?: string[];
}

export interface ModelSeed extends RepoSeed {
  downloads: number;
  allTime: number;
  task?: string;
  library?: string;
  config?: Record<string, unknown>;
  /** Parameters by type, as in `safetensors.parameters`. */
  parameters?: Record<string, number>;
  gguf?: DemoModel['gguf'];
  /** The models it was made from, and how. */
  base?: { relation: 'finetune' | 'quantized' | 'adapter' | 'merge'; ids: string[] };
  /** Ids of the datasets it was trained on. */
  datasets?: string[];
  maskToken?: string;
  /** Names of inference providers that serve it, each with its own id for it. */
  providers?: Record<string, string>;
  widget?: unknown[];
  modelIndex?: unknown[];
}

export interface DatasetSeed extends RepoSeed {
  downloads: number;
  allTime: number;
  /** Opening words of the card, as the list row has them. */
  description: string;
  citation?: string;
  paperswithcode?: string;
  tasks?: string[];
  /** Such as `10K<n<100K`. */
  size?: string;
  modalities?: string[];
  formats?: string[];
  libraries?: string[];
  rows?: number;
}

export interface SpaceSeed extends RepoSeed {
  sdk: DemoSpaceRepo['sdk'];
  title: string;
  emoji: string;
  /** From and to. */
  colors: string[];
  short?: string;
  /** What the Hub's own model says of it. */
  aiShort: string;
  category: string;
  stage: DemoRuntime['stage'];
  hardware?: string;
  requested?: string;
  errorMessage?: Text;
  customDomain?: string;
  pinned?: boolean;
  models?: string[];
  datasets?: string[];
  origin?: string;
  /** Of Gradio Spaces. */
  sdkVersion?: string;
}

export interface PersonSeed {
  fullname: string;
  isPro: boolean;
  orgs: { name: string; role: 'admin' | 'write' | 'contributor' | 'read' }[];
  /** Gated repositories they were let into, and those whose authors have not answered. */
  granted: string[];
  awaiting: string[];
  /** Seconds of ZeroGPU a day, and how many are used. */
  zeroGpu: { base: number; used: number; runs?: { used: number; limit: number } };
}

type PersonName = keyof typeof accountData.people;

export interface TokenSeed {
  token: string;
  of: PersonName;
  displayName: string;
  role: DemoUser['role'];
  createdAt: string;
  expired?: boolean;
  /** Of a fine-grained token: what it may do with the content of which owner. */
  scoped?: { owner: string; permissions: string[] }[];
  global?: string[];
  canReadGatedRepos?: boolean;
  /** Of a login: what it may. */
  scopes?: readonly string[];
  /** ISO 8601. */
  expiresAt?: string;
}

interface AuthorSeed {
  fullname: string;
  type: 'org' | 'user';
  followers: number;
  isPro?: boolean;
  plan?: 'team' | 'enterprise';
}

/** What a collection holds, by reference. */
export interface CollectionItemSeed {
  type: 'model' | 'dataset' | 'space' | 'paper' | 'collection' | 'bucket' | 'kernel';
  /** Of a nested collection: its owner and name. */
  id: string;
  note?: string;
}

export interface CollectionSeed {
  owner: string;
  /** What the slug begins with; a code of 24 digits follows. */
  name: string;
  title: string;
  description?: string;
  updated: string;
  upvotes: number;
  trending: number;
  theme: 'orange' | 'blue' | 'green' | 'purple' | 'pink' | 'indigo';
  /** Only its owner and the owner's members see it. */
  private?: boolean;
  items: CollectionItemSeed[];
}

/** What is neither model nor dataset nor Space: a bucket of files without history, or a compiled kernel. */
export interface StorageSeed {
  type: 'bucket' | 'kernel';
  id: string;
  /** ISO time. */
  updated: string;
  likes: number;
  downloads: number;
  files: { path: string; size: number }[];
}

export interface DemoComment {
  author: string;
  /** ISO time. */
  at: string;
  /** Markdown; undefined when a moderator hid the comment. */
  text?: string;
}

export interface DemoDiscussion {
  kind: DemoKind;
  repo: string;
  number: number;
  title: string;
  status: 'open' | 'closed' | 'merged' | 'draft';
  isPullRequest?: true;
  /** Oldest first; the first opened it. */
  comments: DemoComment[];
  /** Who closed or merged it, and when. */
  ended?: { author: string; at: string };
  /** Of a pull request that was merged here. */
  mergeCommit?: string;
}

/** One page of the documentation, in Markdown as the Hub serves it: headings end in `[[anchor]]`. */
export interface DemoDocsPage {
  /** Path below the product, without extension. */
  path: string;
  title: string;
  markdown: Text;
}

export interface DemoDocsProduct {
  /** What the searches call it. */
  id: string;
  /** What it is called in addresses, where that is another word. */
  slug?: string;
  title: string;
  /** What `/api/docs` groups it under. */
  category: string;
  pages: DemoDocsPage[];
}

/** A paper as the small Hub keeps it. The summaries are its own words, broken into lines as arXiv's are. */
export interface DemoPaper {
  /** arXiv id. */
  id: string;
  title: string;
  authors: string[];
  /** ISO day on which arXiv published it. */
  published: string;
  /** ISO day of its Daily Papers entry, for those that had one (the archive starts on 2023-05-04). */
  daily?: string;
  summary: string;
  upvotes: number;
  comments: number;
  keywords: string[];
  /** ISO day on which its authors took it back. */
  withdrawn?: string;
  /** Name of the organisation that published it. */
  organization?: string;
  projectPage?: string;
  /** Owner and name of its code on GitHub. */
  github?: string;
  githubStars?: number;
  /** Headings and texts of its body, for those whose text the small Hub holds: short retellings, not the originals. */
  sections?: string[][];
}

/** A config of a dataset, with rows that repeat until there are as many as each split has. */
export interface TableSeed {
  dataset: string;
  config: string;
  /** By column: the type of a plain value, or the feature as the viewer writes it. */
  features: Record<string, string | Feature>;
  /** Values in the order of the features; null for those that are computed. */
  rows?: unknown[][];
  /** Instead of `rows`: the split falls into as many equal parts, each with rows of its own. */
  blocks?: unknown[][][];
  /** In the order in which the viewer lists them. */
  splits: { split: string; count: number; bytes: number; partial?: boolean; rows?: unknown[][] }[];
}

/** A dataset that the viewer does not serve, or not all of it. */
export interface ViewerRefusalSeed {
  dataset: string;
  /** Endpoints that refuse; all without. What the others serve is a table of one column. */
  at?: string[];
  status: number;
  /** For `X-Error-Code`; without it the answer is plain text. */
  code?: string;
  error: string;
  /** What a worker stumbled over. */
  cause?: { exception: string; message: string };
}

/** A feature of a column, as the dataset viewer writes it. */
export type Feature = { _type: string; [key: string]: unknown } | { [field: string]: Feature };

/** The fields of each answer about one kind of repository. */
export interface AnswerFields {
  /** Fields that `expand` takes. */
  expandable: string[];
  /** Fields of a list's row. */
  row: string[];
  /** Fields that `full` adds to a row. */
  full: string[];
  /** Fields of the answer about one repository. */
  detail: string[];
  /** Fields of what trends, of an item of a collection, and of what a paper is linked with. */
  card: string[];
  /** Fields of a hit of the semantic search, beside its score. */
  hit?: string[];
}

/** The repositories of the small Hub. */
export const seeds = {
  models: modelData as ModelSeed[],
  datasets: datasetData as DatasetSeed[],
  spaces: spaceData as SpaceSeed[],
};

/** Former ids of repositories, in lower case, and the present ones. */
export const renamed: Record<DemoKind, Record<string, string>> = renamedData;

/** The people of the demo: one with PRO and organisations, one with neither. */
export const people = accountData.people as Record<PersonName, PersonSeed>;

/** Every kind of token that the Hub knows. They are made up and open nothing but the demo. */
export const tokens = accountData.tokens as TokenSeed[];

/** Owners of the demo's repositories. */
export const authors = accountData.authors as Record<string, AuthorSeed>;

/** Collections of the small Hub; their order is that of creation. */
export const collections = collectionData as CollectionSeed[];

/** Buckets and kernels of the small Hub. */
export const storages = storageData as StorageSeed[];

/** What people talk about beside the demo's repositories; everybody in it is made up. */
export const discussions = discussionData as DemoDiscussion[];

/** The documentation of the small Hub: short pages of its own, at the paths of the real ones. */
export const docs: readonly DemoDocsProduct[] = docsData;

export const papers: readonly DemoPaper[] = paperData;

/** What the dataset viewer has read. */
export const tableSeeds = tableData as unknown as TableSeed[];

/** What the dataset viewer cannot read. */
export const viewerRefusals = viewerRefusalData as ViewerRefusalSeed[];

/** Which fields go into which answer. */
export const answerFields: Record<DemoKind, AnswerFields> = answerData;

/** A text as one string. */
export const wholeText = (text: Text) => (typeof text === 'string' ? text : text.join('\n'));

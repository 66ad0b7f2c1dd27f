import type { DemoModel, DemoRuntime, DemoSpaceRepo } from '../repos.js';

/** A file as its author writes it down: text, bytes, or the size alone for weights that are made up on the fly. */
export type FileSeed =
  | { path: string; text: string }
  | { path: string; bytes: () => Buffer }
  | { path: string; size: number; scan?: 'caution' | 'unsafe' };

/** What all three kinds of repository have in common, in few words; the builders derive the rest. */
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
  card?: string;
  /** How the card is written down: with a BOM and CRLF, or without front matter. */
  cardForm?: 'bom-crlf' | 'no-front-matter';
  /** More front matter than what follows from the other fields. */
  frontMatter?: Record<string, unknown>;
  files?: FileSeed[];
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
  colors: [string, string];
  short?: string;
  /** What the Hub's own model says of it. */
  aiShort: string;
  category: string;
  stage: DemoRuntime['stage'];
  hardware?: string;
  requested?: string;
  errorMessage?: string;
  customDomain?: string;
  pinned?: boolean;
  models?: string[];
  datasets?: string[];
  origin?: string;
  /** Of Gradio Spaces. */
  sdkVersion?: string;
}

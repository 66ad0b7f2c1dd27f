import type { LibraryUiElement } from '@huggingface/tasks';
import { cleanText, takePage } from '../../lib/text.js';
import { line, lines } from '../fields.js';
import { fetchCard } from '../read/card.js';
import { type DiscussionList, listDiscussions } from '../read/discussions.js';
import type { NamedRepo } from '../reference.js';
import type { HubClient } from '../types.js';
import { DATASET_FIELDS, type DatasetOverview, readDataset } from './dataset.js';
import { type Attempt, attempt, type FoundRepo, findRepo } from './lookup.js';
import { MODEL_FIELDS, type ModelOverview, readModel } from './model.js';
import { readSpace, SPACE_FIELDS, type SpaceOverview } from './overview.js';
import { listTree, type Tree } from './tree.js';

export type Overview = ModelOverview | DatasetOverview | SpaceOverview;

/** What can be told of a repository beside its overview. */
export const INCLUDES = ['card', 'files', 'usage', 'discussions'] as const;
export type Include = (typeof INCLUDES)[number];

export interface CardExcerpt {
  /** Clean Markdown without the front matter. */
  text: string;
  /** Characters of the whole card. */
  length: number;
  /** Where the rest begins. */
  next?: number;
  frontMatter: Record<string, unknown>;
  /** Why the front matter could not be read. */
  problem?: string;
}

/** A repository as it was asked for; a part that failed holds its error. */
export interface RepoDetails {
  overview: Overview;
  card?: Attempt<CardExcerpt>;
  files?: Attempt<Tree>;
  usage?: Attempt<Snippet[]>;
  discussions?: Attempt<DiscussionList>;
}

/** Characters of a card in an answer about a repository; hub_read has the rest. */
const CARD_LENGTH = 4000;

const FIELDS = { model: MODEL_FIELDS, dataset: DATASET_FIELDS, space: SPACE_FIELDS };

/**
 * Describes a repository. An id that is a model and a dataset gives both.
 * @param hub the Hub
 * @param named which one
 * @param include what to tell beside the overview
 * @throws HugwireError when there is none that can be seen
 */
export async function describeRepo(
  hub: HubClient,
  named: NamedRepo,
  include: readonly Include[],
): Promise<RepoDetails[]> {
  const found = await findRepo(hub, named, FIELDS);
  return Promise.all(found.map((repo) => describeFound(hub, repo, include)));
}

async function describeFound(hub: HubClient, repo: FoundRepo, include: readonly Include[]): Promise<RepoDetails> {
  const overview = readOverview(hub, repo);
  const parts: { [Part in Include]: () => Promise<unknown> } = {
    card: () => excerptCard(hub, repo),
    files: () => listTree(hub, repo, '', true),
    usage: async () => snippetsFor(repo, await overview),
    discussions: () => listDiscussions(hub, repo.kind, repo.id),
  };
  const told = await Promise.all(include.map(async (part) => [part, await attempt(parts[part]())]));
  return { overview: await overview, ...Object.fromEntries(told) };
}

async function readOverview(hub: HubClient, repo: FoundRepo): Promise<Overview> {
  if (repo.kind === 'model') return readModel(repo);
  return repo.kind === 'dataset' ? readDataset(hub, repo) : readSpace(repo);
}

async function excerptCard(hub: HubClient, repo: FoundRepo): Promise<CardExcerpt> {
  const { body, frontMatter, problem } = await fetchCard(hub, repo);
  const { text, next } = takePage(body, 0, CARD_LENGTH);
  return { text, length: body.length, next, frontMatter, problem };
}

function snippetsFor(repo: FoundRepo, overview: Overview): Promise<Snippet[]> | Snippet[] {
  if (overview.kind === 'model') return modelUsage(repo, overview);
  if (overview.kind === 'space') return spaceUsage(repo);
  return datasetUsage(repo.id, overview.size?.configs.map(({ name }) => name) ?? []);
}

/** One way to use a repository. */
export interface Snippet {
  /** The library or service, such as `transformers`. */
  with: string;
  /** `python`, `bash`, … */
  language: string;
  code: string;
}

const MOST_SNIPPETS = 2;
const MAX_CODE = 2000;

/** Calls of `InferenceClient`, by task. */
const CLIENT_CALLS: Record<string, string> = {
  conversational: 'chat_completion(\n    messages=[{"role": "user", "content": "Hello"}], model=MODEL\n)',
  'text-generation': 'text_generation("Once upon a time", model=MODEL)',
  'image-text-to-text':
    'chat_completion(\n    messages=[{"role": "user", "content": [\n        {"type": "text", "text": "What is this?"},\n        {"type": "image_url", "image_url": {"url": "https://…"}},\n    ]}], model=MODEL\n)',
  'text-to-image': 'text_to_image("A lighthouse at dusk", model=MODEL)',
  'text-to-video': 'text_to_video("A lighthouse at dusk", model=MODEL)',
  'text-to-speech': 'text_to_speech("Hello", model=MODEL)',
  'image-to-image': 'image_to_image("input.png", prompt="Make it night", model=MODEL)',
  'automatic-speech-recognition': 'automatic_speech_recognition("audio.flac", model=MODEL)',
  'feature-extraction': 'feature_extraction("Hello", model=MODEL)',
  'sentence-similarity': 'sentence_similarity("Hello", ["Hi", "Goodbye"], model=MODEL)',
  'text-classification': 'text_classification("I like it", model=MODEL)',
  'token-classification': 'token_classification("Ada lives in London", model=MODEL)',
  'fill-mask': 'fill_mask("Paris is the [MASK] of France.", model=MODEL)',
  summarization: 'summarization("A long text", model=MODEL)',
  translation: 'translation("Hello", model=MODEL)',
  'question-answering': 'question_answering(question="Who?", context="Ada did.", model=MODEL)',
};

/**
 * How to load a model in its library, and how to call it at an inference provider.
 * @param repo found with `MODEL_FIELDS`
 * @param overview what was read from it
 */
async function modelUsage({ id, info }: FoundRepo, overview: ModelOverview): Promise<Snippet[]> {
  const library = overview.library ?? (info.gguf ? 'llama-cpp-python' : undefined);
  const snippets = library ? await librarySnippets(id, library, info) : [];
  const provider = providerSnippet(id, overview);
  return provider ? [...snippets, provider] : snippets;
}

/** The snippets that the model's page shows, from the Hub's own library. */
async function librarySnippets(id: string, library: string, info: Record<string, unknown>): Promise<Snippet[]> {
  const { MODEL_LIBRARIES_UI_ELEMENTS } = await import('../model-libraries.js');
  const elements: Record<string, LibraryUiElement> = MODEL_LIBRARIES_UI_ELEMENTS;
  const element = Object.hasOwn(elements, library) ? elements[library] : undefined;
  try {
    const written = element?.snippets?.({ inference: '', ...info, id, tags: lines(info.tags) }) ?? [];
    return written.slice(0, MOST_SNIPPETS).map((code) => ({
      with: library,
      language: /^\s*(?:from|import|#)\s/m.test(code) ? 'python' : 'bash',
      code: cleanText(code, MAX_CODE),
    }));
  } catch {
    // It trusts what the model's author wrote into the config; an odd one is no reason to fail.
    return [];
  }
}

function providerSnippet(id: string, { providers }: ModelOverview): Snippet | undefined {
  const served = providers?.find(({ task }) => task !== undefined && Object.hasOwn(CLIENT_CALLS, task));
  if (!served?.task) return undefined;
  const call = CLIENT_CALLS[served.task]?.replace('MODEL', JSON.stringify(id));
  return {
    with: 'inference providers',
    language: 'python',
    code: `from huggingface_hub import InferenceClient\n\nclient = InferenceClient(provider="auto")  # reads HF_TOKEN\nresult = client.${call}`,
  };
}

/**
 * How to load a dataset.
 * @param id of the dataset
 * @param configs names of its configs
 */
function datasetUsage(id: string, configs: readonly string[]): Snippet[] {
  const [config] = configs;
  const named = config !== undefined && config !== 'default' ? `, ${JSON.stringify(config)}` : '';
  const code = `from datasets import load_dataset\n\ndataset = load_dataset(${JSON.stringify(id)}${named})`;
  return [{ with: 'datasets', language: 'python', code }];
}

/**
 * How to call a Space from Python; only Gradio Spaces have an API.
 * @param repo found with `SPACE_FIELDS`
 */
function spaceUsage({ id, info }: FoundRepo): Snippet[] {
  if (line(info.sdk) !== 'gradio') return [];
  const code = `from gradio_client import Client\n\nclient = Client(${JSON.stringify(id)})\nclient.view_api()`;
  return [{ with: 'gradio_client', language: 'python', code }];
}

import { type LibraryUiElement, MODEL_LIBRARIES_UI_ELEMENTS } from '@huggingface/tasks';
import { cleanText } from '../../lib/text.js';
import { line, lines } from '../fields.js';
import type { FoundRepo } from './lookup.js';
import type { ModelOverview } from './model.js';
import type { Overview } from './repo.js';

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
 * How to use a repository.
 * @param repo as it was found, with the fields of its kind
 * @param overview what was read from it
 */
export function describeUsage(repo: FoundRepo, overview: Overview): Snippet[] {
  if (overview.kind === 'model') return modelUsage(repo, overview);
  if (overview.kind === 'space') return spaceUsage(repo);
  return datasetUsage(repo.id, overview.size?.configs?.map(({ name }) => name) ?? []);
}

/**
 * How to load a model in its library, and how to call it at an inference provider.
 * @param repo found with `MODEL_FIELDS`
 * @param overview what was read from it
 */
function modelUsage({ id, info }: FoundRepo, overview: ModelOverview): Snippet[] {
  const library = overview.library ?? (info.gguf ? 'llama-cpp-python' : undefined);
  const snippets = library ? librarySnippets(id, library, info) : [];
  const provider = providerSnippet(id, overview);
  return provider ? [...snippets, provider] : snippets;
}

/** The snippets that the model's page shows, from the Hub's own library. */
function librarySnippets(id: string, library: string, info: Record<string, unknown>): Snippet[] {
  const elements: Record<string, LibraryUiElement> = MODEL_LIBRARIES_UI_ELEMENTS;
  const element = Object.hasOwn(elements, library) ? elements[library] : undefined;
  try {
    const written = element?.snippets?.({ inference: '', ...info, id, tags: lines(info.tags) }) ?? [];
    return written.slice(0, MOST_SNIPPETS).map((code) => ({
      with: library,
      language: /^[ \t]*(?:from|import|#)\s/m.test(code) ? 'python' : 'bash',
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

import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type LibraryUiElement, MODEL_LIBRARIES_UI_ELEMENTS } from '@huggingface/tasks';

export const TASKS = resolve('node_modules/@huggingface/tasks');
/** The libraries that nearly all models are for, a quarter of those that the package has snippets of. */
const LIBRARIES = new Set(
  'adapter-transformers bertopic diffusers fastai flair gliner keras keras-hub lerobot llama-cpp-python mlx nemo open_clip PaddleOCR peft pyannote-audio sentence-transformers setfit sklearn spacy span-marker speechbrain stable-baselines3 stanza timm transformers transformers.js ultralytics'.split(
    ' ',
  ),
);
const SNIPPETS = './dist/esm/model-libraries-snippets.js';

/**
 * Writes a module that stands in for `@huggingface/tasks`, with the snippets of the libraries that matter and what reading GGUF files
 * takes. The rest of what the package says of libraries and tasks is for the web pages of the Hub.
 * @returns its source, to be resolved in `TASKS`
 * @throws Error when a library's snippets are no longer among those of the package's module for them
 */
export async function writeSnippetTable(): Promise<string> {
  const written: Record<string, unknown> = await import(pathToFileURL(resolve(TASKS, SNIPPETS)).href);
  const names = new Map(Object.entries(written).map(([name, write]) => [write, name]));
  const libraries: Record<string, LibraryUiElement> = MODEL_LIBRARIES_UI_ELEMENTS;
  const rows = Object.entries(libraries).flatMap(([library, { snippets }]) => {
    if (!snippets || !LIBRARIES.has(library)) return [];
    const name = names.get(snippets);
    if (name === undefined) throw new Error(`The snippets of ${library} are not in ${SNIPPETS}.`);
    return `${JSON.stringify(library)}: { snippets: snippets.${name} },`;
  });
  return `import * as snippets from '${SNIPPETS}';
    export const MODEL_LIBRARIES_UI_ELEMENTS = { ${rows.join('\n')} };
    export * from './dist/esm/gguf.js';`;
}

import { fold, nearest } from '../../lib/nearest.js';
import { line, record, records } from '../fields.js';
import { attempt, succeeded } from '../repo/lookup.js';
import type { HubClient, RepoKind } from '../types.js';
import { LANGUAGES, readTask, TASK_WORDS } from './terms.js';
import type { SearchPage, SearchQuery } from './types.js';

/** A search, and what it asked for in the end. */
interface Corrected {
  page: SearchPage;
  query: SearchQuery;
}

/**
 * Searches with the filters as they were written. Where that finds nothing, or the Hub knows no such filter, they are looked
 * up in the Hub's own vocabulary (`speech recognition`, `MIT`, `French`), and the search is made again with what was meant.
 * @param hub the Hub
 * @param kind what is searched
 * @param query with the filters as they were written
 * @param search one search
 */
export async function searchCorrected(
  hub: HubClient,
  kind: RepoKind,
  query: SearchQuery,
  search: (query: SearchQuery) => Promise<SearchPage>,
): Promise<Corrected> {
  const first = await attempt(search(query));
  const page = succeeded(first);
  if (page && page.rows.length > 0) return { page, query };
  const refused = 'error' in first ? first.error : undefined;
  if (refused && refused.code !== 'invalid_arguments') throw refused;
  const { notes, ...filters } = await correctFilters(hub, kind, query);
  if (notes.length > 0) {
    const read = { ...query, ...filters };
    const second = await search(read);
    return { page: { ...second, notes: [...notes, ...second.notes] }, query: read };
  }
  if (!page) throw refused;
  return { page, query };
}

type Filters = Pick<SearchQuery, 'task' | 'library' | 'tags'>;

async function correctFilters(
  hub: HubClient,
  kind: RepoKind,
  { task, library, tags }: Filters,
): Promise<Filters & { notes: string[] }> {
  const vocabulary = new Vocabulary(hub, kind);
  const read: string[] = [];
  const correct = async (filter: string, value: string, types: readonly TagType[], isBare = false) => {
    const found = await vocabulary.find(value, types);
    const meant = isBare ? found?.bare : found?.id;
    if (meant === undefined || meant === value) return value;
    read.push(`${filter} "${value}" as "${meant}"`);
    return meant;
  };
  const corrected = {
    task: task && (await correct('task', task, ['task'], true)),
    // What a library of Spaces is, an SDK, is for their own search to know.
    library: library && kind !== 'space' ? await correct('library', library, ['library'], true) : library,
    tags: tags && (await Promise.all(tags.map((tag) => correct('tag', tag, UNSAID[kind])))),
  };
  return { ...corrected, notes: read.length > 0 ? [`Nothing was found as written. Read ${read.join(', ')}.`] : [] };
}

type TagType = 'task' | 'library' | 'language' | 'license' | 'size' | 'modality' | 'format';

/** What people write before the colon of a tag, folded. Other prefixes, such as `arxiv:`, are left as they are. */
const PREFIXES: Record<string, TagType> = {
  task: 'task',
  tasks: 'task',
  pipelinetag: 'task',
  pipeline: 'task',
  taskcategories: 'task',
  taskcategory: 'task',
  library: 'library',
  libraryname: 'library',
  framework: 'library',
  language: 'language',
  languages: 'language',
  lang: 'language',
  license: 'license',
  licenses: 'license',
  licence: 'license',
  licences: 'license',
  size: 'size',
  sizecategories: 'size',
  modality: 'modality',
  modalities: 'modality',
  format: 'format',
  formats: 'format',
};

/** What a tag without a prefix may mean, in this order. */
const UNSAID: Record<RepoKind, readonly TagType[]> = {
  model: ['license', 'language', 'task', 'library'],
  dataset: ['license', 'language', 'task', 'library', 'modality', 'format', 'size'],
  space: ['license'],
};

/** How the Hub names the types of tags. Those of datasets stand before the colon of each tag; of models only the licence's does. */
const TYPES: { models: Partial<Record<TagType, string>>; datasets: Record<TagType, string> } = {
  models: { task: 'pipeline_tag', library: 'library', language: 'language', license: 'license' },
  datasets: {
    task: 'task_categories',
    library: 'library',
    language: 'language',
    license: 'license',
    size: 'size_categories',
    modality: 'modality',
    format: 'format',
  },
};

interface Tag {
  /** As a filter takes it: `license:mit`. */
  id: string;
  /** Without its prefix: `mit`. */
  bare: string;
  label: string;
}

/** Tags that are asked for most: a name, and what else it is called. Of the others the Hub is asked. */
const USUAL: Partial<Record<TagType, [name: string, label: string][]>> = {
  task: [...new Set(TASK_WORDS.flatMap(([, ...names]) => names))].flatMap((name) => (name ? [[name, name]] : [])),
  language: Object.entries(LANGUAGES).map(([name, code]) => [code, name]),
  library: pairs(
    'transformers diffusers sentence-transformers peft timm pytorch tensorflow jax keras onnx gguf safetensors mlx transformers.js',
  ),
  license: pairs(
    `mit apache-2.0 openrail creativeml-openrail-m openrail++ bsd bsd-2-clause bsd-3-clause cc cc0-1.0 cc-by-2.0 cc-by-3.0 cc-by-4.0
    cc-by-sa-3.0 cc-by-sa-4.0 cc-by-nc-4.0 cc-by-nc-sa-4.0 cc-by-nc-nd-4.0 cc-by-nd-4.0 gpl gpl-2.0 gpl-3.0 lgpl lgpl-3.0 agpl-3.0
    mpl-2.0 unlicense llama2 llama3 llama3.1 llama3.2 llama3.3 llama4 gemma odc-by odbl other unknown`,
  ),
};

function pairs(names: string): [name: string, label: string][] {
  return names.split(/\s+/).map((name) => [name, name]);
}

/** The tags that there are. */
class Vocabulary {
  readonly #hub: HubClient;
  readonly #kind: RepoKind;
  readonly #fetched = new Map<TagType, Promise<Tag[]>>();

  constructor(hub: HubClient, kind: RepoKind) {
    this.#hub = hub;
    this.#kind = kind;
  }

  /**
   * The tag that was meant.
   * @param written by a person or a model
   * @param types that it may be of, where it does not say so itself
   */
  async find(written: string, types: readonly TagType[]): Promise<Tag | undefined> {
    if (this.#kind === 'space' && /^mcp(?:[ _-]?servers?)?$/i.test(written)) {
      return { id: 'mcp-server', bare: 'mcp-server', label: 'MCP' };
    }
    const [, prefix, rest = ''] = /^([\w -]{1,40})[:=](.*)$/s.exec(written) ?? [];
    const said = prefix === undefined ? undefined : lookUp(PREFIXES, fold(prefix));
    if (prefix !== undefined && said === undefined) return undefined;
    const wanted = said ? [said] : types;
    const word = (said ? rest : written).trim();
    const kind = this.#kind === 'dataset' ? 'dataset' : 'model';
    const usual = wanted.map((type) => this.#usual(type));
    const known = findNamed(word, wanted, usual, kind);
    if (known) return known;
    const fetched = await Promise.all(wanted.map((type) => this.#fetch(type)));
    const found = findNamed(word, wanted, fetched, kind);
    // Among tags of all types something is always near.
    if (found || wanted.length > 1) return found;
    const names = [...fetched, ...usual].flat().flatMap((tag) => [tag.bare, tag.label].map((name) => ({ name, tag })));
    const near = nearest(
      word,
      names.map(({ name }) => name),
    );
    return names.find(({ name }) => name === near)?.tag;
  }

  #usual(type: TagType): Tag[] {
    const tagged = this.#kind === 'dataset' || type === 'license';
    const prefix = tagged ? `${TYPES.datasets[type]}:` : '';
    return (USUAL[type] ?? []).map(([bare, label]) => ({ id: prefix + bare, bare, label }));
  }

  #fetch(type: TagType): Promise<Tag[]> {
    const known = this.#fetched.get(type) ?? this.#ask(type);
    this.#fetched.set(type, known);
    return known;
  }

  /** Without a vocabulary a filter stays as it was written. */
  async #ask(type: TagType): Promise<Tag[]> {
    // Of Spaces there is none; they have the licences of models.
    const list = this.#kind === 'dataset' ? 'datasets' : 'models';
    const name = TYPES[list][type];
    if (name === undefined) return [];
    const asked = this.#hub.request(`/api/${list}-tags-by-type`, { query: { type: name }, cache: 'vocabulary' });
    const body = succeeded(await attempt(asked.then((answer) => record(answer.json()))));
    return records(body?.[name]).flatMap(({ id: given, label }) => {
      const id = line(given, 120);
      return id ? [{ id, bare: id.replace(/^[a-z_]+:/, ''), label: line(label, 120) ?? id }] : [];
    });
  }
}

const lookUp = <Value>(table: Record<string, Value>, word: string): Value | undefined =>
  Object.hasOwn(table, word) ? table[word] : undefined;

/** The tag of that name or label, else the one that people call so. */
function findNamed(
  word: string,
  types: readonly TagType[],
  tags: readonly Tag[][],
  kind: 'model' | 'dataset',
): Tag | undefined {
  const exact = tags.flat().find(({ bare, label }) => [bare, label].some((name) => fold(name) === fold(word)));
  if (exact) return exact;
  for (const [index, type] of types.entries()) {
    const tag = findSpoken(word, type, tags[index] ?? [], kind);
    if (tag) return tag;
  }
  return undefined;
}

const LIBRARIES: Record<string, string> = { torch: 'pytorch', tf: 'tensorflow', llamacpp: 'gguf', ggml: 'gguf' };

/** What people call a tag where neither its name nor its label says so: `ASR`, `fr-FR`, `Apache 2`, `MIT license`. */
function findSpoken(word: string, type: TagType, tags: readonly Tag[], kind: 'model' | 'dataset'): Tag | undefined {
  const named = (name: string | undefined) => tags.find(({ bare }) => bare === name);
  const lower = word.toLowerCase();
  if (type === 'task') return named(readTask(word, kind));
  if (type === 'library') return named(lookUp(LIBRARIES, fold(lower)));
  if (type === 'language') {
    const language = lower.replace(/\blanguage\b/, '').trim();
    return named(lookUp(LANGUAGES, language) ?? /^([a-z]{2,3})[-_][a-z]{2,4}$/.exec(language)?.[1]);
  }
  if (type !== 'license') return undefined;
  const licence = fold(lower.replace(/\b(?:the|licen[cs]ed?|version)\b/g, ' ').replace(/\bv(?=\d)/g, ''));
  if (licence.length < 3) return undefined;
  return tags.find(({ bare }) => fold(bare) === licence) ?? tags.find(({ bare }) => fold(bare).startsWith(licence));
}

import type { Selection } from '../engine/narrow.js';
import { isObject } from '../lib/json.js';
import { nearest } from '../lib/nearest.js';
import { showName } from '../lib/text.js';

/** Another client's way to say the same thing: each is read where the one before says nothing. */
interface Setting {
  query: readonly string[];
  headers: readonly string[];
}

/** The settings, with the names that the server at huggingface.co/mcp gives them. */
const SETTINGS = {
  tools: { query: ['tools'], headers: ['x-hugwire-tools'] },
  toolsets: { query: ['toolsets', 'bouquet'], headers: ['x-hugwire-toolsets', 'x-mcp-bouquet'] },
  added: { query: ['mix'], headers: ['x-mcp-mix'] },
  spaces: { query: ['spaces', 'gradio'], headers: ['x-hugwire-spaces', 'x-mcp-gradio'] },
  images: { query: ['images'], headers: ['x-hugwire-images'] },
  noImages: { query: ['no_image_content'], headers: ['x-mcp-no-image-content'] },
  readOnly: { query: ['readonly'], headers: ['x-hugwire-readonly'] },
} satisfies Record<string, Setting>;

/** Of the query: what others read, and what only says that somebody wants to log in. */
const NOT_OURS = new Set(['login', 'auth', 'forceauth', 'sessionid']);

const KNOWN: readonly string[] = Object.values(SETTINGS).flatMap(({ query }) => query);

/** What names of tools and of groups of tools of the server at huggingface.co/mcp mean here, earlier ones too. */
const OFFICIAL: Record<string, readonly string[]> = {
  hf_whoami: ['hub_whoami'],
  hub_repo_search: ['hub_search'],
  hub_repo_details: ['hub_repo', 'dataset_rows'],
  hf_fs: ['hub_read', 'hub_search', 'dataset_rows'],
  model_search: ['hub_search'],
  dataset_search: ['hub_search'],
  space_search: ['hub_search'],
  paper_search: ['hub_search'],
  model_details: ['hub_repo'],
  dataset_details: ['hub_repo', 'dataset_rows'],
  hf_doc_search: ['hub_search'],
  hf_doc_fetch: ['hub_read'],
  space_files: ['hub_read'],
  dynamic_space: ['spaces'],
  use_space: ['spaces'],
  // Bouquets, beside those that are called like a toolset here.
  hf_api: ['search', 'read', 'account'],
  docs: ['hub_search', 'hub_read'],
  files: ['hub_read'],
  research: ['hub_search', 'hub_read'],
};

/** A bouquet that stands for a setting, not for tools. */
const NO_IMAGES = new Set(['no_gradio_images', 'no_gradio_image_content']);

const MAX_VALUE = 2_000;
const MAX_NAMES = 100;
const MAX_NOTES = 8;

/**
 * Reads what a request wants to see. The query wins over the headers.
 * @param url of the request
 * @param headers of the request
 * @param chosen names of tools that count where the request names none, such as those that a user has chosen elsewhere
 */
export function readSelection(url: URL, headers: Headers, chosen?: readonly string[]): Selection {
  // Names of parameters are written in all ways, and lists in several parameters.
  const query = new Map<string, string>();
  for (const [name, value] of url.searchParams) {
    const key = fold(name);
    const before = query.get(key);
    query.set(key, before === undefined ? value : `${before},${value}`.slice(0, MAX_VALUE));
  }
  const find = ({ query: names, headers: also }: Setting): string | undefined =>
    [...names.map((name) => query.get(name)), ...also.map((name) => headers.get(name))]
      .find((value) => value !== undefined && value !== null)
      ?.slice(0, MAX_VALUE);
  const lists = [SETTINGS.tools, SETTINGS.toolsets, SETTINGS.added].map((setting) => readNames(find(setting)));
  const [tools, toolsets, added = []] = lists;
  // What is mixed in comes on top of the rest: of all there is, where nothing else is named.
  const named = tools || toolsets ? [...(tools ?? []), ...(toolsets ?? []), ...added] : undefined;
  const all = lists.flatMap((list) => list ?? []);
  const wanted = (named?.filter((name) => !NO_IMAGES.has(name)) ?? chosen)?.flatMap(translate);
  const misspelt = [...query.keys()].filter((name) => !KNOWN.includes(name) && !NOT_OURS.has(name));
  const slips = misspelt.map((name) => ({ name, meant: nearest(name, KNOWN) }));
  const spaces = readNames(find(SETTINGS.spaces))?.map((name) => name.replace(SPACE_PAGE, ''));
  return {
    tools: wanted?.length === 0 ? undefined : wanted,
    chosen: named === undefined && chosen !== undefined,
    spaces: spaces?.includes('all') || spaces?.length === 0 ? undefined : spaces?.filter((name) => name !== 'none'),
    noImages:
      saysNo(find(SETTINGS.images)) || saysYes(find(SETTINGS.noImages)) || all.some((name) => NO_IMAGES.has(name)),
    // A slip must not offer what was to be left out.
    readOnly:
      saysYes(find(SETTINGS.readOnly)) ||
      slips.some(({ name, meant }) => meant === 'readonly' && saysYes(query.get(name))),
    notes: slips.slice(0, MAX_NOTES).map(({ name, meant }) => describeSlip(name, meant)),
  };
}

/** People copy the address of a Space's page. */
const SPACE_PAGE = /^https?:\/\/(?:huggingface\.co|hf\.co)\/spaces\//;

function translate(name: string): readonly string[] {
  return (Object.hasOwn(OFFICIAL, name) && OFFICIAL[name]) || [name];
}

const fold = (name: string) =>
  name
    .trim()
    .slice(0, 60)
    .toLowerCase()
    .replaceAll('-', '_')
    .replace(/\[\d{0,3}\]$/, '');
const saysNo = (value: string | undefined) => value !== undefined && /^(?:0|off|no|none|false)$/i.test(value.trim());
/** A name alone is a yes. */
const saysYes = (value: string | undefined) => value !== undefined && !saysNo(value);

function readNames(value: string | undefined): string[] | undefined {
  const names = value?.split(/[,\s]+/).flatMap((name) => (name ? [name.toLowerCase()] : []));
  return names?.slice(0, MAX_NAMES);
}

function describeSlip(name: string, meant: string | undefined): string {
  const then =
    meant === 'readonly' ? 'it is read as readonly' : meant ? `did you mean ${meant}?` : 'it means nothing here';
  return `The URL says ${showName(name, 40)}: ${then}`;
}

/**
 * The tools that somebody has chosen at huggingface.co/settings/mcp, by their names there.
 * @param settings answer of `/api/settings/mcp`
 * @returns undefined where nothing that is known here was chosen
 */
export function readChoice(settings: unknown): readonly string[] | undefined {
  const { builtInTools, spaceTools } = isObject(settings) ? settings : {};
  const names = Array.isArray(builtInTools) ? builtInTools.filter((name) => Object.hasOwn(OFFICIAL, String(name))) : [];
  const hasSpaces = Array.isArray(spaceTools) && spaceTools.length > 0;
  const chosen = [...names.map(String), ...(hasSpaces ? ['dynamic_space'] : [])];
  // That one cannot be left out there.
  return chosen.length > 0 ? [...chosen, 'hf_fs'] : undefined;
}

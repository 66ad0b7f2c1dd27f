import { load } from 'js-yaml';

/** One thing that an answer of the official server says. */
export interface Fact {
  /** What it is about: an id, or the cells that name a row of a table. */
  about: string[];
  label: string;
  value: string;
}

/** Backslashes before signs that mean something in Markdown, and entities. */
function unmark(text: string): string {
  return text.replace(/\\([\\`*_{}[\]()#+\-.!|<>~])/g, '$1').trim();
}

/** Where a link points, as an id; the text itself where there is none. */
function followLink(text: string): string {
  const [, target = text] = /^\[[^\]]*\]\((?:https:\/\/hf\.co\/)?(?:spaces\/|datasets\/)?([^)]+)\)$/.exec(text) ?? [];
  return target;
}

/** Sentences around the facts, and what the headings of ours say. */
const CHATTER = /^(?:Found \d|Included \d|No \w+ matched|---$|\*and \d+ more|Try this model|\*\*Type: |$)/;

/**
 * Reads `hub_repo_search` and `hub_repo_details`: headings name repositories, bold words are labels, and below a
 * heading of the second level each item of a list is a fact of that name.
 * @param answer Markdown
 */
export function readSections(answer: string): Fact[] {
  const facts: Fact[] = [];
  let about: string[] = [];
  let group = '';
  for (const line of answer.split('\n').map((one) => one.trim())) {
    const [, marks, title = ''] = /^(#{1,3}) (.+)$/.exec(line) ?? [];
    if (marks === '##') group = title.replace(/ \(\d+\)$/, '');
    else if (marks) {
      about = [/\(`([^`]+)`\)$/.exec(title)?.[1] ?? unmark(title)];
      facts.push({ about, label: 'id', value: about[0] as string });
    } else if (!CHATTER.test(line)) facts.push(...readLine(line, about, group));
  }
  return facts;
}

function readLine(line: string, about: string[], group: string): Fact[] {
  const labelled = [...line.matchAll(/(?:^|[|] |^- )\*\*([^*]+):\*\* ?(.*?)(?= \| \*\*|$)/g)];
  if (labelled.length > 0) {
    return labelled.map(([, label = '', value = '']) => ({ about, label, value: unmark(value) }));
  }
  const item = /^- (?:\*\*([^*]+)\*\*(?: \(\w+\))?|(\[.+\]\(.+\)))$/.exec(line);
  if (item) return [{ about, label: group, value: followLink(item[1] ?? item[2] ?? '') }];
  if (/^(?:`[^`]+` ?)+$/.test(line)) return [{ about, label: 'Tags', value: line }];
  return [{ about, label: 'Description', value: unmark(line) }];
}

/**
 * Reads tables: each cell is a fact about its row; a cell of the form `a=1, b=2` is several.
 * @param keys the columns that name the row
 */
export function readTables(keys: string[]): (answer: string) => Fact[] {
  return (answer) => {
    const facts: Fact[] = [];
    let columns: string[] = [];
    for (const line of answer.split('\n')) {
      const cells = /^\|(.+)\|$/
        .exec(line)?.[1]
        ?.split(/(?<!\\)\|/)
        .map(unmark);
      if (!cells) columns = [];
      else if (columns.length === 0) columns = cells;
      else if (!/^:?-+:?$/.test(cells[0] ?? '')) facts.push(...readRow(columns, cells, keys));
    }
    return facts;
  };
}

function readRow(columns: string[], cells: string[], keys: string[]): Fact[] {
  const about = keys.flatMap((key) => cells[columns.indexOf(key)] ?? []);
  return columns.flatMap((label, at) => {
    const value = cells[at] ?? '';
    if (value === '' || value === '—') return [];
    return label === 'Details' ? readDetails(value, about) : [{ about, label, value }];
  });
}

/** The keys of a cell of details; the text around them may hold signs of equality too. */
const KEYS =
  'repo|gated|likes|downloads|task|tags|trending score|sdk|category|semantic relevance|title|summary|authors|upvotes|published|daily papers|daily papers uri|arXiv|library|anchor|content type|size|updated|created|web';
const KEYED = new RegExp(`^(${KEYS})=(.*)$`, 's');
const BEFORE_KEY = new RegExp(`, (?=(?:${KEYS})=)`);
/** Keys whose value may hold commas. */
const FREE_TEXT = new Set(['title', 'summary', 'authors', 'Details']);
/** Words without a key that say nothing: that a file is stored apart, and that a repository is the usual sort. */
const USUAL = new Set(['lfs', 'public']);

/** `likes=3, sdk=gradio, some words, title=One, two`. */
function readDetails(text: string, about: string[]): Fact[] {
  return text.split(BEFORE_KEY).flatMap((part) => {
    const [, label = 'Details', value = part] = KEYED.exec(part) ?? [];
    const [first = '', ...rest] = FREE_TEXT.has(label) ? [value] : value.split(', ');
    const words = rest.join(', ');
    return [
      // That access must be asked for is a fact; a list need not say how.
      ...(USUAL.has(first) ? [] : [{ about, label, value: label === 'gated' ? 'gated' : first }]),
      ...(words === '' || USUAL.has(words) ? [] : [{ about, label: 'Details', value: words }]),
    ];
  });
}

/**
 * Reads what `hf_fs cat` shows: each line of the content is a fact.
 * @param answer a header, an empty line, and the content
 */
export function readContent(answer: string): Fact[] {
  return contentOf(answer)
    .split('\n')
    .map((line) => line.replace(/\[\[.*\]\]$/, '').trim())
    .filter((line) => /\w/.test(line))
    .map((value) => ({ about: [], label: 'content', value }));
}

/**
 * Reads a card: each value of its front matter is a fact, and each line of the rest.
 * @param answer of `hf_fs cat`
 */
export function readCard(answer: string): Fact[] {
  const [, matter = '', body = ''] = /^---\n(.*?)\n---\n(.*)$/s.exec(contentOf(answer).trim()) ?? [];
  const entries = Object.entries(load(matter) as Record<string, unknown>);
  const facts = entries.flatMap(([label, value]) =>
    [value].flat().map((one) => ({ about: [], label, value: String(one) })),
  );
  return [...facts, ...readContent(`Bytes: 1\n${body}`)];
}

/**
 * Reads a paper's `metadata.json` and, after it, its text.
 * @param answer of two times `hf_fs cat`
 */
export function readPaper(answer: string): Fact[] {
  const [metadata = '', text = ''] = answer.split('## Operation 2');
  const paper: Record<string, unknown> = JSON.parse(contentOf(metadata).replace(/---\s*$/, ''));
  // What else is said of the repositories that name it is no fact of the paper.
  for (const [key, value] of Object.entries(paper)) {
    if (/^linked(?:Models|Datasets|Spaces)$/.test(key) && Array.isArray(value)) paper[key] = value.map(({ id }) => id);
    if (/^numTotal/.test(key) && value === 0) delete paper[key];
  }
  return [...listValues('metadata', paper), ...readContent(text)];
}

function contentOf(answer: string): string {
  return answer.slice(answer.search(/^Bytes: \d+$/m)).replace(/^.*\n/, '');
}

function listValues(label: string, value: unknown): Fact[] {
  if (typeof value !== 'object' || value === null) return [{ about: [], label, value: String(value) }];
  return Object.entries(value).flatMap(([key, part]) => listValues(Array.isArray(value) ? label : key, part));
}

/** A statement of a TOML document: a `[table]`, an `[[item]]` of a list, or a `key = value`. */
export interface TomlStatement {
  kind: 'table' | 'item' | 'pair';
  /** From the top of the document; items of lists by their number. */
  path: string[];
  /** Path of the table that a pair stands in. */
  table: string[];
  start: number;
  end: number;
  /** Where the value of a pair begins; it goes on to `end`. */
  valueStart: number;
}

/** A member of an inline table or list. */
export interface TomlMember {
  /** Steps that lead to it: dotted keys are several; the number of an item. */
  keys: string[];
  start: number;
  valueStart: number;
  end: number;
}

const BLANK = /(?:[ \t\r\n]|#[^\r\n]*)*/y;
const SPACE = /[ \t]*/y;
const BARE_KEY = /[A-Za-z0-9_-]+/y;
const STRING = /"""(?:\\[\s\S]|[^\\])*?"{3,5}(?!")|'''[\s\S]*?'{3,5}(?!')|"(?:\\.|[^"\\\r\n])*"|'[^'\r\n]*'/y;
const PLAIN = /[^\s,[\]{}#"'][^,[\]{}#"'\r\n]*/y;

/**
 * The statements of a TOML document, in order.
 * @param text that a parser has accepted; of other text the result has no meaning
 */
export function readStatements(text: string): TomlStatement[] {
  const statements: TomlStatement[] = [];
  const counts = new Map<string, number>();
  let table: string[] = [];
  for (let at = skip(BLANK, text, 0); at < text.length; at = skip(BLANK, text, at)) {
    const start = at;
    const kind = text.startsWith('[[', at) ? 'item' : text[at] === '[' ? 'table' : 'pair';
    const { keys, end } = readKeys(text, at + { item: 2, table: 1, pair: 0 }[kind]);
    if (kind === 'pair') {
      const valueStart = skip(SPACE, text, end + 1);
      at = skipValue(text, valueStart);
      statements.push({ kind, path: [...table, ...keys], table, start, end: at, valueStart });
      continue;
    }
    table = resolveItems(keys, counts, kind === 'item');
    at = end + (kind === 'item' ? 2 : 1);
    statements.push({ kind, path: table, table, start, end: at, valueStart: at });
  }
  return statements;
}

/**
 * The members of an inline table or list.
 * @param text of the document
 * @param open where its bracket stands
 */
export function readMembers(text: string, open: number): TomlMember[] {
  const members: TomlMember[] = [];
  const named = text[open] === '{';
  for (let at = skip(BLANK, text, open + 1); !/[}\]]/.test(text[at] ?? '}'); at = skip(BLANK, text, at)) {
    const start = at;
    const { keys, end: afterKeys } = named ? readKeys(text, at) : { keys: [`${members.length}`], end: at - 1 };
    const valueStart = skip(BLANK, text, afterKeys + 1);
    const end = skipValue(text, valueStart);
    members.push({ keys, start, valueStart, end });
    at = skip(BLANK, text, end);
    if (text[at] === ',') at++;
  }
  return members;
}

/** Reads dotted keys up to the sign that follows them. */
function readKeys(text: string, from: number): { keys: string[]; end: number } {
  const keys: string[] = [];
  let at = from;
  do {
    const start = skip(SPACE, text, at + (keys.length > 0 ? 1 : 0));
    const quoted = /["']/.test(text[start] ?? '');
    at = skip(quoted ? STRING : BARE_KEY, text, start);
    keys.push(quoted ? unquote(text.slice(start, at)) : text.slice(start, at));
    at = skip(SPACE, text, at);
  } while (text[at] === '.');
  return { keys, end: at };
}

function unquote(key: string): string {
  if (key.startsWith("'")) return key.slice(1, -1);
  // TOML has one escape more than JSON.
  const body = key.replace(/\\U([0-9a-fA-F]{8})/g, (_, code: string) =>
    String.fromCodePoint(Number.parseInt(code, 16)),
  );
  return JSON.parse(body.replaceAll('\t', '\\t'));
}

/** A table below a list stands in the last item of it so far. */
function resolveItems(keys: string[], counts: Map<string, number>, isItem: boolean): string[] {
  const path: string[] = [];
  keys.forEach((key, at) => {
    path.push(key);
    const name = JSON.stringify(path);
    if (isItem && at === keys.length - 1) counts.set(name, (counts.get(name) ?? 0) + 1);
    const count = counts.get(name);
    if (count !== undefined) path.push(`${count - 1}`);
  });
  return path;
}

function skipValue(text: string, from: number): number {
  if (/["']/.test(text[from] ?? '')) return skip(STRING, text, from);
  if (!/[[{]/.test(text[from] ?? '')) return from + text.slice(from, skip(PLAIN, text, from)).trimEnd().length;
  let depth = 0;
  let at = from;
  do {
    const character = text[at] ?? '';
    if (/["']/.test(character)) at = skip(STRING, text, at);
    else if (character === '#') at = skip(BLANK, text, at);
    else {
      if (/[[{]/.test(character)) depth++;
      if (/[\]}]/.test(character)) depth--;
      at++;
    }
  } while (depth > 0 && at < text.length);
  return at;
}

function skip(pattern: RegExp, text: string, from: number): number {
  pattern.lastIndex = from;
  return from + (pattern.exec(text)?.[0].length ?? 0);
}

import { stem, words } from '../search.js';
import type { DemoTable, Row } from './tables.js';

/** SQL's third truth value: neither true nor false. */
type Truth = boolean | null;
type Scalar = string | number | boolean | null;
type Operand = (row: Row) => Scalar;
/** Whether a row meets a condition. */
type Condition = (row: Row) => Truth;

/** Thrown for text that is no condition on the columns at hand. */
export class BadCondition extends Error {
  override readonly name = 'BadCondition';
}

const TOKEN = /\s*('(?:[^']|'')*'|"(?:[^"]|"")*"|-?\d+(?:\.\d+)?|[A-Za-z_]\w*|<>|!=|<=|>=|==|[<>=(),])/y;
const COMPARISONS: Record<string, (order: number) => boolean> = {
  '=': (order) => order === 0,
  '==': (order) => order === 0,
  '<>': (order) => order !== 0,
  '!=': (order) => order !== 0,
  '<': (order) => order < 0,
  '<=': (order) => order <= 0,
  '>': (order) => order > 0,
  '>=': (order) => order >= 0,
};

/**
 * Reads the condition of `/filter`: comparisons of columns with values, joined by AND, OR, NOT and brackets, and SQL's
 * LIKE, IN, BETWEEN and IS NULL, as the engine behind the viewer takes them.
 * @param text of the `where` parameter
 * @param columns names that exist
 * @throws BadCondition
 */
export function parseCondition(text: string, columns: readonly string[]): Condition {
  const parser = new Parser(tokenize(text), columns);
  const condition = parser.readOr();
  parser.expectEnd();
  return condition;
}

function tokenize(text: string): string[] {
  const tokens: string[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < text.trimEnd().length) {
    const match = TOKEN.exec(text.trimEnd());
    if (!match?.[1]) throw new BadCondition('a symbol that is not allowed');
    tokens.push(match[1]);
  }
  return tokens;
}

class Parser {
  #at = 0;

  constructor(
    private readonly tokens: readonly string[],
    private readonly columns: readonly string[],
  ) {}

  readOr(): Condition {
    let left = this.#readAnd();
    while (this.#take('or')) {
      const [a, b] = [left, this.#readAnd()];
      left = (row) => either(a(row), () => b(row));
    }
    return left;
  }

  expectEnd(): void {
    if (this.#at < this.tokens.length) throw new BadCondition(`unexpected ${this.tokens[this.#at]}`);
  }

  #readAnd(): Condition {
    let left = this.#readNot();
    while (this.#take('and')) {
      const [a, b] = [left, this.#readNot()];
      left = (row) => not(either(not(a(row)), () => not(b(row))));
    }
    return left;
  }

  #readNot(): Condition {
    if (!this.#take('not')) return this.#readTest();
    const inner = this.#readNot();
    return (row) => not(inner(row));
  }

  #readTest(): Condition {
    if (this.#take('(')) {
      const inner = this.readOr();
      this.#expect(')');
      return inner;
    }
    const left = this.#readOperand();
    const operator = COMPARISONS[this.tokens[this.#at] ?? ''];
    if (operator) {
      this.#at += 1;
      const right = this.#readOperand();
      return (row) => compare(left(row), right(row), operator);
    }
    if (this.#take('is')) {
      const negated = this.#take('not');
      this.#expect('null');
      return (row) => (left(row) === null) !== negated;
    }
    const negated = this.#take('not');
    const test = this.#readWordTest(left);
    if (test) return negated ? (row) => not(test(row)) : test;
    if (negated) throw new BadCondition('NOT without a test');
    return (row) => asTruth(left(row));
  }

  #readWordTest(left: Operand): Condition | undefined {
    const folded = this.#take('ilike');
    if (folded || this.#take('like')) {
      const pattern = this.#readOperand();
      return (row) => like(left(row), pattern(row), folded);
    }
    if (this.#take('in')) {
      this.#expect('(');
      const values = [this.#readOperand()];
      while (this.#take(',')) values.push(this.#readOperand());
      this.#expect(')');
      return (row) => values.some((value) => compare(left(row), value(row), (order) => order === 0) === true);
    }
    if (this.#take('between')) {
      const low = this.#readOperand();
      this.#expect('and');
      const high = this.#readOperand();
      return (row) =>
        not(
          either(
            compare(left(row), low(row), (order) => order < 0),
            () => compare(left(row), high(row), (order) => order > 0),
          ),
        );
    }
    return undefined;
  }

  #readOperand(): Operand {
    const token = this.tokens[this.#at];
    if (token === undefined) throw new BadCondition('the condition ends too early');
    this.#at += 1;
    if (token.startsWith("'")) return constant(token.slice(1, -1).replaceAll("''", "'"));
    if (/^-?\d/.test(token)) return constant(Number(token));
    if (/^(?:true|false)$/i.test(token)) return constant(token.toLowerCase() === 'true');
    if (/^null$/i.test(token)) return constant(null);
    const name = token.startsWith('"') ? token.slice(1, -1).replaceAll('""', '"') : token;
    if (!this.columns.includes(name)) throw new BadCondition(`no column ${name}`);
    return (row) => asScalar(row[name]);
  }

  #take(word: string): boolean {
    if (this.tokens[this.#at]?.toLowerCase() !== word) return false;
    this.#at += 1;
    return true;
  }

  #expect(word: string): void {
    if (!this.#take(word)) throw new BadCondition(`expected ${word}`);
  }
}

const constant = (value: Scalar) => () => value;
const not = (truth: Truth): Truth => (truth === null ? null : !truth);

function either(a: Truth, b: () => Truth): Truth {
  if (a === true) return true;
  const other = b();
  return other === true ? true : a === null || other === null ? null : false;
}

function asTruth(value: Scalar): Truth {
  if (typeof value === 'string') throw new BadCondition('text is not a condition');
  return value === null ? null : Boolean(value);
}

function asScalar(value: unknown): Scalar {
  if (value === null || value === undefined) return null;
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value;
  throw new BadCondition('a column of that type cannot be compared');
}

function compare(a: Scalar, b: Scalar, holds: (order: number) => boolean): Truth {
  if (a === null || b === null) return null;
  return holds(orderOf(a, b));
}

/**
 * Negative, 0 or positive, as a comes before, with or after b. Text that is compared with a number must be one.
 * @throws BadCondition when the two cannot be compared
 */
function orderOf(a: Exclude<Scalar, null>, b: Exclude<Scalar, null>): number {
  if (typeof a === 'string' && typeof b === 'string') return a < b ? -1 : a > b ? 1 : 0;
  const difference = Number(a) - Number(b);
  if (Number.isNaN(difference)) throw new BadCondition('text that is not a number, compared with one');
  return difference;
}

function like(text: Scalar, pattern: Scalar, folded: boolean): Truth {
  if (text === null || pattern === null) return null;
  const source = String(pattern)
    .replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
    .replaceAll('%', '.*')
    .replaceAll('_', '.');
  return new RegExp(`^${source}$`, folded ? 'is' : 's').test(String(text));
}

/**
 * Reads the `orderby` of `/filter`: columns, each with ASC or DESC behind it or neither.
 * @param text such as `"score" DESC, "id"`
 * @param columns names that exist
 * @returns a comparison for sorting; missing values come last
 * @throws BadCondition
 */
export function parseOrder(text: string, columns: readonly string[]): (a: Row, b: Row) => number {
  const keys = text.split(',').map((part) => {
    const match = /^\s*(?:"((?:[^"]|"")+)"|([A-Za-z_]\w*))(?:\s+(asc|desc))?\s*$/i.exec(part);
    const name = match?.[1]?.replaceAll('""', '"') ?? match?.[2];
    if (!name || !columns.includes(name)) throw new BadCondition('no such column to order by');
    return { name, sign: match?.[3]?.toLowerCase() === 'desc' ? -1 : 1 };
  });
  return (a, b) => {
    for (const { name, sign } of keys) {
      const order = compareCells(a[name], b[name], sign);
      if (order !== 0) return order;
    }
    return 0;
  };
}

function compareCells(a: unknown, b: unknown, sign: number): number {
  const [left, right] = [a ?? null, b ?? null];
  if (left === null || right === null) return Number(left === null) - Number(right === null);
  if (typeof left === 'object' || typeof right === 'object') throw new BadCondition('a column without an order');
  return sign * orderOf(left as string | number | boolean, right as string | number | boolean);
}

/**
 * Finds the rows whose text holds words of a query, the best match first.
 * @param table where to look
 * @param query plain words
 * @returns indices
 */
export function findRows(table: DemoTable, query: string): number[] {
  const wanted = words(query).map(stem);
  const scores = new Map<string, number>();
  const found: { index: number; score: number }[] = [];
  for (let index = 0; index < table.count; index += 1) {
    const text = textOf(table.row(index, ''));
    const score = scores.get(text) ?? countMatches(text, wanted);
    scores.set(text, score);
    if (score > 0) found.push({ index, score });
  }
  return found.sort((a, b) => b.score - a.score || a.index - b.index).map(({ index }) => index);
}

function countMatches(text: string, wanted: readonly string[]): number {
  const present = words(text).map(stem);
  return present.filter((word) => wanted.includes(word)).length / Math.sqrt(present.length + 1);
}

/** The sentences of a row. Single words are left out: ids differ from row to row, and each text is scored but once. */
function textOf(row: Row): string {
  return Object.values(row)
    .filter((value): value is string => typeof value === 'string' && /\s/.test(value))
    .join('\n');
}

import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';

// The time of a text function must grow with the length of the text and no faster: one text of a stranger would otherwise
// stop the whole server. CPU time is compared, never the clock, and the least of several runs counts: the machine may be busy.

const SMALL = 500;
const FACTOR = 16;
/** So much CPU a text of the large size may take without being looked at closer, in microseconds. */
const NEGLIGIBLE = 800;

/** Marks that open something, what may fill it, and the two together. */
const MARKS = [...` \n\t\r"'\`<>()[]{}#&?~!*\\/-_.:;,=+|$%^@0aA\u200b`];
const FILLS = ['a', ' ', '\n', '0'];
const OPENERS = [
  'a-- ',
  'eyJaaaaaaaa-',
  'eyJaaaaaaaa.',
  'hf_a',
  '-hf_',
  'Bearer ',
  'http://a',
  'a://',
  'a:a@',
  '&sig=',
  '?token=',
  '<a ',
  '<a href="',
  '<!--',
  '-->',
  '![a](',
  '![',
  '[](',
  '[a](',
  '[[',
  '``',
  '~~~',
  '\n# ',
  '\n- [',
  '- [a](/docs/',
  '&amp',
  'data:',
  ';a=a',
  '"""',
  "'''",
  '\\"',
  '{"a":',
  '/*',
  '#\n',
  'a = ',
  '[a]\n',
  'a: ',
  ' | -',
  '\r\n',
  '\ud83d',
  'e\u0301',
  '\u001b[',
  '\u001b]8;;',
  '--- end ',
  '— end ',
  '> - ',
];
const MOTIFS = [...new Set([...MARKS, ...MARKS.flatMap((mark) => FILLS.map((fill) => mark + fill)), ...OPENERS])];

interface Slow {
  text: string;
  factor: number;
}

function cost(work: () => unknown): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return user + system;
}

/** The first text on which the time grows faster than the length; undefined when there is none. */
function findSlow(
  use: (text: string) => unknown,
  motifs = MOTIFS,
  prefixes = ['', '"', '# ', '---\n'],
): Slow | undefined {
  const least = (work: () => unknown) => {
    const first = cost(work);
    // What takes so long is not slow because of the machine.
    return first > 100_000 ? first : Math.min(first, ...[1, 2, 3, 4].map(() => cost(work)));
  };
  for (const motif of motifs) {
    for (const prefix of prefixes) {
      // The end matches nothing, so that whatever looks for one goes back and tries again.
      const make = (length: number) => `${prefix}${motif.repeat(Math.ceil(length / motif.length))}\u0001\n\u0001`;
      const [small, large] = [make(SMALL), make(SMALL * FACTOR)];
      // So far beyond that the large text would not come to an end.
      if (cost(() => use(small)) > 20_000 && least(() => use(small)) > 20_000)
        return { text: prefix + motif, factor: Infinity };
      if (cost(() => use(large)) < NEGLIGIBLE || least(() => use(large)) < NEGLIGIBLE) continue;
      const many = () => {
        for (let at = 0; at < FACTOR; at += 1) use(small);
      };
      const factor = (least(() => use(large)) * FACTOR) / least(many);
      if (factor >= FACTOR * 2) return { text: prefix + motif, factor: Math.round(factor) };
    }
  }
  return undefined;
}

const SOURCES = fileURLToPath(new URL('../../src/', import.meta.url));

interface Pattern {
  place: string;
  source: string;
  pattern: RegExp;
}

/** Every pattern that is written as a literal, once; what only the demo's world uses meets no strangers. */
function readPatterns(): Pattern[] {
  const files = readdirSync(SOURCES, { recursive: true, encoding: 'utf8' }).filter((file) =>
    /^(?!world).*\.tsx?$/.test(file),
  );
  const found = files.flatMap((file) => {
    const tree = ts.createSourceFile(file, readFileSync(SOURCES + file, 'utf8'), ts.ScriptTarget.Latest);
    const patterns: Pattern[] = [];
    const visit = (node: ts.Node): void => {
      if (node.kind === ts.SyntaxKind.RegularExpressionLiteral) {
        const literal = node.getText(tree);
        const end = literal.lastIndexOf('/');
        const source = literal.slice(1, end);
        patterns.push({ place: `${file}: ${literal}`, source, pattern: new RegExp(source, literal.slice(end + 1)) });
      }
      ts.forEachChild(node, visit);
    };
    visit(tree);
    return patterns;
  });
  return [...new Map(found.map((one) => [String(one.pattern), one])).values()];
}

/** The words that a pattern names: only behind them its other parts are tried. */
function wordsOf(source: string): string[] {
  const bare = source
    .replace(/\(\?(?:[:=!]|<[=!]|<\w+>)/g, '(')
    .replace(/\[(?:\\.|[^\]\\])*\]|\\(?:p\{[^}]*\}|[dDwWsSbBnrt])|\{\d+(?:,\d*)?\}/g, '|')
    .replace(/\\(.)/g, '$1§')
    .replace(/[()|?*+^$](?!§)/g, '¦')
    .replaceAll('§', '');
  return [...new Set(bare.split('¦').filter((word) => word !== ''))].slice(0, 12);
}

it.each([/\s+$/, /eyJ[\w-]{8,}\./g, /^(#{1,6}) +(.*?)\[\[([^\]\n]+)\]\]$/m, /<([^>]+)>;/, /\d+\.?\d*$/])(
  '%s is found to be slow',
  (pattern) => {
    expect(findSlow((text) => text.match(pattern))).toBeDefined();
  },
);

describe('every pattern', () => {
  const patterns = readPatterns();

  it('is found', () => expect(patterns.length).toBeGreaterThan(300));

  it('takes time that grows with the text alone', { timeout: 300_000 }, () => {
    const slow = patterns.flatMap(({ place, source, pattern }) => {
      const words = wordsOf(source);
      const motifs = [
        ...MOTIFS,
        ...words.flatMap((word) => [word, ...[' ', 'a', '-', '"', '\n', '='].map((mark) => word + mark)]),
      ];
      const prefixes = [
        '',
        ...(source.startsWith('^') ? ['"', '---\n', '# ', words.join('')] : []),
        ...words.slice(0, 3),
      ];
      const found = findSlow(
        (text) => (pattern.global ? text.replace(pattern, '') : text.match(pattern)),
        motifs,
        prefixes,
      );
      return found ? [{ place, ...found }] : [];
    });
    expect(slow).toEqual([]);
  });
});

import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { conversationOf } from '../../src/assistants/api/turns.js';
import { readItems } from '../../src/assistants/api/wire.js';
import { sendsFile } from '../../src/assistants/consent.js';
import { fillInputs, parseDefinition } from '../../src/assistants/definition.js';
import { judgeEvent, judgeRefusal } from '../../src/assistants/refusals.js';
import { nameInHint } from '../../src/commands/name-commands.js';
import { parseJsonFile } from '../../src/config/load.js';
import { readToken } from '../../src/config/token.js';
import { toAscii } from '../../src/gradio/aliases.js';
import { plainText, runError } from '../../src/gradio/errors.js';
import { sourceOf } from '../../src/gradio/files.js';
import { readSelection } from '../../src/http/customise.js';
import { callerAddress } from '../../src/http/guard.js';
import { checkStoredPath } from '../../src/hub/download/place.js';
import { covers } from '../../src/hub/download/plan.js';
import { parseCard } from '../../src/hub/read/card.js';
import { findSection, listAnchors, showAnchors } from '../../src/hub/read/docs.js';
import { parseReference, parseRepo } from '../../src/hub/reference.js';
import { findDay } from '../../src/hub/search/papers.js';
import { cutQuery } from '../../src/hub/search/query.js';
import { readTask, readTerms } from '../../src/hub/search/terms.js';
import { explainFilter, mayNeedQuotes, quoteColumns, readOrder } from '../../src/hub/viewer/filter.js';
import { checkCard, countChangedLines } from '../../src/hub/write/draft.js';
import { getClient } from '../../src/install/find.js';
import { coerce, matchEnum } from '../../src/lib/coerce.js';
import { indentAt, layoutOf, lineEnd, lineStart, placeOf } from '../../src/lib/documents/document.js';
import { findExtras, setJsonValue } from '../../src/lib/documents/json.js';
import { readMembers, readStatements, writeTomlValue } from '../../src/lib/documents/toml.js';
import { findBlock, splitLines, writeYamlLine } from '../../src/lib/documents/yaml.js';
import { explainError, HugwireError } from '../../src/lib/errors.js';
import { renderTable } from '../../src/lib/format.js';
import { readDataUrl } from '../../src/lib/http.js';
import { parseJson, parseJsonObject } from '../../src/lib/json.js';
import { readShortJson } from '../../src/lib/large-json.js';
import { cleanMarkdown } from '../../src/lib/markdown.js';
import { fold, nearest } from '../../src/lib/nearest.js';
import { expandVariables, quoteWords, writeCommand } from '../../src/lib/platform.js';
import {
  cleanLine,
  cleanText,
  cutText,
  decodePercent,
  fence,
  hide,
  holdsToken,
  isIdentifier,
  quote,
  redact,
  showHidden,
  showName,
  showWords,
  splitAt,
  takePage,
} from '../../src/lib/text.js';
import { readMoment } from '../../src/lib/time.js';
import { estimateTokens } from '../../src/lib/tokens.js';
import { parseEntry } from '../../src/sessions/entries.js';
import { cutSecretly, cutValue, takeSecretsOut } from '../../src/sessions/journal.js';
import { checkDraft, cleanTags, readNoteLine } from '../../src/sessions/memory/notes.js';
import { foldText, splitWords } from '../../src/sessions/memory/search.js';
import { parseLocalAddress, parseSpaceReference } from '../../src/spaces/directory.js';
import { appKey, isListed } from '../../src/spaces/local-apps.js';
import { extensionOf, safeExtension, slug } from '../../src/spaces/save-file.js';
import { readLine } from '../../src/stdio/messages.js';
import { decodeCursor } from '../../src/tools/hub_search.js';
import { showOwnWords } from '../../src/tools/writing.js';

// The time of a text function must grow with the length of the text and no faster: one text of a stranger would otherwise
// stop the whole server. CPU time is compared, never the clock, and the least of several runs counts: the machine may be busy.

const SMALL = 500;
const FACTOR = 16;
/** So much CPU a text of the large size may take without being looked at closer, in microseconds. */
const NEGLIGIBLE = 800;
/** What is measured takes at least so much, in microseconds. */
const ENOUGH = 20_000;

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
  for (const motif of motifs) {
    for (const prefix of prefixes) {
      // The end matches nothing, so that whatever looks for one goes back and tries again.
      const make = (length: number) => `${prefix}${motif.repeat(Math.ceil(length / motif.length))}\u0001\n\u0001`;
      const [small, large] = [make(SMALL), make(SMALL * FACTOR)];
      // So far beyond that the large text would not come to an end.
      if ([1, 2, 3].every(() => cost(() => use(small)) > ENOUGH)) return { text: prefix + motif, factor: Infinity };
      const once = cost(() => use(large));
      if (once < NEGLIGIBLE) continue;
      // The clock of the CPU may tick in milliseconds: a look takes so many runs that its ticks do not matter.
      const repeat = (times: number, text: string) =>
        cost(() => {
          for (let at = 0; at < times; at += 1) use(text);
        });
      let runs = 1;
      while (runs < 4096 && repeat(runs, large) < ENOUGH) runs *= 2;
      const least = (times: number, text: string) => Math.min(...[1, 2, 3].map(() => repeat(times, text)));
      const look = () => (least(runs, large) * FACTOR) / Math.max(least(runs * FACTOR, small), 1);
      // Close to the limit, what was collected meanwhile may have made it: the least of some looks counts.
      let factor = repeat(runs, large) < repeat(runs * FACTOR, small) * 2 ? 0 : look();
      for (let again = 0; again < 2 && factor >= FACTOR * 2 && factor < FACTOR * 4; again += 1) {
        factor = Math.min(factor, look());
      }
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

const NO_LIMIT = 1e9;
const SITE = { id: 'a/b', kind: 'hub', origin: 'https://a-b.hf.space', base: 'https://a-b.hf.space' } as never;

const MODEL_SERVER = { model: 'm', where: 'the server', host: 'a.b', isRouter: true, hadTools: true };

/** What each function of a text is run with. A function that is written to a text needs a row, as the test below says. */
const FUNCTIONS: Record<string, (text: string) => unknown> = {
  appKey,
  checkCard: (text) => void checkCard(text, 'space').catch(() => {}),
  checkStoredPath,
  checkDraft: (text) => checkDraft({ text, tags: [text] }),
  cleanLine: (text) => cleanLine(text, NO_LIMIT),
  cleanMarkdown,
  cleanTags: (text) => cleanTags([text]),
  cleanText,
  callerAddress: (text) => callerAddress(undefined, { get: () => text } as unknown as Headers, 1),
  coerce: (text) => coerce(text, { type: ['number', 'array', 'object', 'boolean'], items: { enum: ['a'] } }),
  conversationOf: (text) => conversationOf(`resp_${text}`),
  countChangedLines: (text) => countChangedLines(text, text.replaceAll('a', 'b')),
  covers: (text) => [covers(`*${text.slice(0, 20)}*[a-z]?a`, text), covers(text, 'model/config.json')],
  cutQuery,
  cutSecretly: (text) => cutSecretly(text, NO_LIMIT, ['secret-secret']),
  cutText: (text) => cutText(text, 100),
  cutValue: (text) => cutValue({ [text]: text, list: [text] }),
  decodeCursor: (text) => decodeCursor(text, ['model']),
  estimateTokens,
  expandVariables: (text) => expandVariables(text, {}),
  explainError: (text) => explainError(new HugwireError('internal', text, { hint: text })),
  explainFilter: (text) => explainFilter({ where: text, orderBy: text }, [{ name: 'age', type: 'int64' }]),
  extensionOf,
  fence: (text) => fence(text, text),
  fillInputs: (text) => fillInputs([text, `\${input:${text}}`], new Map([[text, text]])),
  findBlock: (text) => findBlock(splitLines(text), ['a', 'b']),
  findDay: (text) => findDay(text),
  findExtras: (text) => findExtras(`{"a": ${JSON.stringify(text)}}`),
  findSection: (text) => findSection(text, 'a'),
  fold,
  foldText,
  getClient,
  hide: (text) => hide(text, 'aaaaaaaa'),
  decodePercent,
  holdsToken: (text) => holdsToken(text, 'aaaaaaaa'),
  indentAt: (text) => indentAt(text, text.length),
  isIdentifier,
  isListed: (text) => isListed(text, [text, `https://*.${text}`]),
  judgeEvent: (text) => judgeEvent({ message: text, code: text }, MODEL_SERVER),
  judgeRefusal: (text) =>
    [400, 403, 404, 429, 503].map((status) =>
      judgeRefusal({ ...MODEL_SERVER, status, headers: new Headers(), body: JSON.stringify({ error: text }) }),
    ),
  'judgeRefusal of a text': (text) =>
    judgeRefusal({ ...MODEL_SERVER, status: 400, headers: new Headers(), body: text }),
  layoutOf,
  lineEnd: (text) => lineEnd(text, 0),
  lineStart: (text) => lineStart(text, text.length),
  listAnchors,
  matchEnum: (text) => matchEnum(text, ['a', 'b']),
  nearest: (text) => nearest(text, [text.replaceAll('a', 'b'), 'abc', text.slice(1)]),
  parseCard: (text) => void parseCard(text).catch(() => {}),
  parseDefinition: (text) =>
    parseDefinition({ 'agent.json': '{"model": "a", "servers": [{"command": "a b"}]}', 'AGENTS.md': text }, text),
  'parseDefinition of texts that it refuses': (text) =>
    parseDefinition({ 'agent.json': JSON.stringify({ model: text, apiKey: text, servers: [text] }) }, 'a'),
  parseEntry,
  parseJson,
  parseJsonFile: (text) => parseJsonFile(text, 'a.json'),
  parseJsonObject,
  parseLocalAddress,
  parseReference: (text) => parseReference(text),
  parseRepo: (text) => parseRepo(text),
  parseSpaceReference: (text) => parseSpaceReference(text, 'https://huggingface.co'),
  nameInHint,
  placeOf: (text) => placeOf(text, text.length),
  plainText: (text) => plainText(text, NO_LIMIT),
  quote,
  quoteWords: (text) => quoteWords([text]),
  readItems: (text) => readItems([text, { type: 'message', role: 'user', content: text }], 'input'),
  readLine,
  readDataUrl: (text) => readDataUrl(`data:${text},${text}`)?.decode(),
  readSelection: (text) => readSelection({ searchParams: [[text, text]] } as unknown as URL, new Headers()),
  readShortJson: (text) => readShortJson(JSON.stringify(text), { what: 'it', deep: 'unavailable' }),
  // These two are given only what a parser has accepted.
  quoteColumns: (text) => mayNeedQuotes(text) && quoteColumns(text, [{ name: 'a a', type: 'string' }]),
  readMembers: (text) => readMembers(`[${JSON.stringify(text)}]`, 0),
  readMoment: (text) => readMoment(text, { edge: 'begin', zone: 'UTC' }),
  readNoteLine,
  readOrder,
  readStatements: (text) => readStatements(`a = ${JSON.stringify(text)}\n`),
  readTerms: (text) => readTerms(text, 'model'),
  readTask: (text) => readTask(text, 'model'),
  readToken,
  redact,
  renderTable: (text) => renderTable([['a', () => text]], [1]),
  runError: (text) => runError(SITE, { error: text, title: text } as never),
  safeExtension: (text) => safeExtension(text, text),
  sendsFile: (text) => sendsFile({ [text]: [text, { text }] }, []),
  setJsonValue: (text) => setJsonValue(`{"a": ${JSON.stringify(text)}}`, ['b'], text),
  showAnchors,
  showHidden,
  showOwnWords,
  showName: (text) => showName(text, NO_LIMIT),
  showWords: (text) => showWords(text, NO_LIMIT),
  slug,
  sourceOf,
  splitAt: (text) => splitAt(text, 100),
  splitLines,
  splitWords,
  takePage: (text) => takePage(text, 0, text.length - 1),
  takeSecretsOut: (text) =>
    takeSecretsOut({ [text]: text, arguments: JSON.stringify({ token: text }) }, ['secret-secret']),
  toAscii,
  writeCommand: (text) => writeCommand([text]),
  writeTomlValue,
  writeYamlLine,
};

describe('every function of a text', () => {
  it.each(Object.entries(FUNCTIONS))('%s takes time that grows with the text alone', { timeout: 120_000 }, (_, use) => {
    const found = findSlow(
      (text) => {
        try {
          return use(text);
        } catch (error) {
          // A refusal is an answer as well.
          return error;
        }
      },
      MOTIFS,
      [''],
    );
    expect(found).toBeUndefined();
  });

  it('has a row above', () => {
    const files = readdirSync(SOURCES, { recursive: true, encoding: 'utf8' }).filter((file) =>
      /^(?!world|dashboard|commands).*\.ts$/.test(file),
    );
    const named = files.flatMap((file) => {
      const tree = ts.createSourceFile(file, readFileSync(SOURCES + file, 'utf8'), ts.ScriptTarget.Latest);
      return tree.statements
        .filter(ts.isFunctionDeclaration)
        .flatMap(({ name, modifiers = [], parameters: [first] }) => {
          const isExported = modifiers.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword);
          const takesText = /^(?:text|markdown|words|line|question|query|message|cursor): string$/.test(
            first?.getText(tree) ?? '',
          );
          return isExported && takesText ? [name?.text ?? ''] : [];
        });
    });
    // None looks into its text as a text; JSON is read by the tests of its own.
    const others = [
      'log',
      'runShell',
      'readJson',
      'toldOnly',
      'invalidParams',
      'insertMember',
      'removeMember',
      'insertInline',
      'removeInline',
    ];
    expect(named.filter((name) => !Object.hasOwn(FUNCTIONS, name) && !others.includes(name))).toEqual([]);
  });
});

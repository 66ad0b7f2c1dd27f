import { loadAll } from 'js-yaml';
import { describe, expect, it } from 'vitest';
import { removeValue, sameValue, setValue, valueAt, withValue } from '../../../src/lib/documents/document.js';
import { YAML_FORMAT } from '../../../src/lib/documents/yaml.js';
import { createRandom, type Random } from '../../doubles/random.js';

const PATH = ['extensions', 'hugwire'];
const ENTRY = { name: 'hugwire', cmd: 'npx', args: ['-y', 'hugwire'], envs: {}, enabled: true, timeout: 300 };
const set = (text: string, value: unknown = ENTRY) => setValue(YAML_FORMAT, text, PATH, value);
const remove = (text: string, keep = 1) => removeValue(YAML_FORMAT, text, PATH, keep);
const lines = (...all: string[]) => all.join('\n');
const read = (text: string) => loadAll(text.replace('\uFEFF', ''))[0] ?? undefined;

const DOCUMENTS: Record<string, string> = {
  nothing: '',
  'comments only': '# mine\n',
  'other keys': 'GOOSE_MODEL: x # mine\nlist:\n- a\n- b: 1\n',
  'other extensions': 'extensions:\n  developer:\n    enabled: true\n    args: []\n\n# after\nGOOSE_MODEL: x\n',
  'four spaces': 'extensions:\n    developer:\n        enabled: true\n    # last\n',
  'one space, quoted keys': '"extensions":\n \'developer\': {enabled: true}\n',
  'no line end at the end': 'extensions:\n  developer:\n    enabled: true',
  'carriage returns': 'a: 1\r\nextensions:\r\n  developer:\r\n    enabled: true\r\n',
  'a byte order mark': '\uFEFFa: 1\n',
  'anchors and merges':
    'base: &base\n  enabled: true\nextensions: &all # the lot\n  developer:\n    <<: *base\nb: *all\n'.replace(
      'b: *all\n',
      '',
    ),
  'block texts that look like keys':
    'note: |\n  extensions:\n    hugwire:\n      x: 1\nextensions:\n  developer:\n    description: >\n      hugwire:\n\n      more\n    quoted: "a\n      hugwire: b"\ntail: "x\n  extensions: y"\n',
  'a marker at the start and at the end': '---\na: 1\n...\n',
  'an indented document': '  a: 1\n  extensions:\n    x: 1\n',
};

describe('YAML', () => {
  it.each(Object.entries(DOCUMENTS))('with %s takes an entry, and gives it back', (_, text) => {
    const after = set(text);
    expect(sameValue(read(after), withValue(read(text), PATH, ENTRY))).toBe(true);
    expect(remove(after, /^\s*"?extensions/m.test(text) ? 1 : 0)).toBe(text);
  });

  it('gets the entry below the others', () => {
    expect(set('extensions:\n  developer:\n    enabled: true\n\n# after\nGOOSE_MODEL: x\n')).toBe(
      lines(
        'extensions:',
        '  developer:',
        '    enabled: true',
        '  hugwire:',
        '    name: hugwire',
        '    cmd: npx',
        '    args: ["-y", hugwire]',
        '    envs: {}',
        '    enabled: true',
        '    timeout: 300',
        '',
        '# after',
        'GOOSE_MODEL: x',
        '',
      ),
    );
  });

  it.each([
    ['extensions:\nb: 1\n', 'extensions:\n  hugwire:\n    a: 1\nb: 1\n'],
    ['extensions: {} # none\n', 'extensions: # none\n  hugwire:\n    a: 1\n'],
    ['extensions: ~\n', 'extensions:\n  hugwire:\n    a: 1\n'],
    ['extensions: null', 'extensions:\n  hugwire:\n    a: 1'],
  ])('fills what is empty: %j', (text, after) => {
    expect(set(text, { a: 1 })).toBe(after);
  });

  it('changes only the keys that differ, and keeps comments', () => {
    const text = lines(
      'extensions:',
      '  hugwire: # mine',
      '    cmd: old # was it',
      '    args:',
      '      - a # one',
      '      - b',
      '    gone: 1',
      '    envs:',
      '      A: "1"',
      '  other: 1',
      '',
    );
    expect(set(text, { cmd: 'npx', args: ['-y'], envs: { A: '1', B: 'yes' } })).toBe(
      lines(
        'extensions:',
        '  hugwire: # mine',
        '    cmd: npx # was it',
        '    envs:',
        '      A: "1"',
        '      B: "yes"',
        '    args: ["-y"]',
        '  other: 1',
        '',
      ),
    );
  });

  it.each([
    ['a: [1', /not valid YAML: line \d, column \d/],
    ['a: 1\na: 2\n', /not valid YAML: line 2/],
    ['a: 1\n---\nb: 2\n', /more than one YAML document/],
    ['extensions: [a]\n', /"extensions" is a list/],
    ['extensions: {a: {b: 1}}\n', /cannot be changed safely/],
    ['extensions: {a:\n  {b: 1}}\n', /cannot be changed safely/],
    ['{"extensions": {}}', /cannot be changed safely/],
    ['- a\n', /The document is a list/],
    ['base: &b {x: 1}\nextensions: *b\n', /cannot be changed safely/],
    ['base: &b\n  x: 1\nall: &all\n  extensions: *b\n<<: *all\n', /cannot be changed safely/],
  ])('that is broken or cannot be changed safely is refused: %j', (text, message) => {
    expect(() => set(text)).toThrow(message);
    expect(() => set(text)).toThrow(expect.objectContaining({ code: 'invalid_arguments' }));
  });
});

it('keeps every document that can be made up, or refuses it', () => {
  let [done, refused] = [0, 0];
  for (let seed = 1; seed <= 600; seed++) {
    const random = createRandom(seed);
    const eol = random.pick(['\n', '\r\n']);
    const text = mapping(random, random.pick(['', '', ' ']), 3).join(eol) + (random.chance(0.7) ? eol : '');
    const before = read(text);
    const path = random.pick([['new'], ['k0', 'new'], ['k1', 'k0', 'new']]);
    let after: string;
    try {
      after = setValue(YAML_FORMAT, text, path, ENTRY);
    } catch (error) {
      expect(String(error), text).toMatch(/cannot be changed safely|where keys and values belong/);
      refused++;
      continue;
    }
    done++;
    expect(sameValue(read(after), withValue(before, path, ENTRY)), text).toBe(true);
    const there = path.findIndex((_, at) => valueAt(before, path.slice(0, at + 1)) === undefined);
    const gone = removeValue(YAML_FORMAT, after, path, there);
    // An empty mapping that had to make room does not come back by itself.
    expect(unfilled(gone), text).toBe(unfilled(text));
    expect(setValue(YAML_FORMAT, after, path, ENTRY)).toBe(after);
  }
  expect(done).toBeGreaterThan(200);
  expect(refused).toBeGreaterThan(20);
});

const unfilled = (text: string) => text.replace(/: (?:\{\}|~)/g, ':');

function mapping(random: Random, indent: string, depth: number): string[] {
  return Array.from({ length: 1 + random.below(3) }, (_, at) => {
    const key = random.pick([`k${at}`, `"k${at}"`, `'k${at}'`, `k${at} `]);
    const inner = indent + random.pick(['  ', '    ']);
    const remark = random.pick(['', '', ' # new: {', ' # "']);
    const between = random.pick([[], [], [''], [`${indent}# k0:`], ['# new:']]);
    if (depth > 0 && random.chance(0.5)) {
      return [`${indent}${key}:${random.pick(['', ' &a'])}${remark}`, ...mapping(random, inner, depth - 1), ...between];
    }
    const value = random.pick([
      ['1'],
      ['~'],
      ['{}'],
      [''],
      ['"a: # b"'],
      ['{ x: 1, new: 2 }'],
      ['[a, {k0: 1}]'],
      ['|', `${inner}new:`, `${inner}  k0: 1`],
      ['>-', `${inner}k0: 1`, '', `${inner}# no comment`],
      ['"x', `${inner}new: 1"`],
      ['a word', `${inner}more words`],
      ['', `${inner}- k0: 1`, `${inner}  new: 2`],
    ]);
    const multi = value.length > 1 && !/^[|>]?-?$/.test(value[0] ?? '');
    return [`${indent}${key}: ${value[0]}${multi ? '' : remark}`.trimEnd(), ...value.slice(1), ...between];
  }).flat();
}

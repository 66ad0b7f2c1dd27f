import { loadAll } from 'js-yaml';
import { describe, expect, it } from 'vitest';
import { removeValue, setValue } from '../../src/files/document.js';
import { sameValue, withValue } from '../../src/files/value.js';
import { YAML_FORMAT } from '../../src/files/yaml.js';

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
    ['a: [1', /no valid YAML: line \d, column \d/],
    ['a: 1\na: 2\n', /no valid YAML: line 2/],
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

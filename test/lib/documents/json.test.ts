import { parse } from 'jsonc-parser';
import { describe, expect, it } from 'vitest';
import { removeValue } from '../../../src/lib/documents/document.js';
import { JSON_FORMAT, setJsonValue } from '../../../src/lib/documents/json.js';
import { createRandom, type Random } from '../../doubles/random.js';

const PATH = ['mcpServers', 'hugwire'];
const ENTRY = { command: 'npx', args: ['-y', 'hugwire'] };
const lines = (...all: string[]) => all.join('\n');

/** Texts that already have something beside the new value, so that taking it out again must give the very same bytes. */
const DOCUMENTS: Record<string, string> = {
  'two spaces': '{\n  "mcpServers": {\n    "other": {\n      "command": "x"\n    }\n  }\n}\n',
  'four spaces, no last line end': '{\n    "mcpServers": {\n        "other": { "command": "x" }\n    }\n}',
  tabs: '{\n\t"theme": "dark",\n\t"mcpServers": {\n\t\t"other": {}\n\t}\n}\n',
  'carriage returns': '{\r\n  "mcpServers": {\r\n    "other": {}\r\n  }\r\n}\r\n',
  'a byte order mark': '\uFEFF{\r\n  "a": 1\r\n}',
  'one line': '{"a":1,"mcpServers":{"other":{"command":"x"}}}',
  'one line with spaces': '{ "mcpServers": { "other": { "url": "http://x" } } }\n',
  'odd indentation': '{\n "a" : 1,\n      "mcpServers" :\n   {\n  "other":{}}\n}',
  'a comma at the end': '{\n  "mcpServers": {\n    "other": {}, // the other\n  },\n}\n',
  'a comma on a line of its own': '{\n  "mcpServers": {\n    "other": {} // the other\n    ,\n  }\n}\n',
  'comments everywhere':
    '// first\n{ // open\n  /* before */ "mcpServers": { // servers\n    // "old": {},\n    "other": {} /* one */ /* two, {} */ // three\n    // last\n  } // close\n} // end\n// really\n',
  'a comment after a value on the first line': '{ "mcpServers": { "other": {} // note\n} }\n',
  'a brace in a comment': '{\n  "mcpServers": {\n    "other": {} // }, "x": {\n  }\n}\n',
  'a brace and // in a string': '{ "mcpServers": { "other": { "url": "http://{x}//" } } }',
  'lists of objects': '{\n  "list": [\n    { "mcpServers": {} }\n  ],\n  "mcpServers": { "other": {} }\n}\n',
  'only other keys': '{\n  "theme": "dark"\n}\n',
};

describe('setJsonValue', () => {
  it.each(Object.entries(DOCUMENTS))('adds to a text with %s, and removal gives it back', (_, text) => {
    const after = setJsonValue(text, PATH, ENTRY);
    expect(parse(after.replace('\uFEFF', ''))).toEqual({
      ...parse(text.replace('\uFEFF', '')),
      mcpServers: { ...parse(text.replace('\uFEFF', '')).mcpServers, hugwire: ENTRY },
    });
    expect(isWithin(text, after)).toBe(true);
    const top = text.includes('"mcpServers"') ? PATH : ['mcpServers'];
    expect(removeValue(JSON_FORMAT, after, top)).toBe(text);
  });

  it('looks like the text around it', () => {
    expect(setJsonValue(DOCUMENTS.tabs ?? '', PATH, ENTRY)).toBe(
      lines(
        '{',
        '\t"theme": "dark",',
        '\t"mcpServers": {',
        '\t\t"other": {},',
        '\t\t"hugwire": {',
        '\t\t\t"command": "npx",',
        '\t\t\t"args": ["-y", "hugwire"]',
        '\t\t}',
        '\t}',
        '}',
        '',
      ),
    );
    expect(setJsonValue(DOCUMENTS['one line'] ?? '', PATH, ENTRY)).toBe(
      '{"a":1,"mcpServers":{"other":{"command":"x"},"hugwire":{"command":"npx","args":["-y","hugwire"]}}}',
    );
    expect(setJsonValue(DOCUMENTS['carriage returns'] ?? '', PATH, ENTRY).replaceAll('\r\n', '')).not.toMatch(/[\r\n]/);
  });

  it.each([
    ['', '{\n  "a": {\n    "b": 1\n  }\n}\n'],
    ['  \n', '{\n  "a": {\n    "b": 1\n  }\n}\n'],
    ['{}', '{\n  "a": {\n    "b": 1\n  }\n}'],
    ['{\n}\n', '{\n  "a": {\n    "b": 1\n  }\n}\n'],
    ['// mine\n', '// mine\n{\n  "a": {\n    "b": 1\n  }\n}\n'],
    ['{\n  // none yet\n}\n', '{\n  // none yet\n  "a": {\n    "b": 1\n  }\n}\n'],
    ['{"a":{}}', '{"a":{"b":1}}'],
    ['{ "a": { } }', '{ "a": { "b": 1 } }'],
    ['{ "a": null }', '{ "a": {\n  "b": 1\n} }'],
  ])('fills what is empty: %j', (text, after) => {
    expect(setJsonValue(text, ['a', 'b'], 1)).toBe(after);
  });

  it('changes of an object only the members that differ', () => {
    const text =
      '{\n  "hugwire": {\n    // mine\n    "command": "old", // was it\n    "cwd": "/x",\n    "env": {"A": "1"}\n  }\n}';
    const after = setJsonValue(text, ['hugwire'], { command: 'npx', env: { A: '1' }, args: [] });
    expect(after).toBe(
      '{\n  "hugwire": {\n    // mine\n    "command": "npx", // was it\n    "env": {"A": "1"},\n    "args": []\n  }\n}',
    );
  });

  it('leaves the text alone where the value is there already, in whatever order and layout', () => {
    const text = '{"mcpServers": {"hugwire": {"args": ["-y","hugwire"], "command": "npx"}}}';
    expect(setJsonValue(text, PATH, ENTRY)).toBe(text);
  });

  it('takes undefined for no key', () => {
    const value = { b: 1, c: undefined, d: { e: undefined } };
    expect(setJsonValue('{"a":{"b":1,"c":2}}', ['a'], value)).toBe('{"a":{"b":1,"d":{}}}');
    expect(setJsonValue('{"a":{}}', ['a'], { b: undefined })).toBe('{"a":{}}');
  });

  it('refuses what JSON cannot say', () => {
    expect(() => setJsonValue('{"a":1}', ['a'], [undefined])).toThrow(
      /"a" cannot be changed safely. Nothing was changed/,
    );
  });

  it('counts the last of equal keys, as JSON.parse does', () => {
    expect(setJsonValue('{"a": {"x": 1}, "a": {}}', ['a', 'b'], 2)).toBe('{"a": {"x": 1}, "a": { "b": 2 }}');
  });

  it.each([
    ['{"a": 1', /not valid JSON: line 1, column 8/],
    ['{\n  "a": 1\n  "b": 2\n}', /line 3, column 3: comma expected/],
    ["{'a': 1}", /line 1, column 2/],
    ['{"a": 1}}', /line 1, column 9: end of file expected/],
    ['[]', /The document is a list/],
    ['{"a": []}', /"a" is a list/],
    ['{"a": "text"}', /"a" is a string/],
  ])('refuses %j, and says where', (text, message) => {
    expect(() => setJsonValue(text, ['a', 'b'], 1)).toThrow(message);
    expect(() => setJsonValue(text, ['a', 'b'], 1)).toThrow(
      expect.objectContaining({ name: 'HugwireError', code: 'invalid_arguments' }),
    );
  });
});

describe('removeValue', () => {
  it.each([
    ['{\n  "a": 1,\n  "x": {\n    "y": 2\n  },\n  "b": 3\n}', '{\n  "a": 1,\n  "b": 3\n}'],
    ['{\n  "x": 1,\n  "b": 3\n}', '{\n  "b": 3\n}'],
    ['{"a": 1, "x": 2, "b": 3}', '{"a": 1, "b": 3}'],
    ['{"x": 2, "b": 3}', '{"b": 3}'],
    ['{"a": 1, "x": 2}', '{"a": 1}'],
    ['{"x": 2}', '{}'],
    ['{\n  "x": 2,\n}\n', '{}\n'],
    ['{\n  // why\n  "x": 2\n}', '{\n  // why\n}'],
    ['{ "a": 1, // note\n  "x": 2, "b": 3 }', '{ "a": 1, // note\n  "b": 3 }'],
    ['{ "a": 1, // note\n  "x": 2 }', '{ "a": 1 // note\n   }'],
    ['{\n  "a": 1, /* , */\n  "x": 2\n}', '{\n  "a": 1 /* , */\n}'],
    ['{"b": 1}', '{"b": 1}'],
    ['', ''],
  ])('%j', (text, after) => {
    expect(removeValue(JSON_FORMAT, text, ['x'])).toBe(after);
  });
});

it('keeps every document that can be made up, byte for byte', () => {
  for (let seed = 1; seed <= 500; seed++) {
    const random = createRandom(seed);
    const text = `${trivia(random)}${object(random, 3, true)}${trivia(random)}`;
    const key = random.pick(['k0', 'k1', 'new']);
    const path = random.chance(0.5) ? [key] : [key, 'deep'];
    const target = parse(text)[key];
    if (path.length === 2 && target !== undefined && (typeof target !== 'object' || Array.isArray(target))) continue;
    const after = setJsonValue(text, path, ENTRY);
    expect(parse(after), text).toEqual(expected(parse(text), path));
    if (key === 'new') {
      expect(isWithin(text, after), text).toBe(true);
      expect(removeValue(JSON_FORMAT, after, ['new']), text).toBe(text);
    }
  }
});

const expected = (value: Record<string, object>, [key = '', inner]: string[]) => ({
  ...value,
  [key]: inner === undefined ? ENTRY : { ...value[key], [inner]: ENTRY },
});

/** Whether a text is what is left of another when one or two pieces are cut out: what was there is still there. */
function isWithin(text: string, longer: string): boolean {
  let at = 0;
  for (const character of longer) if (character === text[at]) at++;
  return at === text.length;
}

function object(random: Random, depth: number, filled = false): string {
  const count = random.below(3) + (filled ? 1 : 0);
  const members = Array.from(
    { length: count },
    (_, at) =>
      `${trivia(random)}"k${at}"${trivia(random)}:${trivia(random)}${value(random, depth - 1)}${trivia(random)}`,
  );
  const comma = count > 0 && random.chance(0.3) ? `,${trivia(random)}` : '';
  return `{${members.join(',') || trivia(random)}${comma}}`;
}

function value(random: Random, depth: number): string {
  if (depth > 0 && random.chance(0.5)) return object(random, depth);
  return random.pick(['1', 'null', 'true', '"a // b"', '"{,}"', '[]', '[1, {"k0": 2}]', '"\\"/* "']);
}

const trivia = (random: Random) =>
  random.pick(['', '', ' ', '\n', '\n  ', '\r\n\t', ' // { , "x"\n', '/* }, */', ' /* http://x\n */ ']);

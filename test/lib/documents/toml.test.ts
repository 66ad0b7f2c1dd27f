import { parse } from 'smol-toml';
import { describe, expect, it } from 'vitest';
import {
  type KeyPath,
  removeValue,
  sameValue,
  setValue,
  withoutValue,
  withValue,
} from '../../../src/lib/documents/document.js';
import { TOML_FORMAT } from '../../../src/lib/documents/toml.js';
import { createRandom, type Random } from '../../doubles/random.js';

const PATH = ['mcp_servers', 'hugwire'];
const ENTRY = { command: 'npx', args: ['-y', 'hugwire'], startup_timeout_sec: 30 };
const set = (text: string, path: KeyPath = PATH, value: unknown = ENTRY) => setValue(TOML_FORMAT, text, path, value);
const remove = (text: string, path: KeyPath = PATH) => removeValue(TOML_FORMAT, text, path);
const lines = (...all: string[]) => all.join('\n');

const DOCUMENTS: Record<string, string> = {
  nothing: '',
  'top keys only': 'model = "o5" # mine\napproval = "never"\n',
  'no line end at the end': 'model = "o5"',
  'carriage returns': 'model = "o5"\r\n\r\n[mcp_servers.other]\r\ncommand = "x"\r\n',
  'a byte order mark': '\uFEFFmodel = "o5"\n',
  'blank lines at the end': 'model = "o5"\n\n\n',
  'other servers': '[mcp_servers.other]\ncommand = "x"\n[mcp_servers.other.env]\nA = "1"\n\n[tui]\n# none\n',
  'an inline table': 'mcp_servers = { other = { command = "}" } } # inline\n[tui]\n',
  'an inline table without members': 'mcp_servers = {}\n',
  'a table inside': 'model = 1\n[mcp_servers]\nother = { command = "x", args = [\n  "a", # ]\n  "b",\n] }\n[x]\n',
  'dotted keys': 'mcp_servers.other.command = "x"\nmcp_servers.other.args = []\n',
  'quoted keys': '["mcp_servers"."o.t h\\u0065r"]\n\'command\' = \'x\'\n',
  'lists of tables': '[[profiles]]\nname = "a"\n[profiles.mcp_servers.hugwire]\ncommand = "other"\n[[profiles]]\n',
  'long strings':
    'a = """\n[mcp_servers.hugwire]\ncommand = "no" """\nb = \'\'\'\n[x]\'\'\'\nd = 1979-05-27T07:32:00Z\n',
};

describe('TOML', () => {
  it.each(Object.entries(DOCUMENTS))('with %s takes an entry, and gives it back', (_, text) => {
    const after = set(text);
    expect(sameValue(read(after), withValue(read(text), PATH, ENTRY))).toBe(true);
    expect(removeValue(TOML_FORMAT, after, PATH, text.includes('mcp_servers') ? 1 : 0)).toBe(text);
  });

  it('gets a table at the end', () => {
    expect(set('model = "o5"\n')).toBe(
      lines(
        'model = "o5"',
        '',
        '[mcp_servers.hugwire]',
        'command = "npx"',
        'args = ["-y", "hugwire"]',
        'startup_timeout_sec = 30',
        '',
      ),
    );
  });

  it('changes only the keys that differ, and keeps comments', () => {
    const text = lines(
      '[mcp_servers.hugwire] # mine',
      '  command = "old" # was it',
      '  cwd = "/x"',
      '  args = [',
      '    "a", # ] }',
      '  ]',
      '',
      '[mcp_servers.hugwire.env]',
      'A = "1"',
      '[z]',
      '',
    );
    expect(set(text, PATH, { ...ENTRY, env: { A: '1', B: 'say "hi"\n' } })).toBe(
      lines(
        '[mcp_servers.hugwire] # mine',
        '  command = "npx" # was it',
        '  args = ["-y", "hugwire"]',
        '  startup_timeout_sec = 30',
        '',
        '[mcp_servers.hugwire.env]',
        'A = "1"',
        'B = "say \\"hi\\"\\n"',
        '[z]',
        '',
      ),
    );
  });

  it.each([
    [
      'hugwire = { command = "old" }',
      'hugwire = { command = "npx", args = ["-y", "hugwire"], startup_timeout_sec = 30 }',
    ],
    [
      'hugwire.command = "old"',
      'hugwire.command = "npx"\nhugwire.args = ["-y", "hugwire"]\nhugwire.startup_timeout_sec = 30',
    ],
  ])('changes an entry written as %j in place', (before, after) => {
    expect(set(`[mcp_servers]\n${before}\n[z]\n`)).toBe(`[mcp_servers]\n${after}\n[z]\n`);
  });

  it('knows the items of a list by their name', () => {
    const path = ['mcp_servers', { name: 'hugwire' }];
    const entry = { name: 'hugwire', transport: 'stdio' };
    const block = '[[mcp_servers]]\nname = "hugwire"\ntransport = "stdio"\n';
    for (const text of ['', 'a = 1\n', '[[mcp_servers]]\nname = "x"\n[mcp_servers.env]\nA = "1"\n']) {
      const after = set(text, path, entry);
      expect(after).toBe(text === '' ? block : `${text}\n${block}`);
      expect(remove(after, path)).toBe(text);
    }
    expect(set('mcp_servers = []\n', path, entry)).toBe('mcp_servers = [{ name = "hugwire", transport = "stdio" }]\n');
    const inline = 'mcp_servers = [\n  { name = "x" }, # one\n]\n';
    expect(remove(set(inline, path, entry), path)).toBe(inline);
    const other = '[[mcp_servers]]\nname = "hugwire"\n[[mcp_servers]]\nname = "x"\n';
    expect(remove(other, path)).toBe('[[mcp_servers]]\nname = "x"\n');
    expect(set(other, path, entry)).toBe(other.replace('"hugwire"\n', '"hugwire"\ntransport = "stdio"\n'));
  });

  it.each([
    ['a = ', /not valid TOML: line 1, column/],
    ['[a]\nb = 1\nb = 2\n', /line 3/],
    ['mcp_servers = 1', /"mcp_servers" is a number/],
    ['[[mcp_servers]]\nname = "x"\n', /"mcp_servers" is a list/],
  ])('that is broken or built otherwise is refused: %j', (text, message) => {
    expect(() => set(text)).toThrow(message);
  });

  it('keeps every document that can be made up', () => {
    let done = 0;
    for (let seed = 1; seed <= 600; seed++) {
      const random = createRandom(seed);
      const text = document(random);
      if (!isToml(text)) continue;
      done++;
      const path = random.pick([['t0', 'new'], ['new'], ['t0', 't1', 'new'], ['t2', 'k0', 'new']]);
      let after: string;
      try {
        after = set(text, path);
      } catch (error) {
        expect(String(error), text).toMatch(/where keys and values belong/);
        continue;
      }
      expect(sameValue(parse(after), withValue(parse(text), path, ENTRY)), text).toBe(true);
      expect(remove(after, path).replace(/\{\s*\}/g, '{}'), text).toBe(text.replace(/\{\s*\}/g, '{}'));
      for (const gone of [['t0'], ['t1', 'k0'], ['k1'], ['t0', 't1']]) {
        const pruned = parse(removeValue(TOML_FORMAT, text, gone, 0));
        expect(sameValue(pruned, withoutValue(parse(text), gone, true)), text).toBe(true);
      }
    }
    expect(done).toBeGreaterThan(100);
  });
});

const read = (text: string) => parse(text.replace('\uFEFF', ''));

function isToml(text: string): boolean {
  try {
    parse(text);
    return true;
  } catch {
    return false;
  }
}

function document(random: Random): string {
  const eol = random.pick(['\n', '\r\n']);
  const line = () =>
    random.chance(0.3)
      ? random.pick(['[t0]', '[t1]', '[t0.t1]', '[[t2]]', '[ t0 . "t2" ] # ]', '[t2.k0]'])
      : random.pick(['', '# a = [', `${random.pick(['k0', 'k1', 't1.k0', '"k2"', 't0.x'])} = ${value(random, 2)}`]);
  const all = Array.from({ length: random.below(8) }, line).join(eol);
  return all + (random.chance(0.7) ? eol : '');
}

function value(random: Random, depth: number): string {
  if (depth > 0 && random.chance(0.3)) return `{ x = ${value(random, depth - 1)}, "y z" = ${value(random, 0)} }`;
  if (depth > 0 && random.chance(0.2)) return `[${value(random, 0)}, # ]\n  ${value(random, 0)},\n]`;
  return random.pick(['1', '"a # ]"', "'{'", 'true', '1.5', '{}', '[]', '"""\n[t9]\n"""', '07:32:00']);
}

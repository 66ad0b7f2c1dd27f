import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/config/load.js';
import { configPath } from '../../src/config/paths.js';
import { configJsonSchema } from '../../src/config/schema.js';
import type { HugwireError } from '../../src/lib/errors.js';
import { canBeDenied } from '../platform.js';

let directory: string;
let file: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'hugwire-config-'));
  file = join(directory, 'config.json');
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

function failure(): HugwireError {
  try {
    loadConfig(file);
  } catch (error) {
    return error as HugwireError;
  }
  throw new Error('the file was accepted');
}

const write = (content: unknown) =>
  writeFileSync(file, typeof content === 'string' || Buffer.isBuffer(content) ? content : JSON.stringify(content));

describe('a good file', () => {
  it('is not needed: everything has a default', () => {
    const { config, exists, path } = loadConfig(file);
    expect({ exists, path }).toEqual({ exists: false, path: file });
    expect(config.hub).toEqual({ endpoint: 'https://huggingface.co', timeoutSeconds: 10, offline: false });
    expect(config.token).toEqual({ source: 'auto' });
    expect(existsSync(file)).toBe(false);
  });

  it('changes what it names and nothing else', () => {
    write({ $schema: './schema.json', hub: { timeoutSeconds: 30 }, tools: { disable: ['space_call'] } });
    const { config, exists } = loadConfig(file);
    expect(exists).toBe(true);
    expect(config.hub).toEqual({ endpoint: 'https://huggingface.co', timeoutSeconds: 30, offline: false });
    expect(config.tools).toEqual({ enable: ['default'], disable: ['space_call'], readOnly: false, dryRun: false });
    expect(config.cache.enabled).toBe(true);
  });

  it.each([
    ['with a byte order mark', Buffer.from('\uFEFF{"hub":{"offline":true}}')],
    ['in UTF-16, as PowerShell 5 writes it', Buffer.from('\uFEFF{"hub":{"offline":true}}', 'utf16le')],
    ['with Windows line ends', Buffer.from('{\r\n  "hub": {\r\n "offline": true }\r\n}\r\n')],
  ])('may be written %s', (_title, bytes) => {
    write(bytes);
    expect(loadConfig(file).config.hub.offline).toBe(true);
  });

  it('is not touched', () => {
    const text = '{  "hub": {"offline":true}}\n\n';
    write(text);
    const before = statSync(file).mtimeMs;
    loadConfig(file);
    expect(readFileSync(file, 'utf8')).toBe(text);
    expect(statSync(file).mtimeMs).toBe(before);
  });
});

describe('a file that is no JSON', () => {
  it.each([
    ['empty', '', 'it is empty'],
    ['blank', ' \n\t', 'it is empty'],
    ['cut off', '{"hub": {', 'line 1, column 10: it ends too early'],
    ['cut off in a word', '{"hub": {"offline": tr', 'line 1, column 23: it ends too early'],
    ['cut off in a text', '{"hub": "https', 'line 1, column 15: it ends too early'],
    [
      'with a comma too many',
      '{\n  "hub": {},\n}',
      'line 3, column 1: "}" is not expected there (the comma before it is one too many)',
    ],
    ['with a comma missing', '{\n  "a": 1\n  "b": 2\n}', 'line 3, column 3: "\\"" is not expected there'],
    ['with a comment', '// mine\n{}', 'line 1, column 1: "/" is not expected there (JSON has no comments)'],
    [
      'with a comment inside',
      '{"hub": {} /* x */}',
      'line 1, column 12: "/" is not expected there (JSON has no comments)',
    ],
    [
      'with single quotes',
      "{'hub': {}}",
      'line 1, column 2: "\'" is not expected there (JSON uses double quotes only)',
    ],
    ['with bare names', '{hub: {}}', 'line 1, column 2: "h" is not expected there'],
    [
      'with a bare value',
      '{\n "token": {\n  "source": hf_abcdefghijklmnop}}',
      'line 3, column 13: "h" is not expected there',
    ],
    ['with something behind', '{}\n}', 'line 2, column 1: "}" is not expected there'],
    ['with a broken line in a text', '{"a": "x\ny"}', 'line 1, column 9: "\\n" is not expected there'],
    ['with an escape that is none', '{"a": "C:\\Users"}', 'line 1, column 11: "U" is not expected there'],
    ['with an astral character', '{"a": 😀}', 'line 1, column 7: "😀" is not expected there'],
    ['binary', Buffer.from([0, 1, 2]), 'line 1, column 1: "\\u0000" is not expected there'],
  ])('%s is told in one line, with the place', (_title, text, fault) => {
    write(text);
    const error = failure();
    expect(error).toMatchObject({ code: 'invalid_arguments', message: `${file} is not valid JSON: ${fault}` });
    expect(error.hint).toMatch(/move it away/);
    expect(readFileSync(file)).toEqual(Buffer.from(text));
  });

  it('never shows what stands in it', () => {
    write('{"token": {"source": "file", "path": hf_abcdefghijklmnopqrstuvwxyz}}');
    const { message, hint } = failure();
    expect(`${message}${hint}`).not.toMatch(/hf_a/);
  });

  it('finds the fault in a large file', () => {
    write(`[${'{"a":[1,2,3]},\n'.repeat(50_000)}{"a" 1}]`);
    expect(failure().message).toContain('line 50001, column 6: "1" is not expected there');
  });
});

describe('a file that cannot be read', () => {
  it('is told as such when it is a directory', () => {
    mkdirSync(file);
    expect(failure()).toMatchObject({
      code: 'invalid_arguments',
      message: `${file} cannot be read: it is a directory`,
    });
  });

  it.runIf(canBeDenied)('is told as such when one may not', () => {
    write('{}');
    chmodSync(file, 0);
    expect(failure().message).toBe(`${file} cannot be read: permission denied`);
  });
});

describe('a file that says what cannot be', () => {
  it.each([
    ['a list', [], 'the file is []; expected object, received array'],
    ['a text', '"x"', 'the file is "x"; expected object, received string'],
    ['null', 'null', 'the file is null; expected object, received null'],
    ['an unknown key', { tokens: {} }, 'unknown key "tokens"'],
    ['an unknown key further in', { hub: { timeout: 5, proxy: 1 } }, 'unknown key "hub.timeout", "hub.proxy"'],
    ['another type', { hub: { offline: 'yes' } }, '"hub.offline" is "yes"; expected boolean, received string'],
    ['a list for an object', { hub: [1] }, '"hub" is [1]; expected object, received array'],
    ['null for an object', { hub: null }, '"hub" is null; expected object, received null'],
    [
      'a number out of range',
      { hub: { timeoutSeconds: 500 } },
      '"hub.timeoutSeconds" is 500; expected number to be <=120',
    ],
    ['a number too small', { cache: { maxMegabytes: 0 } }, '"cache.maxMegabytes" is 0; expected number to be >=1'],
    [
      'a broken number',
      { files: { inlineImageBytes: 1.5 } },
      '"files.inlineImageBytes" is 1.5; expected int, received number',
    ],
    [
      'another word',
      { spaces: { others: 'maybe' } },
      '"spaces.others" is "maybe"; allowed: "allow", "pinned-only", "off"',
    ],
    [
      'another source',
      { token: { source: 'keychain' } },
      '"token.source" is "keychain"; allowed: "auto", "env", "file", "command", "none"',
    ],
    ['no URL', { hub: { endpoint: 'hf-mirror.com' } }, '"hub.endpoint" is "hf-mirror.com"; Invalid URL'],
    [
      'a URL with a name in it',
      { hub: { endpoint: 'https://me@hub' } },
      '"hub.endpoint" is "https://me@hub"; must not contain a name or a password',
    ],
    ['a fault in a list', { tools: { enable: ['a', 2] } }, '"tools.enable.1" is 2; expected string, received number'],
    ['a file token without its file', { token: { source: 'file' } }, '"token.path" is missing; source "file" needs it'],
    [
      'a command token without its command',
      { token: { source: 'command' } },
      '"token.command" is missing; source "command" needs it',
    ],
    [
      'a pinned Space of no shape',
      { spaces: { pinned: [{ space: 'x', tool: 'y' }] } },
      '"spaces.pinned.0.space" is "x"; must be owner/space or a URL',
    ],
    [
      'a bad tool name',
      { spaces: { pinned: [{ space: 'a/b', tool: 'My Tool' }] } },
      '"spaces.pinned.0.tool" is "My Tool"; must be at most 40 characters of a-z, 0-9 and _, starting with a letter',
    ],
  ])('%s', (_title, content, fault) => {
    write(content);
    const error = failure();
    expect(error.code).toBe('invalid_arguments');
    expect(error.message).toBe(`${file}: ${fault}`);
    expect(error.hint).toMatch(/config validate/);
  });

  it('is told once where it stands, and not for each profile as well', () => {
    write({ hub: { timeoutSeconds: 0 }, profiles: { work: {}, 'a b': {} } });
    expect(
      failure()
        .message.split('; ')
        .filter((part) => part.includes('timeoutSeconds')),
    ).toHaveLength(1);
    expect(failure().message).not.toContain('profiles.work');
    expect(failure().message).toContain('its name must be letters, digits, - and _');
    write({ profiles: { work: { hub: { timeoutSeconds: 0 } } } });
    expect(failure().message).toContain('"profiles.work.hub.timeoutSeconds" is 0');
  });

  it('is told with all its faults, in one line that has an end', () => {
    write({ hub: { offline: 1, timeoutSeconds: 'x' }, cache: { enabled: 'on' } });
    expect(failure().message.split('; ').length).toBeGreaterThanOrEqual(6);
    write({ tools: { enable: Array.from({ length: 100 }, () => 1) } });
    expect(failure().message).toMatch(/; and 95 more$/);
  });

  it('shows what it quotes clean and short', () => {
    write({ spaces: { others: `a\u202e\u001b[31m\n${'x'.repeat(500)}` } });
    const { message } = failure();
    for (const hidden of ['\n', '\u202e', '\u001b']) expect(message).not.toContain(hidden);
    expect(message.length).toBeLessThan(file.length + 200);
  });

  it.each([
    [{ token: 'hf_abcdefghijklmnopqrst' }],
    [{ token: 'a-token-of-no-known-format' }],
    [{ token: { source: 'env', value: 'hf_abcdefghijklmnopqrst' } }],
    [{ token: { source: 'hf_abcdefghijklmnopqrst' } }],
    [{ token: { source: 'env', name: '', path: 'a-token-of-no-known-format' } }],
    [{ hub: { endpoint: 'ftp://me:a-token-of-no-known-format@host' } }],
  ])('never shows a token that somebody wrote there: %j', (content) => {
    write(content);
    const { message } = failure();
    expect(message).not.toContain('a-token-of-no-known-format');
    expect(message).not.toContain('hf_abcdefghijklmnopqrst');
  });
});

describe('the path of the file', () => {
  it('is in the config directory, or where --config says', () => {
    expect(configPath('/etc/hw')).toBe(join('/etc/hw', 'config.json'));
    expect(configPath('/etc/hw', '/tmp/x.json')).toBe(resolve('/tmp/x.json'));
    expect(configPath('/etc/hw', 'x.json')).toBe(resolve('x.json'));
    expect(configPath('/etc/hw', '~/x.json')).toBe(join(homedir(), 'x.json'));
  });
});

describe('the JSON Schema for editors', () => {
  it('accepts what the program accepts, in its own words', () => {
    const schema = configJsonSchema() as {
      title: string;
      properties: Record<string, unknown>;
      additionalProperties: boolean;
    };
    expect(schema.title).toBe('Configuration of hugwire');
    expect(Object.keys(schema.properties)).toEqual(
      expect.arrayContaining(['token', 'hub', 'tools', 'spaces', 'files', 'cache']),
    );
    expect(schema.additionalProperties).toBe(false);
    expect(schema).not.toHaveProperty('required');
  });
});

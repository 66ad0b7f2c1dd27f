import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

/** Every file that is published beside the readme and the licence. */
const files = ['bin', 'dist'].flatMap((folder) =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((file) => join(folder, file))
    .filter((file) => statSync(file).isFile()),
);

/** What runs text as code. A method of that name, such as PyTorch's `model.eval()` in a snippet, does not. */
const RUNS_TEXT =
  /\bnode:vm\b|\b(?:require\(|from |import\(|import )['"]vm['"]|(?<![.\w$])eval\(|(?<![.\w$])Function\(|\.constructor\(['"`]/;
/** Code that was packed: one compressed archive, or lines that nobody reads. */
const LONGEST_LINE = 4000;
/** The SHA-256 that `@huggingface/hub` uploads with, as WebAssembly: all its functions are in one file. */
const KNOWN_LINE = /^ *wasmBinaryFile = "data:application\/octet-stream;base64,[\w+/=]{8000,9000}";$/;

describe.each(files)('%s', (file) => {
  const bytes = readFileSync(file);
  const text = new TextDecoder().decode(bytes);

  it('is text', () => {
    expect(Buffer.from(text).equals(bytes)).toBe(true);
    expect(text).not.toContain('\0');
  });

  it.runIf(/\.c?js$/.test(file))('holds code that can be read, and runs none that is hidden', () => {
    expect(text.match(RUNS_TEXT)?.[0]).toBeUndefined();
    const long = text.split('\n').filter((line) => line.length > LONGEST_LINE && !KNOWN_LINE.test(line));
    expect(long.map((line) => `${line.length}: ${line.slice(0, 80)}`)).toEqual([]);
  });
});

/** What a server needs beside the command line to call a tool; all else is loaded when it is used. */
const AT_START = [
  '@modelcontextprotocol/sdk',
  'env-paths',
  'fastest-levenshtein',
  'p-limit',
  'yocto-queue',
  'zod',
  'zod-to-json-schema',
];

it.each([
  ['answers what every client asks first', /^start\.cjs$/, ['env-paths']],
  ['starts', /^(?:start\.cjs|serve-\w+\.js)$/, AT_START],
])('a server that %s loads no package that it does not need', (_title, files, expected) => {
  // The server over HTTP has a part of the same name, which is loaded for HTTP alone.
  const isOther = (file: string) =>
    file.startsWith('serve-') && !/\bstartServer\b/.test(readFileSync(join('dist', file), 'utf8'));
  const starting = new Set(readdirSync('dist').filter((file) => files.test(file) && !isOther(file)));
  const packages = new Set<string>();
  // A set also gives what is added while it is gone through.
  for (const file of starting) {
    const code = readFileSync(join('dist', file), 'utf8');
    for (const [, chunk = ''] of code.matchAll(/^(?:import|\}) (?:from )?"\.\/([^"]+)";$/gm)) starting.add(chunk);
    for (const [, name = ''] of code.matchAll(/^\/\/ node_modules\/((?:@[^/]+\/)?[^/]+)\//gm)) packages.add(name);
  }
  expect([...packages].sort()).toEqual(expected);
});

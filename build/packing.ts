import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { brotliCompressSync } from 'node:zlib';
import type { Metafile } from 'esbuild';
import { INTEROP, shrink } from './commonjs.js';

/** What most starts load at once: the command line, and the command that serves. */
const STARTS = ['src/cli/main.ts', 'src/cli/commands/serve.ts'];
const PARTS = 'parts.br';

/**
 * Puts all chunks that a start loads into the entry, since finding and opening a file costs more than reading it; and all
 * others, compressed, into one file beside it. `loader.cjs` loads them from there.
 * @param folder of the chunks
 * @param entry file name of the chunk that is run
 * @param metafile esbuild's account of them
 */
export async function packChunks(folder: string, entry: string, metafile: Metafile): Promise<void> {
  const starting = findStarting(metafile);
  const chunks: string[] = [];
  const parts: Record<string, string> = {};
  for (const file of readdirSync(folder).filter((name) => name.endsWith('.cjs'))) {
    const path = `./${file}`;
    const code = readFileSync(join(folder, file), 'utf8');
    // V8 compiles a function in parentheses at once, which these are to be.
    if (starting.has(file))
      chunks.push(`${JSON.stringify(path)}:(function(module,exports,require,__dirname){${code}\n})`);
    else parts[path] = code;
    rmSync(join(folder, file));
  }
  const loader = readFileSync('build/loader.cjs', 'utf8')
    .replace('PARTS', `'${PARTS}'`)
    .replace('ENTRY', `'./${entry}'`);
  const body = `const chunks={${chunks.join(',\n')}};\n${await shrink(loader)}`;
  // The compiled form of exactly this code may be kept; see bin/compiled.js.
  writeFileSync(join(folder, entry), `/*${createHash('sha256').update(body).digest('hex')}*/${body}`);
  writeFileSync(join(folder, PARTS), brotliCompressSync(JSON.stringify(parts)));
}

/** The chunks that the starts lead to, but for those that are loaded later. */
function findStarting({ outputs }: Metafile): Set<string> {
  const found = new Set([INTEROP]);
  const follow = (output: string) => {
    if (!outputs[output] || found.has(basename(output))) return;
    found.add(basename(output));
    for (const { path, kind } of outputs[output].imports) if (kind === 'import-statement') follow(path);
  };
  for (const [output, { entryPoint }] of Object.entries(outputs)) if (STARTS.includes(entryPoint ?? '')) follow(output);
  return found;
}

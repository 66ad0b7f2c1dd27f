import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { brotliCompressSync } from 'node:zlib';
import type { Metafile } from 'esbuild';
import { INTEROP, shrink } from './commonjs.js';

/** What most starts load at once: the command line, and the command that serves. */
const STARTS = ['src/commands/main.ts', 'src/commands/serve.ts'];
/**
 * What a server loads once it has answered: without these it would unpack all that is compressed, and hold it for as long as
 * it runs.
 */
const SOON = [
  'src/engine/follow.ts',
  'src/sessions/journal.ts',
  'src/sessions/upkeep.ts',
  'node_modules/conf/dist/source/index.js',
];
const PARTS = 'parts.br';

/**
 * Puts all chunks that a start loads, or the server soon after it, into the entry, since finding and opening a file costs more than reading it; and all
 * others, compressed, into one file beside it. `loader.cjs` loads them from there.
 * @param folder of the chunks
 * @param entry file name of the chunk that is run
 * @param metafile esbuild's account of them
 */
export async function packChunks(folder: string, entry: string, metafile: Metafile): Promise<void> {
  const starting = findStatic(metafile, STARTS);
  const soon = findStatic(metafile, SOON);
  const chunks: string[] = [];
  const parts: Record<string, string> = {};
  for (const file of readdirSync(folder).filter((name) => name.endsWith('.cjs'))) {
    const path = `./${file}`;
    const code = readFileSync(join(folder, file), 'utf8');
    // V8 compiles a function in parentheses at once, which these are to be.
    const wrapped = `function(module,exports,require,__dirname){${code}\n}`;
    if (starting.has(file)) chunks.push(`${JSON.stringify(path)}:(${wrapped})`);
    else if (soon.has(file)) chunks.push(`${JSON.stringify(path)}:${wrapped}`);
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

/** The chunks that modules lead to, but for those that are loaded later. */
function findStatic({ outputs }: Metafile, modules: readonly string[]): Set<string> {
  const found = new Set([INTEROP]);
  const follow = (output: string) => {
    if (!outputs[output] || found.has(basename(output))) return;
    found.add(basename(output));
    for (const { path, kind } of outputs[output].imports) if (kind === 'import-statement') follow(path);
  };
  for (const [output, { entryPoint }] of Object.entries(outputs))
    if (modules.some((module) => entryPoint?.endsWith(module))) follow(output);
  return found;
}

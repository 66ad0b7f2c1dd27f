import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Metafile } from 'esbuild';
import { INTEROP } from './commonjs.js';

/** What most starts load at once: the command line, and the command that serves. */
const STARTS = ['src/cli/main.ts', 'src/cli/commands/serve.ts'];
const REQUIRED = /require\("(\.\/[\w-]+\.cjs)"\)/g;

/**
 * Puts all chunks that a start loads into the entry: finding and opening a file costs more than reading it. Chunks that
 * are loaded later ask the entry for what it holds.
 * @param folder of the chunks
 * @param entry file name of the chunk that is run
 * @param metafile esbuild's account of them
 */
export function packStart(folder: string, entry: string, { outputs }: Metafile): void {
  const packed = new Set([INTEROP]);
  const follow = (output: string) => {
    const chunk = basename(output);
    if (packed.has(chunk)) return;
    packed.add(chunk);
    for (const { path, kind } of outputs[output]?.imports ?? [])
      if (kind === 'import-statement' && outputs[path]) follow(path);
  };
  for (const [output, { entryPoint }] of Object.entries(outputs)) if (STARTS.includes(entryPoint ?? '')) follow(output);

  const functions = [...packed].map((chunk) => {
    const code = readFileSync(join(folder, chunk), 'utf8');
    return `${JSON.stringify(`./${chunk}`)}:(function(module,exports,require){${code}\n})`;
  });
  for (const chunk of packed) rmSync(join(folder, chunk));
  for (const chunk of readdirSync(folder).filter((file) => file.endsWith('.cjs'))) {
    const code = readFileSync(join(folder, chunk), 'utf8');
    const redirected = code.replace(REQUIRED, (call, path: string) =>
      packed.has(basename(path)) ? `require("./${entry}")(${JSON.stringify(path)})` : call,
    );
    writeFileSync(join(folder, chunk), redirected);
  }
  const body = `const chunks={${functions.join(',\n')}},loaded={};
function load(path){
if(!(path in chunks))return require(path);
if(path in loaded)return loaded[path].exports;
const module=loaded[path]={exports:{}};
chunks[path](module,module.exports,load);
return module.exports}
module.exports=load;
load("./${entry}");
`;
  // The compiled form of exactly this code may be kept; see bin/compiled.js.
  writeFileSync(join(folder, entry), `/*${createHash('sha256').update(body).digest('hex')}*/${body}`);
}

import { minify } from '@swc/core';
import { transform } from 'esbuild';
import type { Options } from 'tsup';

type Plugin = NonNullable<Options['plugins']>[number];

/** Holds the helpers that all chunks share. */
export const INTEROP = 'interop.cjs';
/** esbuild's last helper, and how a chunk's exports follow it. */
const LAST_HELPER = '\nvar __toCommonJS = ';
const EXPORTS = /^.*\nvar (\w+) = \{\};\n(?:__export\(\1, (\{\n.*?\n\})\);\n)?module\.exports = __toCommonJS\(\1\);\n/s;
/** What it adds for Node's `import` of CommonJS, which no chunk is loaded by. */
const ANNOTATION = /\n\/\/ Annotate the CommonJS export names[^\n]*\n0 && \(module\.exports = \{[^}]*\}\);\n$/;

/** Parts of Node that are slow to load, and needed by no start. */
const LATE = /= (require\("(?:node:)?crypto"\))(?=;)/g;

/**
 * esbuild splits ES modules only, and Node starts CommonJS sooner: so the bundle is split first, then each chunk is turned
 * into CommonJS. swc makes of the result a twentieth less than esbuild does.
 */
export const chunksToCommonJs: Plugin = {
  name: 'chunks-to-commonjs',
  async renderChunk(code, { exports, entryPoint }) {
    const chunk = await transform(code, {
      format: 'cjs',
      platform: 'node',
      target: 'node20',
      charset: 'utf8',
      supported: { 'dynamic-import': false },
    });
    const wrapsCommonJs = exports?.join() === 'default' && entryPoint?.includes('node_modules');
    return { code: await shrink(shareHelpers(chunk.code, wrapsCommonJs)) };
  },
};

/**
 * Takes esbuild's helpers out of a chunk that exports something, and has it load those of all chunks.
 * @throws Error when esbuild writes them otherwise than it did
 */
function shareHelpers(code: string, wrapsCommonJs = false): string {
  const start = code.indexOf(LAST_HELPER);
  if (start < 0) return code;
  const written = EXPORTS.exec(code.slice(start + 1));
  if (!written) throw new Error('esbuild writes the exports of a CommonJS module in another way now.');
  const [all, , getters = '{}'] = written;
  const body = code
    .slice(start + 1 + all.length)
    .replace(ANNOTATION, '')
    .replace(LATE, '= __interop.later(() => $1)');
  return `const __interop = require('./${INTEROP}');
    ${body.includes('__toESM(') ? 'const __toESM = __interop.toNamespace;' : ''}
    __interop.publish(module, ${getters});
    ${body}
    ${wrapsCommonJs ? '__interop.publishMembers(module);' : ''}`;
}

/**
 * Minifies CommonJS.
 * @param code of a whole module
 */
export async function shrink(code: string): Promise<string> {
  const options = {
    compress: { passes: 2 },
    mangle: true,
    module: false,
    toplevel: true,
    ecma: 2022,
    format: { asciiOnly: true },
  } as const;
  return (await minify(code, options)).code;
}

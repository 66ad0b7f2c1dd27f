import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Plugin as EsbuildPlugin, Metafile } from 'esbuild';
import type { Options } from 'tsup';
import { INTEROP, shrink } from './commonjs.js';
import { writeNotices } from './notices.js';
import { packChunks } from './packing.js';
import { packageFolderOf } from './plugins.js';

type Plugin = NonNullable<Options['plugins']>[number];

const NOTICES = 'THIRD-PARTY.txt';

/**
 * Makes the bundle whole once its chunks are written: adds what they share and the notices of the packages in
 * them, and removes chunks that nothing loads.
 * @param entry file name of the chunk that is run
 * @param page what is in the dashboard's page, which is a bundle of its own
 * @returns two plugins, since esbuild knows what is in a chunk and tsup when it is written
 */
export function finishBundle(
  entry: string,
  page: () => Metafile | undefined,
): { esbuild: EsbuildPlugin; tsup: Plugin } {
  let metafile: Metafile | undefined;
  return {
    esbuild: {
      name: 'keep-metafile',
      setup(build) {
        build.onEnd((result) => {
          metafile = result.metafile;
        });
      },
    },
    tsup: {
      name: 'finish-bundle',
      async buildEnd({ writtenFiles }) {
        const folder = dirname(writtenFiles[0]?.name ?? '');
        writeFileSync(join(folder, INTEROP), await shrink(readFileSync(join('build', INTEROP), 'utf8')));
        const needed = findReachable(folder, entry);
        for (const { name } of writtenFiles) if (!needed.has(basename(name))) rmSync(name);
        const inPage = page();
        if (!metafile || !inPage) throw new Error('the bundle or the page in it was not built');
        const packages = new Set([...bundledPackages(metafile, needed), ...bundledPackages(inPage)]);
        writeFileSync(join(folder, NOTICES), writeNotices(packages));
        await packChunks(folder, entry, metafile);
      },
    },
  };
}

/** The chunks that an entry leads to: esbuild also writes those that only code leads to which it has left out. */
function findReachable(folder: string, entry: string, found = new Set<string>()): Set<string> {
  if (found.has(entry)) return found;
  found.add(entry);
  const code = readFileSync(join(folder, entry), 'utf8');
  for (const [, chunk] of code.matchAll(/require\("\.\/([\w-]+\.cjs)"\)/g)) findReachable(folder, chunk ?? '', found);
  return found;
}

/** Folders of the packages of which there is something in these chunks, or in all. */
function bundledPackages({ outputs }: Metafile, chunks?: ReadonlySet<string>): Set<string> {
  const inputs = Object.entries(outputs)
    .filter(([file]) => chunks?.has(basename(file)) ?? true)
    .flatMap(([, output]) => Object.entries(output.inputs))
    .filter(([, { bytesInOutput }]) => bytesInOutput > 0);
  return new Set(inputs.flatMap(([file]) => packageFolderOf(file) ?? []));
}

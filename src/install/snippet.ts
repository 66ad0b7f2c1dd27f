import { writeJson } from '../lib/documents/json.js';
import { writePairs, writeTomlKey } from '../lib/documents/toml.js';
import { writeYaml } from '../lib/documents/yaml.js';
import type { Client } from './clients.js';
import type { Launch } from './launch.js';
import { mergeEntry, SHAPES } from './shapes.js';

const LAYOUT = { eol: '\n', unit: '  ' };

/**
 * What to put into a client's config by hand, whole, in the form that it reads.
 * @param client with the name and command of the server
 */
export function renderSnippet(
  client: Pick<Client, 'format' | 'servers' | 'list' | 'shape'> & { name: string; launch: Launch },
): string {
  const { format, servers, list, shape, name, launch } = client;
  const entry = mergeEntry(SHAPES[shape], launch, name, undefined);
  const nested = [...servers, name].reduceRight<unknown>((inner, key) => ({ [key]: inner }), entry);
  if (format === 'json') return writeJson(nested, LAYOUT, '');
  if (format === 'yaml') return writeYaml(nested, '', LAYOUT.unit).join('\n');
  const header = list
    ? `[[${servers.map(writeTomlKey).join('.')}]]`
    : `[${[...servers, name].map(writeTomlKey).join('.')}]`;
  return [header, ...writePairs(entry)].join('\n');
}

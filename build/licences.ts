import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Licences that let anyone use and pass on the code, as long as the notice comes with it. */
export const PERMISSIVE = new Set([
  '0BSD',
  'Apache-2.0',
  'BlueOak-1.0.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'ISC',
  'MIT',
]);

/** A package and what its licence asks to be passed on. */
export interface Licensed {
  /** `name version`. */
  title: string;
  /** SPDX identifier, as its manifest has it. */
  licence: string;
  /** Lines that say whose it is. */
  owners: string[];
  /** Text of the licence without these lines, and of further notices; "" when the package comes without it. */
  text: string;
}

interface Manifest {
  name: string;
  version: string;
  license?: string;
  author?: string | { name: string; email?: string };
}

const FILES = /^(?:licen[cs]e|copying|notice)(?:\.(?:md|txt))?$/i;
const OWNER = /^\W*(?:mit license )?(?:portions )?copyright\s+(?:\(c\)|©|[\d-]+|\w+,? inc).*/i;
/** Headings that name the licence; its identifier stands above the text anyhow. */
const HEADING = /^\W*(?:the )?(?:mit|isc|apache|bsd|blue oak)[\w .-]*licen[cs]e(?: \([\w-]+\))?\W*$/i;

/**
 * Reads the licence of an installed package.
 * @param folder of the package
 */
export function readLicence(folder: string): Licensed {
  const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest;
  const lines = readdirSync(folder)
    .filter((file) => FILES.test(file))
    .flatMap((file) => ['', ...readFileSync(join(folder, file), 'utf8').split(/\r?\n/)]);
  const owners = lines.filter((line) => OWNER.test(line)).map((line) => line.trim());
  return {
    title: `${manifest.name} ${manifest.version}`,
    licence: manifest.license ?? 'unknown',
    owners: owners.length > 0 ? owners : [authorOf(manifest)].flatMap((author) => author ?? []),
    text: lines
      .filter((line) => !OWNER.test(line) && !HEADING.test(line))
      .join('\n')
      .replace(/\n{3,}/g, '\n\n')
      .trim(),
  };
}

function authorOf({ author }: Manifest): string | undefined {
  if (author === undefined || typeof author === 'string') return author;
  return author.email ? `${author.name} <${author.email}>` : author.name;
}

import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Metafile, Plugin } from 'esbuild';

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

const LINE = '-'.repeat(80);
const INTRODUCTION = `hugwire is bundled with code of the packages below. Each keeps its own licence, whose text stands under the packages that
it covers.`;

/**
 * Writes the notices of all packages that builds take code of, when each of them ends. It reads esbuild's account of the
 * build and changes nothing.
 * @param file where they go
 * @returns a plugin to be shared by these builds
 */
export function noticesPlugin(file: string): Plugin {
  const folders = new Set<string>();
  return {
    name: 'notices',
    setup(build) {
      build.onEnd(({ metafile }) => {
        if (!metafile) return;
        for (const folder of bundledPackages(metafile)) folders.add(folder);
        // In a fresh clone, the first build to end is there before its directory.
        mkdirSync(dirname(file), { recursive: true });
        writeFileSync(file, writeNotices(folders));
      });
    },
  };
}

/**
 * Folders of the packages of which there is something in a build.
 * @param metafile esbuild's account of it
 */
export function bundledPackages({ outputs }: Metafile): Set<string> {
  const files = Object.values(outputs).flatMap(({ inputs }) =>
    Object.keys(inputs).filter((file) => inputs[file]?.bytesInOutput),
  );
  return new Set(
    files.flatMap((file) => /^(?:.*[\\/])?node_modules[\\/](?:@[^\\/]+[\\/])?[^\\/]+/.exec(file)?.[0] ?? []),
  );
}

/** A package and what its licence asks to be passed on. */
interface Licensed {
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

/** Packages under the same words. */
interface Group {
  licence: string;
  text: string;
  packages: Licensed[];
}

/**
 * Writes the notices of packages; those under the same words share them.
 * @param folders of the packages
 * @throws Error when a licence is none that lets hugwire pass the code on, or when no package has its text
 */
export function writeNotices(folders: Iterable<string>): string {
  // A package may lie there twice, where npm could not put one copy in reach of all.
  const byTitle = new Map([...folders].map(readLicence).map((one) => [one.title, one]));
  const packages = [...byTitle.values()].sort((a, b) => (a.title < b.title ? -1 : 1));
  const refused = packages.filter(({ licence }) => !PERMISSIVE.has(licence));
  if (refused.length > 0) {
    throw new Error(`Not to be bundled: ${refused.map(({ title, licence }) => `${title} (${licence})`).join(', ')}.`);
  }
  const groups = groupByText(packages).map(({ licence, text, packages: covered }) =>
    [
      ...covered.flatMap(({ title, owners }) => [title, ...owners.map((owner) => `  ${owner}`)]),
      '',
      `${licence}:`,
      '',
      text,
    ].join('\n'),
  );
  return `${[INTRODUCTION, ...groups].join(`\n\n${LINE}\n\n`)}\n`;
}

/** Groups by licence and words, however they are broken into lines; the largest group first. */
function groupByText(packages: readonly Licensed[]): Group[] {
  const groups = new Map<string, Group>();
  const add = (one: Licensed, text: string) => {
    const key = `${one.licence} ${wordsOf(text)}`;
    const group = groups.get(key) ?? { licence: one.licence, text, packages: [] };
    groups.set(key, { ...group, packages: [...group.packages, one] });
  };
  for (const one of packages) if (one.text) add(one, one.text);
  const ordered = () => [...groups.values()].sort((a, b) => b.packages.length - a.packages.length);
  // Some packages name their licence and leave the text out: it is the one that most others have.
  for (const one of packages.filter(({ text }) => !text)) {
    const usual = ordered().find(({ licence }) => licence === one.licence);
    if (!usual) throw new Error(`No package has the text of ${one.licence}, the licence of ${one.title}.`);
    add(one, usual.text);
  }
  return ordered();
}

function wordsOf(text: string): string {
  return (text.toLowerCase().match(/\w+/g) ?? []).join(' ');
}

/**
 * Reads the licence of an installed package.
 * @param folder of the package
 */
function readLicence(folder: string): Licensed {
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

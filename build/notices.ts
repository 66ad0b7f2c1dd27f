import { type Licensed, PERMISSIVE, readLicence } from './licences.js';

const LINE = '-'.repeat(80);
const INTRODUCTION = `hugwire is bundled with code of the packages below. Each keeps its own licence, whose text stands under the packages that
it covers.`;

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

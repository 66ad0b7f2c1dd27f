import { cleanLine } from '../text/sanitize.js';
import { checkPath, checkRevision, invalid } from './names.js';
import { REPO_KINDS, type RepoKind } from './types.js';

/** A repository as far as a text named it. */
export interface NamedRepo {
  /** Missing when the text did not say it. */
  kind?: RepoKind;
  id: string;
  revision?: string;
}

export interface RepoReference extends NamedRepo {
  type: 'repo';
}

/** A file, or a folder: a text such as `owner/name/onnx` cannot tell, so `folder` is only set where it did. */
export interface PathReference extends NamedRepo {
  type: 'path';
  /** Relative to the root of the repository; "" is the root itself. */
  path: string;
  folder?: true;
}

/** What a person or an assistant may point at. */
export type Reference =
  | RepoReference
  | PathReference
  /** The discussions of a repository, or one of them. */
  | { type: 'discussion'; kind?: RepoKind; id: string; number?: number }
  /** An arXiv id without version. */
  | { type: 'paper'; id: string }
  /** A documentation page: product, version, language and page as the Hub's URL has them; "" lists the products. */
  | { type: 'docs'; path: string; anchor?: string }
  | { type: 'collection'; slug: string };

const ARXIV_ID = /^(?:arxiv:)?(\d{4}\.\d{4,5})(?:v\d+)?(?:\.md|\.pdf)?$/i;
/** References with slashes of their own, as git and the Hub name them. */
const SLASHED_REVISION = /^refs\/(?:pr\/\d+|convert\/[\w-]+|heads\/[^/]+|tags\/[^/]+)(?=\/|$)/;

/** What else than a repository a first segment may announce, and how the rest is read. */
export const SECTIONS: Record<string, (rest: string, anchor?: string) => Reference> = {
  papers: (rest) => {
    const id = arxivId(rest);
    if (id) return { type: 'paper', id };
    throw invalid(`"${cleanLine(rest, 60)}" is no arXiv id.`, 'A paper is named like papers/2407.21783.');
  },
  docs: (rest, anchor) => {
    const path = rest.replace(/\.(?:md|html)$/, '');
    return { type: 'docs', path: path && checkPath(path), ...(anchor ? { anchor } : {}) };
  },
  collections: (rest) => {
    if (/^[\w.-]+\/[\w.-]+$/.test(rest)) return { type: 'collection', slug: rest };
    throw invalid(`"${cleanLine(rest, 120)}" is no collection.`, 'Give collections/owner/slug.');
  },
};

/**
 * The arXiv id in `2407.21783`, `arXiv:2407.21783v2` or `2407.21783.pdf`; undefined when there is none.
 * @param text what was written
 */
export function arxivId(text: string): string | undefined {
  return ARXIV_ID.exec(text)?.[1];
}

/**
 * Takes a leading `models`, `datasets` or `spaces` off.
 * @param segments of a path
 * @param otherwise the kind when none leads
 */
export function takeKind(segments: string[], otherwise?: RepoKind): { kind?: RepoKind; rest: string[] } {
  const kind = REPO_KINDS.find((known) => segments[0] === `${known}s`);
  if (kind && segments.length > 1) return { kind, rest: segments.slice(1) };
  return { ...(otherwise ? { kind: otherwise } : {}), rest: segments };
}

/**
 * Splits `main/a/b`, `refs/pr/1/a/b` or `refs%2Fpr%2F1/a/b` into revision and path.
 * @param text begins with the revision; the path stays as it is written
 * @throws HugwireError `invalid_arguments` for what is no revision
 */
export function takeRevision(text: string): { revision?: string; path: string } {
  if (text === '') return { path: '' };
  const written = SLASHED_REVISION.exec(text)?.[0] ?? text.split('/', 1)[0] ?? '';
  return { revision: checkRevision(decode(written)), path: text.slice(written.length + 1) };
}

/**
 * A reference as hugwire writes it; `parseReference` reads it back.
 * @param reference what to write
 */
export function showReference(reference: Reference): string {
  if (reference.type === 'paper') return `papers/${reference.id}`;
  if (reference.type === 'collection') return `collections/${reference.slug}`;
  if (reference.type === 'docs') {
    const page = reference.path && `/${reference.path}`;
    return `docs${page}${reference.anchor ? `#${reference.anchor}` : ''}`;
  }
  const repo = `${reference.kind && reference.kind !== 'model' ? `${reference.kind}s/` : ''}${reference.id}`;
  if (reference.type === 'discussion') {
    return `https://huggingface.co/${repo}/discussions${reference.number === undefined ? '' : `/${reference.number}`}`;
  }
  const at = reference.revision ? `@${reference.revision}` : '';
  if (reference.type === 'repo') return `${repo}${at}`;
  return `${repo}${at}/${reference.path}${reference.folder && reference.path ? '/' : ''}`;
}

/**
 * Undoes percent encoding.
 * @param text a part of a web address
 * @throws HugwireError `invalid_arguments` for a stray `%`
 */
export function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw invalid(`"${cleanLine(text, 120)}" is badly encoded.`, 'A "%" in a web address is written "%25".');
  }
}

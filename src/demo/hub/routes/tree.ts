import type { DemoRequest, DemoResponse, DemoRoute } from '../../types.js';
import { openRepo, openRevision } from '../access.js';
import { paginate, readNumber } from '../pages.js';
import { entryNotFound, invalid, Refused } from '../refusals.js';
import type { DemoKind } from '../repos.js';
import { flag } from '../rows/shape.js';
import { describeNode, findNode, listTree } from '../tree.js';
import { below } from './paths.js';

/** Rows of a page, by whether the expensive fields are wanted. */
const PAGE = { plain: 1000, expanded: 100 };

/** Paths that one question may name. */
const MOST_PATHS = 2000;

/** What is in a repository. */
export const treeRoutes: DemoRoute[] = [
  { method: 'GET', pattern: below('/tree/([^/]+)(?:/(.*))?'), bucket: 'api', handle: tree },
  { method: 'GET', pattern: below('/treesize/([^/]+)(?:/(.*))?'), bucket: 'api', handle: treeSize },
  { method: 'POST', pattern: below('/paths-info/([^/]+)'), bucket: 'api', handle: pathsInfo },
];

function open(request: DemoRequest) {
  const [kind, id = '', revision = '', path = ''] = request.params;
  const repo = openRepo(request, kind as DemoKind, id);
  return { repo, revision, files: openRevision(repo, revision).files, path: path.replace(/\/$/, '') };
}

function tree(request: DemoRequest): DemoResponse {
  const { repo, revision, files, path } = open(request);
  const expand = flag(request.query, 'expand');
  const nodes = listTree(files, path, flag(request.query, 'recursive'));
  if (!nodes) return entryNotFound(path, revision);
  const most = expand ? PAGE.expanded : PAGE.plain;
  const limit = readNumber(request.query, 'limit', { fallback: most, max: most });
  const { rows, headers } = paginate(request, nodes, limit);
  return { headers, body: rows.map((node) => describeNode(repo, node, expand)) };
}

function treeSize(request: DemoRequest): DemoResponse {
  const { files, path, revision } = open(request);
  const prefix = path ? `${path}/` : '';
  const inside = files.filter((file) => file.path === path || file.path.startsWith(prefix));
  if (inside.length === 0) return entryNotFound(path, revision);
  return { body: { path: `/${path}`, size: inside.reduce((sum, { size }) => sum + size, 0) } };
}

/** Paths that do not exist are left out without a word. */
function pathsInfo(request: DemoRequest): DemoResponse {
  const { repo, files } = open(request);
  const { paths, expand } = readQuestion(request);
  const nodes = paths.flatMap((path) => findNode(files, path.replace(/\/$/, '')) ?? []);
  return { body: nodes.map((node) => describeNode(repo, node, expand)) };
}

/** JSON and forms are both taken: JavaScript's client sends the one, Python's the other. */
function readQuestion({ headers, body }: DemoRequest): { paths: string[]; expand: boolean } {
  const question = headers['content-type']?.includes('json') ? fromJson(body.toString()) : fromForm(body.toString());
  if (!Array.isArray(question.paths))
    throw new Refused(invalid('Invalid input: expected array, received undefined', 'paths'));
  if (question.paths.length > MOST_PATHS)
    throw new Refused(invalid(`Too big: expected array to have <=${MOST_PATHS} items`, 'paths'));
  return { paths: question.paths.map(String), expand: question.expand };
}

function fromJson(text: string): { paths: unknown; expand: boolean } {
  try {
    const { paths, expand } = JSON.parse(text);
    return { paths: typeof paths === 'string' ? [paths] : paths, expand: expand === true };
  } catch {
    throw new Refused(invalid('Invalid JSON'));
  }
}

function fromForm(text: string): { paths: unknown; expand: boolean } {
  const form = new URLSearchParams(text);
  return { paths: form.has('paths') ? form.getAll('paths') : undefined, expand: flag(form, 'expand') };
}

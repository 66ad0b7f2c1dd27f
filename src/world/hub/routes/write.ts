import { createHash } from 'node:crypto';
import { isObject, parseJsonObject } from '../../../lib/json.js';
import type { DemoRequest, DemoResponse, DemoRoute, DemoUser } from '../../types.js';
import { admitWrite, mayDo, openContent, openRepo, openRevision } from '../access.js';
import { buildDataset, buildModel, buildSpace } from '../build.js';
import { type Change, readFrontMatter, writeCommit } from '../commit.js';
import { isLarge, largeFile, smallFile } from '../content.js';
import { mongoId } from '../hashes.js';
import { below, flag } from '../query.js';
import { badParameter, entryNotFound, RequestRefused, refuse, unauthenticated } from '../refusals.js';
import type { DemoFile, DemoKind, DemoRef, DemoRepo } from '../repos.js';
import type { HubState } from '../state.js';

const LFS = /^\/(datasets\/|spaces\/)?([^/]+\/[^/]+)\.git\/info\/lfs\/(?:objects\/batch|verify)$/;

/** Repositories that are made, and what is committed to them. */
export const writeRoutes: DemoRoute[] = [
  { method: 'POST', pattern: /^\/api\/repos\/create$/, bucket: 'api', handle: createRepo },
  { method: 'DELETE', pattern: /^\/api\/repos\/delete$/, bucket: 'api', handle: deleteRepo },
  { method: 'POST', pattern: /^\/api\/validate-yaml$/, bucket: 'api', handle: validateYaml },
  { method: 'POST', pattern: below('/duplicate'), bucket: 'api', handle: duplicate },
  { method: 'PUT', pattern: below('/settings'), bucket: 'api', handle: changeSettings },
  { method: 'POST', pattern: below('/preupload/([^/]+)'), bucket: 'api', handle: preupload },
  { method: 'POST', pattern: below('/commit/([^/]+)'), bucket: 'api', handle: commit },
  { method: 'POST', pattern: below('/branch/(.+)'), bucket: 'api', handle: createBranch },
  { method: 'DELETE', pattern: below('/branch/(.+)'), bucket: 'api', handle: deleteRef },
  { method: 'POST', pattern: below('/tag/(.+)'), bucket: 'api', handle: createTag },
  { method: 'DELETE', pattern: below('/tag/(.+)'), bucket: 'api', handle: deleteRef },
  { method: 'POST', pattern: LFS, bucket: 'api', handle: handleLfs },
  { method: 'POST', pattern: /^\/api\/complete_multipart$/, bucket: 'api', handle: completeUpload },
];

/** @throws RequestRefused 400 when the body is not a JSON object */
export function readBody({ body }: DemoRequest): Record<string, unknown> {
  const told = parseJsonObject(body.toString());
  if (!told) throw new RequestRefused(badParameter('Invalid input: expected object'));
  return told;
}

export const textIn = (body: Record<string, unknown>, name: string): string | undefined =>
  typeof body[name] === 'string' ? (body[name] as string) : undefined;

/** @throws RequestRefused 400 when there is no such text */
export function needText(body: Record<string, unknown>, name: string): string {
  const text = textIn(body, name);
  if (text) return text;
  throw new RequestRefused(badParameter('Invalid input: expected string, received undefined', name));
}

const KINDS: readonly DemoKind[] = ['model', 'dataset', 'space'];
const REPO_NAME = /^(?!\.)(?!.*(?:--|\.\.))[\w.-]{1,96}(?<![.-]|\.git)$/;

/** The kind and id of a repository that is to be made or removed, by name and owner. */
function readNew(request: DemoRequest, body: Record<string, unknown>): { kind: DemoKind; id: string; owner: string } {
  const { user } = request;
  if (!user) throw new RequestRefused(unauthenticated());
  const kind = KINDS.find((known) => known === (body.type ?? 'model'));
  if (!kind)
    throw new RequestRefused(badParameter('Invalid option: expected one of "model"|"dataset"|"space"', 'type'));
  const name = needText(body, 'name');
  const owner = textIn(body, 'organization') ?? user.name;
  if (!REPO_NAME.test(name)) throw new RequestRefused(refuse(400, `Invalid repo name: ${name}`));
  return { kind, id: `${owner}/${name}`, owner };
}

const pageOf = ({ origin }: DemoRequest, kind: DemoKind, id: string) =>
  `${origin}/${kind === 'model' ? '' : `${kind}s/`}${id}`;

function createRepo(request: DemoRequest): DemoResponse {
  const body = readBody(request);
  const { kind, id, owner } = readNew(request, body);
  admitWrite(request, 'repo.write', owner, `create a ${kind}`);
  const { state } = request;
  const url = pageOf(request, kind, id);
  if (state.find(kind, id)) {
    const refusal = refuse(409, `You already created this ${kind} repo`);
    return { ...refusal, body: { error: `You already created this ${kind} repo`, url } };
  }
  if (kind === 'space' && !['gradio', 'docker', 'static'].includes(textIn(body, 'sdk') ?? '')) {
    return badParameter('Invalid option: expected one of "gradio"|"docker"|"static"', 'sdk');
  }
  state.put(makeRepo(kind, id, isPrivate(body) ?? false, textIn(body, 'sdk')));
  keepSettings(state, id, body);
  return { body: { url, name: id, id: mongoId(`${kind} ${id}`) } };
}

const isPrivate = ({ visibility, private: hidden }: Record<string, unknown>): boolean | undefined =>
  visibility === undefined ? (typeof hidden === 'boolean' ? hidden : undefined) : visibility !== 'public';

function keepSettings(state: HubState, id: string, body: Record<string, unknown>): void {
  for (const what of ['variables', 'secrets'] as const) {
    for (const { key, value, description } of (body[what] ?? []) as Record<string, string>[]) {
      state.settings(what, id).set(key ?? '', {
        key: key ?? '',
        value: value ?? '',
        description,
        updatedAt: new Date().toISOString(),
      });
    }
  }
}

/** A repository with its first commit. A Space has a card from the start. */
function makeRepo(kind: DemoKind, id: string, hidden: boolean, sdk = 'gradio'): DemoRepo {
  const day = new Date().toISOString();
  const seed = {
    id,
    created: day.slice(0, 10),
    modified: day.slice(0, 10),
    likes: 0,
    private: hidden,
    commits: ['initial commit'],
  };
  const counts = { downloads: 0, allTime: 0 };
  const name = id.split('/').at(-1) ?? id;
  const made =
    kind === 'model'
      ? buildModel({ ...seed, ...counts })
      : kind === 'dataset'
        ? buildDataset({ ...seed, ...counts, description: '' })
        : buildSpace({
            ...seed,
            sdk: sdk as 'gradio',
            title: name,
            emoji: '🐢',
            colors: ['blue', 'green'],
            aiShort: '',
            category: 'other',
            stage: 'NO_APP_FILE',
            card: 'Check out the configuration reference at https://huggingface.co/docs/hub/spaces-config-reference',
          });
  const commits = made.commits.map((one) => ({ ...one, date: day }));
  return { ...made, createdAt: day, lastModified: day, commits } as DemoRepo;
}

function deleteRepo(request: DemoRequest): DemoResponse {
  const { kind, id, owner } = readNew(request, readBody(request));
  const repo = openRepo(request, kind, id);
  admitWrite(request, 'repo.write', owner, `delete a ${kind}`);
  request.state.remove(repo);
  return { body: 'OK' };
}

function duplicate(request: DemoRequest): DemoResponse {
  const [kind = 'model', source = ''] = request.params;
  const repo = openRepo(request, kind as DemoKind, source);
  openContent(request, repo);
  const body = readBody(request);
  const id = needText(body, 'repository');
  const user = admitWrite(request, 'repo.write', id.split('/')[0] ?? '', `duplicate a ${kind}`);
  const { state } = request;
  const url = pageOf(request, repo.kind, id);
  if (state.find(repo.kind, id))
    return {
      ...refuse(409, `You already created this ${kind} repo`),
      body: { error: `You already created this ${kind} repo`, url },
    };
  const fresh = makeRepo(repo.kind, id, isPrivate(body) ?? repo.private);
  state.put(fresh);
  const files = repo.refs[0]?.files ?? [];
  const changes = files.map((file): Change => ({ path: file.path, file }));
  writeCommit(state, fresh, 'main', changes, { author: user.name, title: `Duplicate from ${repo.id}`, message: '' });
  keepSettings(state, id, body);
  return { body: { url } };
}

function changeSettings(request: DemoRequest): DemoResponse {
  const repo = openOwn(request, 'change the settings of a repository');
  const body = readBody(request);
  const { gated } = body;
  request.state.put({
    ...repo,
    private: isPrivate(body) ?? repo.private,
    gated: gated === 'auto' || gated === 'manual' || gated === false ? gated : repo.gated,
  });
  return { body: { visibility: isPrivate(body) ? 'private' : 'public' } };
}

/** @throws RequestRefused what `openRepo` throws, and 403 where the caller may not write */
function openOwn(request: DemoRequest, what: string): DemoRepo {
  const [kind, id = ''] = request.params;
  const repo = openRepo(request, kind as DemoKind, id);
  admitWrite(request, 'repo.write', repo.author, what);
  return repo;
}

/** The repository and the ref that a commit goes to, which may be a pull request for anybody. */
function openTarget(request: DemoRequest): { repo: DemoRepo; ref: DemoRef; user: DemoUser; asPull: boolean } {
  const [kind, id = '', revision = ''] = request.params;
  const repo = openRepo(request, kind as DemoKind, id);
  const asPull = flag(request.query, 'create_pr');
  const own = mayDo(request, 'repo.write', repo.author);
  const ofPull = asPull || revision.startsWith('refs/pr/');
  const user = admitWrite(
    request,
    ofPull && !own ? 'discussion.write' : 'repo.write',
    repo.author,
    'upload to a repository',
  );
  const ref = openRevision(repo, revision);
  if (ref.name !== revision && !asPull) throw new RequestRefused(refuse(400, `Invalid branch: ${revision}`));
  return { repo, ref, user, asPull };
}

function preupload(request: DemoRequest): DemoResponse {
  const { ref } = openTarget(request);
  const { files, gitIgnore } = readBody(request);
  const told = textIn({ gitIgnore }, 'gitIgnore') ?? textAt(ref.files, '.gitignore') ?? '';
  const body = ((files ?? []) as { path: string; size: number; sample: string }[]).map(({ path, size, sample }) => {
    const old = ref.files.find((file) => file.path === path);
    return {
      path,
      uploadMode: isLarge(path, size, Buffer.from(sample, 'base64')) ? 'lfs' : 'regular',
      shouldIgnore: isIgnored(path, told),
      oid: old?.lfs?.oid ?? old?.oid,
    };
  });
  return { body: { files: body, commitOid: ref.commit } };
}

const textAt = (files: readonly DemoFile[], path: string) => {
  const file = files.find((one) => one.path === path);
  return file?.content.slice(0, file.size).toString();
};

/** Names, folders and endings, which is what such files mostly hold. */
function isIgnored(path: string, gitIgnore: string): boolean {
  const rules = gitIgnore.split('\n').map((line) => line.trim());
  return rules.some((rule) => {
    if (rule === '' || rule.startsWith('#')) return false;
    if (rule.startsWith('*.')) return path.endsWith(rule.slice(1));
    return path === rule || path.startsWith(rule.endsWith('/') ? rule : `${rule}/`) || path.split('/').includes(rule);
  });
}

/** @throws RequestRefused 400 for a card whose front matter is wrong */
function validateYaml(request: DemoRequest): DemoResponse {
  const body = readBody(request);
  try {
    const matter = readFrontMatter(needText(body, 'content'));
    const errors = matter ? faultsOf(matter, textIn(body, 'repoType') ?? 'model') : [];
    const warnings = matter ? [] : [{ message: 'empty or missing yaml metadata in repo card' }];
    return {
      status: errors.length > 0 ? 400 : 200,
      body: { errors: errors.map((message) => ({ message })), warnings },
    };
  } catch (error) {
    if (!(error instanceof RequestRefused)) throw error;
    const { error: message } = error.response.body as { error: string };
    return { status: 400, body: { errors: [{ message }], warnings: [] } };
  }
}

const COLORS = ['red', 'yellow', 'green', 'blue', 'indigo', 'purple', 'pink', 'gray'];

function faultsOf(matter: Record<string, unknown>, kind: string): string[] {
  const { sdk, colorFrom, colorTo, license, tags } = matter;
  return [
    ...(kind === 'space' && !['gradio', 'docker', 'static', 'streamlit'].includes(String(sdk))
      ? ['"sdk" must be one of [gradio, docker, static]']
      : []),
    ...Object.entries({ colorFrom, colorTo }).flatMap(([name, value]) =>
      value === undefined || COLORS.includes(String(value)) ? [] : [`"${name}" must be one of [${COLORS.join(', ')}]`],
    ),
    ...(license === undefined || typeof license === 'string' || Array.isArray(license)
      ? []
      : ['"license" must be a string']),
    ...(tags === undefined || Array.isArray(tags) ? [] : ['"tags" must be an array']),
  ];
}

interface CommitLine {
  key: 'header' | 'file' | 'lfsFile' | 'deletedFile' | 'deletedFolder';
  value: Record<string, unknown>;
}

function readLines({ body }: DemoRequest): CommitLine[] {
  const lines = body
    .toString()
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => parseJsonObject(line));
  if (lines.some((line) => !line || typeof line.key !== 'string' || !isObject(line.value))) {
    throw new RequestRefused(refuse(400, 'Invalid NDJSON'));
  }
  return lines as unknown as CommitLine[];
}

function commit(request: DemoRequest): DemoResponse {
  const { repo, ref, user, asPull } = openTarget(request);
  const lines = readLines(request);
  const header = lines.find(({ key }) => key === 'header')?.value ?? {};
  const title = needText(header, 'summary');
  const { parentCommit } = header;
  if (!asPull && typeof parentCommit === 'string' && !ref.commit.startsWith(parentCommit)) {
    return refuse(412, 'A commit has happened since. Please refresh and try again.');
  }
  const base = asPull && typeof parentCommit === 'string' ? openRevision(repo, parentCommit) : ref;
  const changes = lines.filter(({ key }) => key !== 'header').flatMap((line) => changesOf(request, base, line));
  const saying = { author: user.name, title, message: textIn(header, 'description') ?? '' };
  const target = asPull ? openPull(request, repo, base, saying) : { repo, name: ref.name };
  const written = writeCommit(request.state, target.repo, target.name, changes, saying);
  const page = pageOf(request, repo.kind, repo.id);
  return {
    body: {
      success: true,
      commitOid: written.id,
      commitUrl: `${page}/commit/${written.id}`,
      hookOutput: '',
      ...(asPull && { pullRequestUrl: `${page}/discussions/${target.name.split('/').at(-1)}` }),
    },
  };
}

/** What a line of a commit changes. */
function changesOf({ state }: DemoRequest, base: DemoRef, { key, value }: CommitLine): Change[] {
  const path = needText(value, 'path');
  if (/^\/|(?:^|\/)(?:\.\.?|\.git)(?:\/|$)|\\|\0/.test(path.replace(/\/$/, ''))) {
    throw new RequestRefused(refuse(400, `Invalid path: ${path}`));
  }
  if (key === 'deletedFolder') {
    const prefix = path.endsWith('/') ? path : `${path}/`;
    const inside = base.files.filter((file) => file.path.startsWith(prefix));
    if (inside.length === 0) throw new RequestRefused(entryNotFound(path, base.name));
    return inside.map((file) => ({ path: file.path }));
  }
  if (key === 'deletedFile') {
    if (base.files.some((file) => file.path === path)) return [{ path }];
    throw new RequestRefused(entryNotFound(path, base.name));
  }
  if (key === 'lfsFile') {
    const blob = state.blob(needText(value, 'oid'));
    if (!blob) throw new RequestRefused(refuse(400, `LFS pointer pointed to a file that does not exist: ${path}`));
    return [{ path, file: { ...blob, path } }];
  }
  const content = Buffer.from(String(value.content ?? ''), value.encoding === 'base64' ? 'base64' : 'utf8');
  if (isLarge(path, content.length, content.subarray(0, 512)))
    throw new RequestRefused(
      refuse(400, `Your push was rejected because it contains binary files: ${path}. Please use LFS.`),
    );
  if (path === 'README.md') readFrontMatter(content.toString());
  return [{ path, file: smallFile(path, content) }];
}

/** Opens a pull request: the discussion, and the ref that its commits go to. */
export function openPull(
  { state }: DemoRequest,
  repo: DemoRepo,
  base: DemoRef,
  { author, title, message }: { author: string; title: string; message: string },
  status: 'open' | 'draft' = 'open',
): { repo: DemoRepo; name: string } {
  const number = nextNumber(state, repo);
  const name = `refs/pr/${number}`;
  const at = new Date().toISOString();
  state.discussions.push({
    kind: repo.kind,
    repo: repo.id,
    number,
    title,
    status,
    isPullRequest: true,
    comments: [{ author, at, text: message }],
  });
  const target: DemoRepo = { ...repo, refs: [...repo.refs, { ...base, name, type: 'pull' }] };
  state.put(target);
  return { repo: target, name };
}

/** Discussions and pull requests are counted together. */
export const nextNumber = ({ discussions }: HubState, { kind, id }: DemoRepo) =>
  1 + Math.max(0, ...discussions.filter((one) => one.kind === kind && one.repo === id).map(({ number }) => number));

function createBranch(request: DemoRequest): DemoResponse {
  const name = request.params[2] ?? '';
  const repo = openOwn(request, 'create a branch');
  const { startingPoint, overwrite } = request.body.length > 0 ? readBody(request) : {};
  const start = openRevision(repo, typeof startingPoint === 'string' ? startingPoint : 'main');
  return addRef(request, repo, { ...start, name, type: 'branch' }, overwrite === true);
}

function createTag(request: DemoRequest): DemoResponse {
  const repo = openOwn(request, 'create a tag');
  const name = needText(readBody(request), 'tag');
  return addRef(request, repo, { ...openRevision(repo, request.params[2] ?? ''), name, type: 'tag' });
}

function addRef({ state }: DemoRequest, repo: DemoRepo, ref: DemoRef, overwrite = false): DemoResponse {
  const others = repo.refs.filter(({ name }) => name !== ref.name);
  if (others.length < repo.refs.length && !overwrite) return refuse(409, `Reference ${ref.name} already exists`);
  state.put({ ...repo, refs: [...others, ref] });
  return { body: 'OK' };
}

function deleteRef(request: DemoRequest): DemoResponse {
  const repo = openOwn(request, 'delete a reference');
  const name = request.params[2] ?? '';
  openRevision(repo, name);
  if (name === 'main') return refuse(400, 'The default branch cannot be deleted');
  request.state.put({ ...repo, refs: repo.refs.filter((ref) => ref.name !== name) });
  return { body: 'OK' };
}

/** Bytes of one part of a large upload; what is not larger goes at once. */
const PART = 16_000_000;
const LFS_TYPE = { 'Content-Type': 'application/vnd.git-lfs+json' };

function handleLfs(request: DemoRequest): DemoResponse {
  const [prefix = '', id = ''] = request.params;
  const kind: DemoKind = prefix === 'datasets/' ? 'dataset' : prefix === 'spaces/' ? 'space' : 'model';
  const repo = openRepo(request, kind, id);
  admitWrite(
    request,
    mayDo(request, 'repo.write', repo.author) ? 'repo.write' : 'discussion.write',
    repo.author,
    'upload to a repository',
  );
  const { state, cdnOrigin, origin, path } = request;
  const body = readBody(request);
  if (path.endsWith('/verify')) {
    const size = state.blob(needText(body, 'oid'))?.size;
    return size === body.size ? { body: {} } : refuse(404, 'Object was not uploaded');
  }
  const transfers = (body.transfers ?? ['basic']) as string[];
  const wanted = (body.objects ?? []) as { oid: string; size: number }[];
  const isMany = transfers.includes('multipart') && wanted.some(({ size }) => size > PART);
  const objects = wanted.map(({ oid, size }) => {
    if (state.blob(oid)) return { oid, size };
    const verify = { href: `${origin}/${prefix}${id}.git/info/lfs/verify` };
    const upload =
      size > PART && isMany
        ? { href: `${origin}/api/complete_multipart?oid=${oid}`, header: partHeaders(cdnOrigin, oid, size) }
        : { href: `${cdnOrigin}/upload/${oid}?X-Amz-Signature=made-up` };
    return { oid, size, authenticated: true, actions: { upload, verify } };
  });
  return { headers: LFS_TYPE, body: { transfer: isMany ? 'multipart' : 'basic', objects } };
}

function partHeaders(cdnOrigin: string, oid: string, size: number): Record<string, string> {
  const numbers = Array.from({ length: Math.ceil(size / PART) }, (_, at) => at + 1);
  return {
    chunk_size: String(PART),
    ...Object.fromEntries(
      numbers.map((number) => [String(number).padStart(5, '0'), `${cdnOrigin}/upload/${oid}/${number}`]),
    ),
  };
}

/**
 * Takes bytes of a large file, at the content network: all of them, or a part.
 * @param path of the request
 * @returns undefined when the path is not that of an upload
 */
export function takeUpload(state: HubState, path: string, bytes: Buffer): DemoResponse | undefined {
  const [, oid, part] = /^\/upload\/([0-9a-f]{64})(?:\/(\d+))?$/.exec(path) ?? [];
  if (!oid) return undefined;
  const etag = `"${createHash('md5').update(bytes).digest('hex')}"`;
  if (part) {
    const parts = state.parts.get(oid) ?? new Map<number, Buffer>();
    state.parts.set(oid, parts.set(Number(part), bytes));
    return { headers: { ETag: etag } };
  }
  return keepUpload(state, oid, bytes) ? { headers: { ETag: etag } } : badDigest();
}

const badDigest = () => ({
  status: 400,
  headers: { 'Content-Type': 'application/xml' },
  body: '<Error><Code>BadDigest</Code></Error>',
});

function keepUpload(state: HubState, oid: string, bytes: Buffer): boolean {
  const file = largeFile('', bytes);
  if (file.lfs?.oid !== oid) return false;
  state.keepBlob(oid, file);
  return true;
}

function completeUpload(request: DemoRequest): DemoResponse {
  const { state } = request;
  const body = readBody(request);
  const oid = needText(body, 'oid');
  const parts = (body.parts ?? []) as { partNumber: number }[];
  const pieces = parts.flatMap(({ partNumber }) => state.parts.get(oid)?.get(partNumber) ?? []);
  state.parts.delete(oid);
  return keepUpload(state, oid, Buffer.concat(pieces)) ? { body: {} } : badDigest();
}

import { load } from 'js-yaml';
import { isObject } from '../../lib/json.js';
import { filesOf } from './access.js';
import { commitId } from './hashes.js';
import { RequestRefused, refuse } from './refusals.js';
import type { DemoCommit, DemoFile, DemoRef, DemoRepo, DemoRuntime, DemoSpaceRepo } from './repos.js';
import type { HubState } from './state.js';

/** What a commit does to a path: the file that is there from then on, or none. */
export interface Change {
  path: string;
  file?: DemoFile;
}

export interface CommitSaying {
  author: string;
  title: string;
  message: string;
}

/** How long a Space builds after each commit, milliseconds. */
const BUILD_MS = 150;

let commits = 0;

/**
 * Writes a commit to a branch or a pull request.
 * @param refName of a ref that is there
 * @returns the commit; `state` then holds the repository with it
 */
export function writeCommit(
  state: HubState,
  repo: DemoRepo,
  refName: string,
  changes: readonly Change[],
  saying: CommitSaying,
): DemoCommit {
  const ref = repo.refs.find(({ name }) => name === refName);
  if (!ref) throw new Error(`no ref ${refName}`);
  const changed = new Set(changes.map(({ path }) => path));
  const files = [
    ...ref.files.filter(({ path }) => !changed.has(path)),
    ...changes.flatMap(({ file }) => (file ? [file] : [])),
  ].sort((a, b) => (a.path < b.path ? -1 : 1));
  commits += 1;
  const commit: DemoCommit = {
    ...saying,
    id: commitId(`${repo.kind} ${repo.id} ${ref.commit} ${saying.title} ${Date.now()} ${commits}`),
    date: new Date().toISOString(),
    parent: ref.commit,
    files,
  };
  advance(state, repo, ref, commit, files);
  return commit;
}

/** Lets a ref lead to a commit; what `main` leads to is what the repository is. */
function advance(state: HubState, repo: DemoRepo, ref: DemoRef, commit: DemoCommit, files: readonly DemoFile[]): void {
  // What the old head held must not become what the new one holds.
  const kept = repo.commits.map((one) => (one.id === ref.commit ? { ...one, files: filesOf(repo, one) } : one));
  const refs = repo.refs.map((one) => (one.name === ref.name ? { ...one, commit: commit.id, files } : one));
  if (ref.name !== 'main') {
    state.put({ ...repo, commits: kept, refs, sideCommits: [commit, ...(repo.sideCommits ?? [])] });
    return;
  }
  const usedStorage = files.reduce((sum, { size }) => sum + size, 0);
  const written = {
    ...repo,
    commits: [commit, ...kept],
    refs,
    sha: commit.id,
    lastModified: commit.date,
    usedStorage,
  };
  state.put(describeAnew(written));
}

/** What stands between the `---` lines of a card. */
const FRONT_MATTER = /^\ufeff?---\r?\n([\s\S]*?)\r?\n?---(?:\r?\n|$)/;

/**
 * The front matter of a card.
 * @throws RequestRefused 400 when it is not a map in YAML
 */
export function readFrontMatter(text: string): Record<string, unknown> | undefined {
  const yaml = FRONT_MATTER.exec(text)?.[1];
  if (yaml === undefined) return undefined;
  try {
    const matter = load(yaml);
    if (isObject(matter)) return matter;
  } catch (error) {
    throw new RequestRefused(
      refuse(400, `Invalid metadata in README.md: ${String((error as Error).message).split('\n')[0]}`),
    );
  }
  throw new RequestRefused(refuse(400, 'Invalid metadata in README.md: it must be a map'));
}

const textOf = (files: readonly DemoFile[], path: string): string | undefined => {
  const file = files.find((one) => one.path === path);
  return file?.content.slice(0, file.size).toString();
};

/** The repository as its card now describes it. */
function describeAnew(repo: DemoRepo): DemoRepo {
  const files = repo.refs[0]?.files ?? [];
  const cardData = readFrontMatter(textOf(files, 'README.md') ?? '');
  const words = (value: unknown) => [value].flat().flatMap((one) => (typeof one === 'string' ? [one] : []));
  const own = [...words(cardData?.tags), ...words(cardData?.license).map((license) => `license:${license}`)];
  const tags = [...new Set([...own, ...repo.tags])];
  if (repo.kind === 'model') {
    const [pipelineTag = repo.pipelineTag] = words(cardData?.pipeline_tag);
    const [library = repo.library] = words(cardData?.library_name);
    return { ...repo, cardData, tags, pipelineTag, library };
  }
  if (repo.kind === 'dataset') return { ...repo, cardData, tags };
  const [title = repo.title] = words(cardData?.title);
  const [shortDescription] = words(cardData?.short_description);
  const [sdk = repo.sdk] = words(cardData?.sdk) as DemoSpaceRepo['sdk'][];
  return buildAnew({ ...repo, cardData, tags, title, shortDescription, sdk });
}

/** A Space that is built and started once more, with what came of it. */
export function buildAnew(space: DemoSpaceRepo): DemoSpaceRepo {
  const failure = findFailure(space);
  const { requested } = space.runtime.hardware;
  const runtime: DemoRuntime = {
    ...space.runtime,
    stage: failure?.stage ?? 'RUNNING',
    errorMessage: failure?.log,
    hardware: { current: failure || space.sdk === 'static' ? null : (requested ?? 'cpu-basic'), requested },
    replicas: failure ? { requested: 1 } : { current: 1, requested: 1 },
    sha: failure ? undefined : space.sha,
  };
  return { ...space, runtime, builtAt: Date.now() + BUILD_MS };
}

interface Failure {
  stage: 'NO_APP_FILE' | 'CONFIG_ERROR' | 'BUILD_ERROR' | 'RUNTIME_ERROR';
  /** What the log ends with. */
  log?: string;
}

/** What keeps a Space from running, as far as its files tell. */
function findFailure(space: DemoSpaceRepo): Failure | undefined {
  const files = space.refs[0]?.files ?? [];
  const { sdk, app_file: named } = space.cardData ?? {};
  if (sdk === undefined) return { stage: 'CONFIG_ERROR', log: 'Missing sdk in the configuration of README.md' };
  if (sdk !== 'gradio') return undefined;
  const appFile = typeof named === 'string' ? named : 'app.py';
  const app = textOf(files, appFile);
  if (app === undefined) return { stage: 'NO_APP_FILE' };
  const requirement = textOf(files, 'requirements.txt')
    ?.split('\n')
    .find((line) => /no[-_]such|[^\w\s.,;:<>=~![\]#@/+*()'"-]/.test(line));
  if (requirement !== undefined) {
    return {
      stage: 'BUILD_ERROR',
      log: `Exit code: 1. Reason: ERROR: Could not find a version that satisfies the requirement ${requirement} (from versions: none)`,
    };
  }
  const fault = findPythonFault(app);
  if (!fault) return undefined;
  const trace = `Traceback (most recent call last):\n  File "/home/user/app/${appFile}", line ${fault.line}\n    ${fault.text}\n${fault.error}`;
  return { stage: 'RUNTIME_ERROR', log: `Exit code: 1. Reason: ${trace}` };
}

const CLOSES: Record<string, string> = { ')': '(', ']': '[', '}': '{' };

/** A bracket without its other half, or an exception that is raised as the file is read. */
function findPythonFault(source: string): { line: number; text: string; error: string } | undefined {
  const lines = source.split('\n');
  const at = (line: number, error: string) => ({ line: line + 1, text: (lines[line] ?? '').trim(), error });
  const open: { sign: string; line: number }[] = [];
  const plain = source.replace(/"""[\s\S]*?"""|'''[\s\S]*?'''|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|#.*/g, (text) =>
    text.replace(/[^\n]/g, ' '),
  );
  for (const [line, text] of plain.split('\n').entries()) {
    for (const sign of text) {
      if ('([{'.includes(sign)) open.push({ sign, line });
      else if (CLOSES[sign] && open.pop()?.sign !== CLOSES[sign]) return at(line, `SyntaxError: unmatched '${sign}'`);
    }
  }
  const [left] = open.slice(-1);
  if (left) return at(left.line, `SyntaxError: '${left.sign}' was never closed`);
  const raised = lines.findIndex((line) => line.startsWith('raise '));
  const [, name, message = ''] = /^raise (\w+)(?:\(["'](.*)["']\))?/.exec(lines[raised] ?? '') ?? [];
  return name ? at(raised, `${name}: ${message}`) : undefined;
}

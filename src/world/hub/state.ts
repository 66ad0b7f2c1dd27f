import { type CollectionSeed, collections, type DemoDiscussion, discussions } from './data.js';
import { type DemoFile, type DemoKind, type DemoRepo, datasets, models, spaces } from './repos.js';

/** A variable of a Space, or a secret, whose value no answer tells. */
export interface SpaceSetting {
  key: string;
  value: string;
  description?: string;
  updatedAt: string;
}

interface JobAccount {
  id: string;
  name: string;
  type: 'user' | 'org';
  avatarUrl: string;
}

/** A job as the API describes it. */
export interface DemoJob {
  id: string;
  createdAt: string;
  startedAt?: string;
  finishedAt?: string;
  dockerImage?: string;
  spaceId?: string;
  command: string[];
  arguments: string[];
  environment: Record<string, string>;
  /** Names alone: no answer tells the values. */
  secrets: string[];
  flavor: string;
  /** In seconds. */
  timeout?: number;
  labels: Record<string, string>;
  owner: JobAccount;
  initiator: JobAccount;
  status: { stage: 'SCHEDULING' | 'RUNNING' | 'COMPLETED' | 'CANCELED' | 'ERROR'; message: string | null };
}

/**
 * What one small Hub holds: the seeds, and what was written to it since it started. Repositories are replaced, never changed,
 * so that every Hub of a process begins with the same ones.
 */
export class HubState {
  readonly discussions: DemoDiscussion[] = [...discussions];
  readonly collections: CollectionSeed[] = [...collections];
  readonly jobs: DemoJob[] = [];
  /** Parts of uploads that are under way, by hash. */
  readonly parts = new Map<string, Map<number, Buffer>>();
  readonly #repos = new Map<string, DemoRepo>();
  readonly #blobs = new Map<string, DemoFile>();
  readonly #settings = new Map<string, Map<string, SpaceSetting>>();

  constructor() {
    for (const repo of [...models, ...datasets, ...spaces]) this.put(repo);
  }

  /** All repositories of a kind, including private ones. */
  of<Kind extends DemoKind>(kind: Kind): readonly Extract<DemoRepo, { kind: Kind }>[] {
    const found = [...this.#repos.values()].filter((repo) => repo.kind === kind);
    return found as Extract<DemoRepo, { kind: Kind }>[];
  }

  /**
   * A repository by its id, whatever the case: no two ids differ in case alone.
   * @returns the repository; the caller redirects to the true spelling
   */
  find(kind: DemoKind, id: string): DemoRepo | undefined {
    return this.#repos.get(keyOf(kind, id));
  }

  put(repo: DemoRepo): void {
    this.#repos.set(keyOf(repo.kind, repo.id), repo);
    for (const { files } of repo.refs) for (const file of files) if (file.lfs) this.#blobs.set(file.lfs.oid, file);
  }

  remove({ kind, id }: DemoRepo): void {
    this.#repos.delete(keyOf(kind, id));
  }

  /** A large file by the sha256 of its content. */
  blob(hash: string): DemoFile | undefined {
    return this.#blobs.get(hash);
  }

  keepBlob(hash: string, file: DemoFile): void {
    this.#blobs.set(hash, file);
  }

  /** The variables or the secrets of a Space, by key. */
  settings(what: 'variables' | 'secrets', space: string): Map<string, SpaceSetting> {
    const key = `${what} ${space}`;
    const known = this.#settings.get(key) ?? new Map<string, SpaceSetting>();
    this.#settings.set(key, known);
    return known;
  }
}

const keyOf = (kind: DemoKind, id: string) => `${kind} ${id.toLowerCase()}`;

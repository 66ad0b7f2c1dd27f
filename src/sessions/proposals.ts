import { createHash, randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { HugwireError } from '../lib/errors.js';
import { fileFailure, replaceFile } from '../lib/files.js';
import { parseJsonObject } from '../lib/json.js';
import { isMissing } from '../lib/system-errors.js';
import { cleanLine } from '../lib/text.js';

/** How long a proposal waits, and how many wait at once. */
const KEEP_MS = 3_600_000;
const MOST = 10;
/** Larger ones hold more than anybody looks at; the files of this machine are not in them. */
const MAX_BYTES = 20_000_000;
const FILE = /^(w_[0-9a-f]{8})\.json$/;

/** A change of the Hub that waits for the user, since nobody could be asked. */
export interface Proposal {
  id: string;
  tool: string;
  /** The arguments that lead to it. */
  input: Record<string, unknown>;
  /** What the user is asked. */
  message: string;
  /** Of what it would do: when it is applied, it must be the same. */
  digest: string;
  /** Milliseconds since the epoch. */
  createdAt: number;
}

/** What waits on this machine, one file each that only this user may read. Several processes may share the directory. */
export class ProposalStore {
  readonly #directory: string;

  /** @param directory made with the first proposal */
  constructor(directory: string) {
    this.#directory = directory;
  }

  /**
   * Keeps a proposal. The oldest goes where too many wait.
   * @throws HugwireError `too_large`, or `unavailable` when it cannot be written
   */
  async add(proposal: Omit<Proposal, 'id' | 'createdAt'>): Promise<Proposal> {
    const kept: Proposal = { id: `w_${randomBytes(4).toString('hex')}`, createdAt: Date.now(), ...proposal };
    const text = JSON.stringify(kept);
    if (text.length > MAX_BYTES) {
      throw new HugwireError(
        'too_large',
        'The change is too large to wait for the user, and nobody can be asked here.',
        {
          hint: 'Nothing was written. Save large texts as files, and give their paths.',
        },
      );
    }
    await mkdir(this.#directory, { recursive: true, mode: 0o700 }).catch((cause) => {
      throw fileFailure(this.#directory, 'made', cause);
    });
    await replaceFile(this.#pathOf(kept.id), `${text}\n`, { mode: 0o600 });
    for (const { id } of (await this.list()).slice(MOST)) await this.remove(id);
    return kept;
  }

  /** What waits, newest first. What has waited too long is removed. */
  async list(): Promise<Proposal[]> {
    const names = await readdir(this.#directory).catch((cause) => {
      if (isMissing(cause)) return [];
      throw fileFailure(this.#directory, 'read', cause);
    });
    const found = await Promise.all(names.map((name) => this.#read(FILE.exec(name)?.[1])));
    return found.flatMap((one) => one ?? []).sort((a, b) => b.createdAt - a.createdAt);
  }

  /** @throws HugwireError `not_found` when none of that id waits */
  async get(id: string): Promise<Proposal> {
    const found = await this.#read(FILE.exec(`${id}.json`)?.[1]);
    if (found) return found;
    throw new HugwireError(
      'not_found',
      `No proposed change ${cleanLine(id, 40)} is waiting: it was decided, or an hour has passed.`,
      {
        hint: '`hugwire write list` shows what is waiting.',
      },
    );
  }

  /**
   * Takes a proposal away.
   * @returns whether it was there: of several that take it at once, one alone is told so
   */
  async remove(id: string): Promise<boolean> {
    try {
      // `rm` would tell several that they removed it.
      await unlink(this.#pathOf(id));
      return true;
    } catch (cause) {
      if (isMissing(cause)) return false;
      throw fileFailure(this.#pathOf(id), 'removed', cause);
    }
  }

  async #read(id: string | undefined): Promise<Proposal | undefined> {
    if (id === undefined) return undefined;
    const text = await readFile(this.#pathOf(id), 'utf8').catch(() => '');
    const told = parseJsonObject(text) as Proposal | undefined;
    const age = Date.now() - (told?.createdAt ?? Number.NaN);
    if (told?.id === id && typeof told.tool === 'string' && age >= 0 && age < KEEP_MS) return told;
    // Another process may be about to write it.
    if (age >= KEEP_MS) await this.remove(id);
    return undefined;
  }

  #pathOf(id: string): string {
    return join(this.#directory, `${id}.json`);
  }
}

/**
 * Stands for what a change would do.
 * @param data of its plan
 */
export function digestOf(data: unknown): string {
  return createHash('sha256').update(JSON.stringify(data)).digest('hex');
}

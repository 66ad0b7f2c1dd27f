import { promises as fs } from 'node:fs';
import { join } from 'node:path';
import pLimit from 'p-limit';
import { cancelled, type ErrorCode, HugwireError } from '../../lib/errors.js';
import { plural } from '../../lib/format.js';
import { withSystemLock } from '../../lib/system-locks.js';
import { showWords } from '../../lib/text.js';
import type { HubClient } from '../types.js';
import { fetchFile, type Validators } from './fetch.js';
import { type Place, placeFailure } from './place.js';
import type { DownloadPlan, PlannedFile } from './plan.js';

/** Files that are fetched at once. */
const AT_ONCE = 4;
/** Failures that every other file would meet as well. */
const COMMON: readonly ErrorCode[] = ['gated', 'unauthorized', 'not_visible', 'disabled', 'cancelled', 'offline'];

export interface RunOptions {
  signal: AbortSignal;
  validators: Validators;
  /** Told how many bytes more of a file are there. */
  onBytes(file: PlannedFile, change: number): void;
  /** Told that a file is being fetched, what it waits for, or that it is there. */
  onFile(file: PlannedFile, state: 'begun' | 'done', status?: string): void;
}

/**
 * Fetches what a plan says is missing, several files at once. What was fetched stays, whatever happens.
 * @param hub the Hub, bound to the same signal
 * @param plan what to fetch
 * @param options whom to tell
 * @throws HugwireError `cancelled`, or what the first file failed with, and how many did
 */
export async function runDownload(hub: HubClient, plan: DownloadPlan, options: RunOptions): Promise<void> {
  const { files, place, tree } = plan;
  const stop = new AbortController();
  const signal = AbortSignal.any([options.signal, stop.signal]);
  const bound = hub.withSignal(signal);
  const limit = pLimit(AT_ONCE);
  const failures: { file: PlannedFile; error: HugwireError }[] = [];
  // The large ones first: none is left to be fetched alone at the end.
  const order = files.toSorted((a, b) => b.size - a.size);
  await Promise.all(
    order.map((file) =>
      limit(async () => {
        if (signal.aborted) return;
        try {
          await obtain(bound, plan, file, { ...options, signal });
        } catch (caught) {
          if (signal.aborted) return;
          const error = placeFailure(join(place.root, ...file.path.split('/')), caught);
          failures.push({ file, error });
          if (COMMON.includes(error.code) || isDisk(error)) stop.abort();
        }
      }),
    ),
  );
  if (options.signal.aborted) throw cancelled();
  if (failures.length > 0) throw explain(failures, files.length);
  try {
    await place.finish(tree);
  } catch (error) {
    throw placeFailure(place.root, error);
  }
}

/** What the disk refused to one file it refuses to all. */
const isDisk = ({ cause }: HugwireError) =>
  ['ENOSPC', 'EDQUOT', 'EROFS', 'EACCES'].includes(String((cause as { code?: unknown } | undefined)?.code));

function explain(failures: readonly { file: PlannedFile; error: HugwireError }[], all: number): HugwireError {
  const [first] = failures;
  if (!first) return new HugwireError('internal', 'Nothing failed.');
  const { error, file } = first;
  const { hint, retryAfterSeconds, requestId } = error;
  const others = failures.length > 1 ? ` ${plural(failures.length, 'file')} of ${all} failed.` : '';
  const named = error.message.includes(file.path) ? '' : `${showWords(file.path, 200)}: `;
  return new HugwireError(error.code, `${named}${error.message}${others}`, {
    hint: [hint, 'What was fetched is kept: the same call goes on from there.'].filter(Boolean).join(' '),
    retryAfterSeconds,
    requestId,
    cause: error,
  });
}

async function obtain(hub: HubClient, plan: DownloadPlan, file: PlannedFile, options: RunOptions): Promise<void> {
  const { place } = plan;
  const { signal, validators, onBytes, onFile } = options;
  const told = (status?: string) => onFile(file, 'begun', status);
  if (file.standing === 'here') await place.adopt(file);
  else {
    await place.prepare(file);
    const onWait = () => told('waiting for another program that fetches it');
    const work = async () => {
      told();
      if (await place.adopt(file)) {
        await fs.rm(place.partialOf(file), { force: true });
        return onBytes(file, file.size);
      }
      await copyFromHere(place, file);
      const onFileBytes = (change: number) => onBytes(file, change);
      await fetchFile(hub, plan, file, place.partialOf(file), {
        signal,
        validators,
        onBytes: onFileBytes,
        onStatus: told,
      });
      if (file.standing !== 'foreign' && (await place.look(file)) === 'foreign') throw inTheWay(file);
      await place.settle(file);
    };
    await withSystemLock(place.lockOf(file), work, { signal, onWait });
  }
  onFile(file, 'done');
}

/** It came after the user was asked. */
const inTheWay = ({ path }: PlannedFile) =>
  new HugwireError(
    'blocked',
    `Another file has come to where ${showWords(path, 200)} belongs, and was left as it is.`,
    {
      hint: 'Move it away, or start the download anew, which asks whether to replace it.',
    },
  );

/** Bytes that lie elsewhere on this machine need not be fetched; they are checked like any others. */
async function copyFromHere(place: Place, file: PlannedFile): Promise<void> {
  for (const source of await place.sourcesOf(file)) {
    const facts = await fs.stat(source).catch(() => undefined);
    if (!facts?.isFile() || facts.size !== file.size) continue;
    await fs.rm(place.partialOf(file), { force: true });
    const { COPYFILE_EXCL, COPYFILE_FICLONE } = fs.constants;
    await fs.copyFile(source, place.partialOf(file), COPYFILE_EXCL | COPYFILE_FICLONE).catch(() => {});
    return;
  }
}

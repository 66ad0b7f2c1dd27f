import { isWindows } from './platform.js';

/** An error of the system, in words for the end of a sentence. */
export interface SystemError {
  /** Said of a file: "FILE cannot be read: it is a directory". */
  file: string;
  /** Said of a directory that files are written to: "nothing can be saved in DIRECTORY: the disk is full". */
  directory: string;
  /** What a person can do about it. */
  hint?: string;
  /** For those who do something about it. */
  kind?: 'missing' | 'denied' | 'unreachable' | 'timeout';
}

const both = (reason: string, hint?: string): SystemError => ({ file: reason, directory: reason, hint });

const denied: SystemError = {
  kind: 'denied',
  ...both('permission denied', 'Change the permissions of the file and its directory.'),
};
const held = both('another program has it open, or it must not be replaced', 'Close it there and try again.');
const fileInPath: SystemError = {
  file: 'a part of its path is a file',
  directory: 'a part of the path is a file',
  hint: 'Choose another place.',
};
const unreachable: SystemError = { kind: 'unreachable', ...both('it cannot be reached') };

/** By the code of the system, or of the package that speaks to it. */
const SYSTEM_ERRORS: Record<string, SystemError> = {
  ENOENT: { kind: 'missing', ...both('it is not there') },
  EACCES: denied,
  EPERM: denied,
  EBUSY: held,
  ETXTBSY: held,
  EROFS: { file: 'the file system is read-only', directory: 'it is read-only', hint: 'Choose another place.' },
  ENOSPC: both('the disk is full', 'Make room and try again; nothing was changed.'),
  EDQUOT: both('the disk quota is used up', 'Make room and try again; nothing was changed.'),
  EISDIR: both('it is a directory', 'Name a file.'),
  ENOTDIR: fileInPath,
  EEXIST: fileInPath,
  ENAMETOOLONG: both('the path is too long', 'Choose another place.'),
  ERR_ENCODING_INVALID_ENCODED_DATA: both('it is not UTF-8 text', 'Save it as UTF-8.'),
  ENOTFOUND: unreachable,
  EAI_AGAIN: unreachable,
  ECONNREFUSED: unreachable,
  ENETUNREACH: unreachable,
  EHOSTUNREACH: unreachable,
  ENETDOWN: unreachable,
  EADDRNOTAVAIL: unreachable,
  ETIMEDOUT: { kind: 'timeout', ...both('it did not answer in time') },
};

/**
 * The code of an error of the system, such as `ENOENT`.
 * @param error what was thrown
 * @returns empty where there is none
 */
export function systemCode(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}

/**
 * What an error of the system means.
 * @param error what was thrown, or its code
 * @returns undefined for what is not in the table
 */
export function explainSystemError(error: unknown): SystemError | undefined {
  const found = SYSTEM_ERRORS[typeof error === 'string' ? error : systemCode(error)];
  // Windows says the same of a file that another program has open; who may make files in a directory may rename them there.
  return found === denied &&
    isWindows() &&
    /^(?:rename|unlink|rm)$/.test(String((error as { syscall?: unknown }).syscall))
    ? held
    : found;
}

/**
 * Whether an error means that there is no such file.
 * @param error what was thrown
 */
export function isMissing(error: unknown): boolean {
  return explainSystemError(error)?.kind === 'missing';
}

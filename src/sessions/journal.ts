import { writeSync } from 'node:fs';
import { mkdir, open } from 'node:fs/promises';
import { cleanText, hide, redact } from '../lib/text.js';
import { Appender, type Sink } from './appender.js';
import { cutSecretly, cutValue } from './cut.js';
import { sessionFile } from './names.js';
import type { Entry, FunctionResponse, NewEntry } from './types.js';

const SUMMARY = 500;
const MESSAGE = 500;
/** What people and assistants say of their own accord is kept whole, within reason. */
const SPEECH = 8000;
const MAX_FILES = 100;
const MAX_TYPE = 200;

type SavedFile = NonNullable<FunctionResponse['files']>[number];

export interface JournalOptions {
  /** Of all journals; made if need be, for this user alone. */
  directory: string;
  /** Names the file. */
  id: string;
  /** Values that must not be written; read at every entry. */
  secrets: Iterable<string>;
  /** Told once, when nothing more can be written. */
  onFailure(error: unknown): void;
  /** Tests give one that fails. */
  openSink?: () => Promise<Sink>;
}

/** The journal of one session, being written. */
export interface Journal {
  /** Adds an entry; it is on its way to the disk by the next turn of the event loop. Never throws, never waits. */
  write(entry: Entry): void;
  /** Resolves when every entry is written. */
  settled(): Promise<void>;
  /** Writes every entry and closes the file. */
  close(): Promise<void>;
  /** Writes what is left at once, as the process ends. */
  settleNow(): void;
}

/**
 * Opens the journal of a session. The file is made with the first entry.
 * @param options where, and what to keep out of it
 */
export function openJournal({ directory, id, secrets, onFailure, openSink }: JournalOptions): Journal {
  const appender = new Appender(openSink ?? (() => openFile(directory, sessionFile(directory, id))), onFailure);
  return {
    write: (entry) => appender.add(JSON.stringify(tidy(entry, secrets))),
    settled: () => appender.settled(),
    close: () => appender.close(),
    settleNow: () => appender.settleNow(),
  };
}

/** The entry as it is kept: the type first, so that a reader can tell it from the begin of the line. */
function tidy({ type, ...entry }: Entry, secrets: Iterable<string>): object {
  const fields = TIDIERS[type] as ((entry: NewEntry, secrets: Iterable<string>) => object) | undefined;
  return { type, ...entry, ...fields?.({ type, ...entry } as NewEntry, secrets) };
}

type Tidier<Type extends Entry['type']> = (
  entry: Extract<NewEntry, { type: Type }>,
  secrets: Iterable<string>,
) => object;

const line = (text: string, length: number, secrets: Iterable<string>) =>
  cleanText(cutSecretly(text, length, secrets), length);

/** Its path stays whole, or it would lead nowhere. */
const tidyFile = ({ path, bytes, mimeType }: SavedFile, secrets: Iterable<string>): SavedFile => ({
  path: redact([...secrets].reduce(hide, path)),
  bytes,
  mimeType: line(mimeType, MAX_TYPE, secrets),
});

/** What is cut, and how, by the type of the entry. */
const TIDIERS: { [Type in Entry['type']]?: Tidier<Type> } = {
  SessionStart: ({ client, capabilities }, secrets) => ({
    ...(client ? { client: cutValue(client, secrets) } : {}),
    ...(capabilities ? { capabilities: cutValue(capabilities, secrets) } : {}),
  }),
  SessionEnd: ({ reason }, secrets) => ({ reason: line(reason, MESSAGE, secrets) }),
  FunctionCall: ({ arguments: given }, secrets) => ({ arguments: cutValue(given, secrets) }),
  FunctionResponse: ({ summary, files }, secrets) => ({
    summary: line(summary, SUMMARY, secrets),
    ...(files ? { files: files.slice(0, MAX_FILES).map((file) => tidyFile(file, secrets)) } : {}),
  }),
  ToolMessage: ({ text, data }, secrets) => ({
    text: line(text, MESSAGE, secrets),
    ...(data ? { data: cutValue(data, secrets) } : {}),
  }),
  HumanMessage: ({ text }, secrets) => ({ text: line(text, SPEECH, secrets) }),
  AssistantMessage: ({ text }, secrets) => ({ text: line(text, SPEECH, secrets) }),
};

/** A new file that only this user can read. It must not be there: whoever put it there would read along. */
async function openFile(directory: string, path: string): Promise<Sink> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const handle = await open(path, 'ax', 0o600);
  return {
    write: async (bytes) => (await handle.write(bytes)).bytesWritten,
    writeNow: (bytes) => writeSync(handle.fd, bytes),
    close: () => handle.close(),
  };
}

import { useEffect, useState } from 'preact/hooks';
import type { CallRecord, SessionRecord } from '../types.js';
import { clock, duration, moment, size } from './format.js';
import { get } from './store.js';

const STEP = 20;
const DAY = 86_400_000;
const MARKS = {
  running: { sign: '…', tone: 'busy' },
  done: { sign: '✓', tone: 'good' },
  failed: { sign: '✗', tone: 'bad' },
  unanswered: { sign: '–', tone: 'bad' },
} as const;

interface CallsProps {
  calls: readonly CallRecord[];
  sessions: ReadonlyMap<string, SessionRecord>;
}

/** The calls as they happen, the latest first. */
export function Calls({ calls, sessions }: CallsProps) {
  const [words, setWords] = useState('');
  const [failedOnly, setFailedOnly] = useState(false);
  const [shown, setShown] = useState(STEP);
  const [open, setOpen] = useState<string>();
  const wanted = calls
    .filter((call) => (!failedOnly || call.failed) && matches(call, sessions.get(call.session)?.client, words))
    .sort((one, other) => (one.at < other.at ? 1 : one.at > other.at ? -1 : 0));
  return (
    <section class="card" aria-labelledby="calls">
      <div class="title">
        <h2 id="calls">Calls</h2>
        <label class="check">
          <input
            type="checkbox"
            checked={failedOnly}
            onChange={(event) => setFailedOnly(event.currentTarget.checked)}
          />
          failed only
        </label>
        <input
          type="search"
          placeholder="Find tool, client or words"
          aria-label="Find calls by tool, client or words"
          value={words}
          onInput={(event) => setWords(event.currentTarget.value)}
        />
      </div>
      {wanted.length === 0 && (
        <p class="empty">{calls.length === 0 ? 'Calls appear here as they happen.' : 'No call is like that.'}</p>
      )}
      <ol class="calls">
        {wanted.slice(0, shown).map((call) => {
          const key = `${call.session}/${call.id}`;
          return (
            <li key={key}>
              <CallLine
                call={call}
                session={sessions.get(call.session)}
                open={open === key}
                onToggle={() => setOpen(open === key ? undefined : key)}
              />
              {open === key && <CallDetail call={call} />}
            </li>
          );
        })}
      </ol>
      {wanted.length > shown && (
        <button type="button" class="quiet" onClick={() => setShown(shown + STEP)}>
          Show {Math.min(STEP, wanted.length - shown)} more of {wanted.length - shown}
        </button>
      )}
    </section>
  );
}

interface CallLineProps {
  call: CallRecord;
  session?: SessionRecord;
  open: boolean;
  onToggle(): void;
}

function CallLine({ call, session, open, onToggle }: CallLineProps) {
  const { tool, at, milliseconds, failed, error, progress } = call;
  const state = stateOf(call, session);
  const running = state === 'running';
  const recent = Date.now() - Date.parse(at) < DAY;
  return (
    <button type="button" class="call" aria-expanded={open} onClick={onToggle}>
      <span class={`mark ${MARKS[state].tone}`}>
        {MARKS[state].sign}
        <span class="hidden">{state}</span>
      </span>
      <time dateTime={at}>{recent ? clock(at) : moment(at)}</time>
      <strong>{tool}</strong>
      <span class="arguments">{call.arguments}</span>
      <span class="client">{session?.client}</span>
      <span class="number">{milliseconds === undefined ? '' : duration(milliseconds)}</span>
      {running && progress && (
        <span class="told">
          {progress.fraction !== undefined && <progress max={1} value={progress.fraction} />} {progress.text}
        </span>
      )}
      {state === 'unanswered' && <span class="told">no answer: the session ended before</span>}
      {failed && error && <span class="told bad">{error}</span>}
      {call.dryRun && <span class="told">dry run: nothing was done</span>}
    </button>
  );
}

function stateOf({ milliseconds, failed }: CallRecord, session?: SessionRecord): keyof typeof MARKS {
  if (milliseconds !== undefined) return failed ? 'failed' : 'done';
  return session?.live ? 'running' : 'unanswered';
}

function matches(call: CallRecord, client: string | undefined, words: string): boolean {
  const text = `${call.tool} ${client} ${call.arguments} ${call.error ?? ''} ${call.summary ?? ''}`.toLowerCase();
  return words
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
}

/** An entry of the journal, as far as it is shown. */
interface ShownEntry {
  id: string;
  type: string;
  time: string;
  arguments?: unknown;
  summary?: string;
  kind?: string;
  text?: string;
}

/** What the journal has of one call: arguments, what was told meanwhile, the start of the answer, and the files. */
function CallDetail({ call }: { call: CallRecord }) {
  const [entries, setEntries] = useState<ShownEntry[]>();
  const [problem, setProblem] = useState<string>();
  const { session, id, milliseconds } = call;
  // Asked for anew at the end: there is more to show then.
  useEffect(() => {
    get<ShownEntry[]>(`calls/${encodeURIComponent(session)}/${encodeURIComponent(id)}`).then(
      setEntries,
      (error: Error) => setProblem(error.message),
    );
  }, [session, id, milliseconds]);
  const begun = entries?.find(({ type }) => type === 'FunctionCall');
  const told = entries?.filter(({ type }) => type === 'ToolMessage') ?? [];
  const answer = entries?.find(({ type }) => type === 'FunctionResponse');
  return (
    <div class="detail">
      {problem && <p class="bad">{problem}</p>}
      {begun && (
        <>
          <h3>Arguments</h3>
          <pre>{JSON.stringify(begun.arguments, undefined, 2)}</pre>
        </>
      )}
      {told.length > 0 && (
        <>
          <h3>Meanwhile</h3>
          <ul>
            {told.map((entry) => (
              <li key={entry.id}>
                <time dateTime={entry.time}>{clock(entry.time)}</time> {entry.text}
              </li>
            ))}
          </ul>
        </>
      )}
      {answer && (
        <>
          <h3>
            Answer <small>{call.bytes !== undefined && size(call.bytes)}</small>
          </h3>
          <pre>{answer.summary}</pre>
        </>
      )}
      {call.files?.map((file) => (
        <p key={file.name}>
          {file.url ? (
            <a href={file.url} target="_blank" rel="noreferrer">
              {file.name}
            </a>
          ) : (
            file.name
          )}{' '}
          <small>
            {file.mimeType}, {size(file.bytes)}
          </small>
        </p>
      ))}
    </div>
  );
}

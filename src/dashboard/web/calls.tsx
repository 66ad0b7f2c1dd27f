import { useEffect, useState } from 'preact/hooks';
import type { CallRecord, SavedFileRecord, SessionRecord, ShownEntry } from '../types.js';
import type { ViewProps } from './app.js';
import { clock, count, duration, size, when } from './format.js';
import { Card, Mark, Pages, stateOf } from './parts.js';
import { toHash } from './route.js';
import { get } from './store.js';

const PAGE_SIZE = 25;

interface CallsProps {
  /** Of the time window. */
  calls: readonly CallRecord[];
  sessions: ReadonlyMap<string, SessionRecord>;
  route: ViewProps['route'];
  now: number;
}

/** The calls as they happen, the latest first; the address says which. */
export function Calls({ calls, sessions, route, now }: CallsProps) {
  const { q = '', failed, tool, range = '' } = route.filters;
  const [open, setOpen] = useState<string>();
  const wanted = calls
    .filter((call) => (!failed || call.failed) && (!tool || call.tool === tool))
    .filter((call) => matches(call, sessions.get(call.session)?.client, q))
    .sort((one, other) => (one.at < other.at ? 1 : one.at > other.at ? -1 : 0));
  const page = Math.max(1, Math.min(Number(route.filters.page) || 1, Math.ceil(wanted.length / PAGE_SIZE)));
  return (
    <Card
      id="calls"
      title={tool ? `Calls of ${tool}` : 'Calls'}
      tools={
        <>
          <label class="check">
            <input
              type="checkbox"
              checked={failed !== undefined}
              onChange={({ currentTarget }) => route.change({ failed: currentTarget.checked ? '1' : '', page: '' })}
            />
            Failed only
          </label>
          <input
            type="search"
            placeholder="Find tool, client or words"
            aria-label="Find calls by tool, client or words"
            value={q}
            onInput={({ currentTarget }) => route.change({ q: currentTarget.value, page: '' })}
          />
        </>
      }
    >
      {wanted.length === 0 && (
        <p class="empty">
          {calls.length === 0 ? 'No calls in this time window.' : 'No call in this time window fits the filters.'}
        </p>
      )}
      <ol class="calls">
        {wanted.slice((page - 1) * PAGE_SIZE, page * PAGE_SIZE).map((call) => {
          const key = `${call.session}/${call.id}`;
          return (
            <li key={key}>
              <CallLine
                call={call}
                session={sessions.get(call.session)}
                now={now}
                open={open === key}
                onToggle={() => setOpen(open === key ? undefined : key)}
              />
              {open === key && <CallDetail call={call} range={range} />}
            </li>
          );
        })}
      </ol>
      <Pages
        page={page}
        size={PAGE_SIZE}
        total={wanted.length}
        onPage={(chosen) => route.change({ page: String(chosen) })}
      />
    </Card>
  );
}

interface CallLineProps {
  call: CallRecord;
  session?: SessionRecord;
  now: number;
  open: boolean;
  onToggle(): void;
}

function CallLine({ call, session, now, open, onToggle }: CallLineProps) {
  const { tool, at, milliseconds, progress, job, error } = call;
  const state = stateOf(call, session);
  return (
    <button type="button" class="call" aria-expanded={open} onClick={onToggle}>
      <Mark state={state} />
      <time dateTime={at}>{when(at, now)}</time>
      <strong>{tool}</strong>
      <span class="arguments">{call.arguments}</span>
      <span class="client">{session?.client}</span>
      <span class="number">{milliseconds === undefined ? '' : duration(milliseconds)}</span>
      {state === 'running' && (progress || job) && (
        <span class="told">
          {progress?.fraction !== undefined && <progress max={1} value={progress.fraction} aria-label="Progress" />}{' '}
          {progress?.text ?? `answered with job ${job}, which is running`}
        </span>
      )}
      {state === 'unanswered' && (
        <span class="told">{job ? `the session ended before job ${job}` : 'no answer: the session ended first'}</span>
      )}
      {error && (
        <span class={call.failed ? 'told bad' : 'told'}>
          {error}
          {job && call.failed && ` in job ${job}`}
        </span>
      )}
      {call.dryRun && <span class="told">dry run: nothing was done</span>}
    </button>
  );
}

function matches(call: CallRecord, client: string | undefined, words: string): boolean {
  const text = `${call.tool} ${client} ${call.arguments} ${call.error ?? ''} ${call.summary ?? ''}`.toLowerCase();
  return words
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
}

/** What the journal holds about one call. */
function CallDetail({ call, range }: { call: CallRecord; range: string }) {
  const [entries, setEntries] = useState<ShownEntry[]>();
  const [problem, setProblem] = useState<string>();
  const { session, id, milliseconds, summary } = call;
  // Read again at the answer and at the end, when there is more to show.
  useEffect(() => {
    get<ShownEntry[]>(`calls/${encodeURIComponent(session)}/${encodeURIComponent(id)}`).then(
      setEntries,
      (error: Error) => setProblem(error.message),
    );
  }, [session, id, milliseconds, summary]);
  return (
    <div class="detail">
      {problem && <p class="bad">{problem}</p>}
      {entries && <CallParts entries={entries} />}
      <FileList files={call.files ?? []} />
      <p>
        <a href={toHash('sessions', { range }, session)}>The whole session</a>
      </p>
    </div>
  );
}

/**
 * Arguments, steps and answer of a call.
 * @param entries what the journal holds about it
 */
export function CallParts({ entries }: { entries: readonly ShownEntry[] }) {
  const begun = entries.find(({ type }) => type === 'FunctionCall');
  const told = entries.filter(({ type }) => type === 'ToolMessage');
  const answer = entries.find(({ type }) => type === 'FunctionResponse');
  return (
    <>
      {begun && (
        <>
          <h3>Arguments</h3>
          <pre tabindex={0}>{JSON.stringify(begun.arguments, undefined, 2)}</pre>
        </>
      )}
      {told.length > 0 && (
        <>
          <h3>{count(told.length, 'step')}</h3>
          <ul class="steps">
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
          <h3>Answer{answer.bytes !== undefined && `: the beginning of ${size(answer.bytes)}`}</h3>
          <pre tabindex={0}>{answer.summary}</pre>
        </>
      )}
    </>
  );
}

/** The files of a call, small. */
export function FileList({ files }: { files: readonly SavedFileRecord[] }) {
  if (files.length === 0) return null;
  return (
    <ul class="gallery small">
      {files.map((file) => (
        <li key={file.name}>
          <Preview file={file} />
          <small title={`${file.name}, ${size(file.bytes)}`}>{file.name}</small>
        </li>
      ))}
    </ul>
  );
}

/** A picture, player or link for a file that a Space returned. */
export function Preview({ file: { url, name, mimeType } }: { file: SavedFileRecord }) {
  const [gone, setGone] = useState(url === undefined);
  if (gone) return <span class="file">no longer there</span>;
  const lost = () => setGone(true);
  if (mimeType.startsWith('image/')) {
    return (
      <a href={url} target="_blank" rel="noreferrer">
        <img src={url} alt={name} loading="lazy" onError={lost} />
      </a>
    );
  }
  // biome-ignore lint/a11y/useMediaCaption: what a Space returns has none
  if (mimeType.startsWith('video/')) return <video src={url} controls preload="metadata" onError={lost} />;
  // biome-ignore lint/a11y/useMediaCaption: what a Space returns has none
  if (mimeType.startsWith('audio/')) return <audio src={url} controls preload="metadata" onError={lost} />;
  return (
    <a class="file" href={url} download={name}>
      {name.split('.').at(-1)?.toUpperCase()}
      <span class="hidden"> {name}</span>
    </a>
  );
}

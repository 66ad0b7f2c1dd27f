import { useEffect, useState } from 'preact/hooks';
import type { CallRecord } from '../types.js';
import { clock, size } from './format.js';
import { get } from './store.js';

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

/** What the journal has of one call: arguments, what was told meanwhile, the begin of the answer, and the files. */
export function CallDetail({ call }: { call: CallRecord }) {
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

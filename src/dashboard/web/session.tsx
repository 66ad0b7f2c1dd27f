import { useEffect, useState } from 'preact/hooks';
import type { SessionPart, SessionRecord, ShownEntry } from '../types.js';
import type { ViewProps } from './app.js';
import { CallParts, FileList } from './calls.js';
import { clock, count, duration, moment } from './format.js';
import { Card, Command, Mark, stateOf } from './parts.js';
import { toHash } from './route.js';
import { describeEnd } from './sessions.js';
import { get } from './store.js';

/** One session from its beginning to its end. */
export function SessionPage({ store, route, id, now }: ViewProps & { id: string }) {
  const { range = '', failed } = route.filters;
  const session = store.sessions.get(id);
  const { entries, more, problem, readMore } = useEntries(id, session?.last);
  const start = entries[0]?.type === 'SessionStart' ? entries[0] : undefined;
  const items = gatherItems(entries).filter((item) => !failed || isFailed(item));
  return (
    <>
      <p class="path">
        <a href={toHash('sessions', { range })}>Sessions</a> / <code>{id}</code>
      </p>
      {problem && (
        <p class="banner" role="alert">
          {problem}
        </p>
      )}
      {session && <Facts session={session} start={start} now={now} />}
      {entries.length > 0 && (
        <Card
          id="happened"
          title="What happened"
          tools={
            <label class="check">
              <input
                type="checkbox"
                checked={failed !== undefined}
                onChange={({ currentTarget }) => route.change({ failed: currentTarget.checked ? '1' : '' })}
              />
              Failed calls only
            </label>
          }
        >
          {items.length === 0 && <p class="empty">{failed ? 'No call failed.' : 'No call yet.'}</p>}
          <ol class="timeline">
            {items.map((item) => (
              <Item key={item[0]?.id} entries={item} session={session} />
            ))}
          </ol>
          {more && (
            <button type="button" class="quiet" onClick={readMore}>
              Show more
            </button>
          )}
        </Card>
      )}
    </>
  );
}

interface Read {
  entries: ShownEntry[];
  more: boolean;
  problem?: string;
}

/** The entries of a journal, as many as were asked for; what is written later is read as it comes. */
function useEntries(id: string, last: string | undefined): Read & { readMore(): void } {
  const [{ entries, more, problem }, setRead] = useState<Read>({ entries: [], more: false });
  const read = () => {
    const after = entries.at(-1)?.order ?? 0;
    const add = (part: SessionPart) =>
      // Two requests at a time may bring the same.
      setRead((before) => ({
        entries: [
          ...before.entries,
          ...part.entries.filter(({ order }) => order > (before.entries.at(-1)?.order ?? 0)),
        ],
        more: part.more,
      }));
    get<SessionPart>(`sessions/${encodeURIComponent(id)}?after=${after}`).then(add, (error: Error) =>
      setRead((before) => ({ ...before, problem: error.message })),
    );
  };
  useEffect(() => {
    if (!more) read();
  }, [id, last]);
  return { entries, more, problem, readMore: read };
}

/** A call with everything that belongs to it, or any other entry alone. */
type Item = [ShownEntry, ...ShownEntry[]];

function gatherItems(entries: readonly ShownEntry[]): Item[] {
  const items: Item[] = [];
  const calls = new Map<string, Item>();
  for (const entry of entries) {
    const call = entry.parent === undefined ? undefined : calls.get(entry.parent);
    if (call) call.push(entry);
    else if (isShown(entry)) {
      const item: Item = [entry];
      items.push(item);
      if (entry.type === 'FunctionCall') calls.set(entry.id, item);
    }
  }
  return items;
}

/** Limits are on the overview, and what begins a session is told above. */
const isShown = ({ type, kind }: ShownEntry) => type !== 'SessionStart' && kind !== 'limits';

/** The answer of a call, corrected by how its job ended. */
function outcomeOf(entries: Item): { milliseconds?: number; failed?: boolean; error?: string; job?: string } {
  const answer = entries.find(({ type }) => type === 'FunctionResponse');
  const end = entries.find(({ kind }) => kind === 'job');
  const job = answer?.job?.id;
  if (end) {
    const { state, error } = end.data ?? {};
    const milliseconds = Date.parse(end.time) - Date.parse(entries[0].time);
    return {
      milliseconds,
      failed: state !== 'done',
      error: state === 'done' ? undefined : String(error ?? state),
      job,
    };
  }
  if (answer?.job?.state === 'running') return { job };
  return { milliseconds: answer?.milliseconds, failed: answer?.failed, error: answer?.error, job };
}

const isFailed = (item: Item) => outcomeOf(item).failed === true;

function Item({ entries, session }: { entries: Item; session?: SessionRecord }) {
  const [first] = entries;
  if (first.type === 'FunctionCall') return <CallItem entries={entries} session={session} />;
  if (first.type === 'HumanMessage' || first.type === 'AssistantMessage') {
    const human = first.type === 'HumanMessage';
    return (
      <li class={human ? 'said human' : 'said'}>
        <p class="muted">
          {human ? 'User' : 'Assistant'} · <time dateTime={first.time}>{clock(first.time)}</time>
        </p>
        <p class="what">{first.text}</p>
      </li>
    );
  }
  return (
    <li class="note">
      <time dateTime={first.time}>{clock(first.time)}</time>{' '}
      {first.type === 'SessionEnd' ? `Session ended: ${first.reason}` : first.text}
    </li>
  );
}

function CallItem({ entries, session }: { entries: Item; session?: SessionRecord }) {
  const [first] = entries;
  const outcome = outcomeOf(entries);
  const answer = entries.find(({ type }) => type === 'FunctionResponse');
  const steps = entries.filter(({ type, kind }) => type === 'ToolMessage' && kind !== 'job');
  return (
    <li>
      <details>
        <summary class="call">
          <Mark state={stateOf(outcome, session)} />
          <time dateTime={first.time}>{clock(first.time)}</time>
          <strong>{first.tool}</strong>
          <span class="arguments">{first.line}</span>
          <span class="number">{outcome.milliseconds === undefined ? '' : duration(outcome.milliseconds)}</span>
          {outcome.error && !answer?.summary?.startsWith(outcome.error) && (
            <span class="told bad">{outcome.error}</span>
          )}
          {outcome.job && <span class="told">job {outcome.job}</span>}
          {first.dryRun && <span class="told">dry run: nothing was done</span>}
          {answer?.summary && <span class={answer.failed ? 'told answer bad' : 'told answer'}>{answer.summary}</span>}
          {steps.length > 0 && !answer && <span class="told">{steps.at(-1)?.text}</span>}
        </summary>
        <div class="detail">
          <CallParts entries={entries} />
        </div>
      </details>
      <FileList files={answer?.files ?? []} />
    </li>
  );
}

function Facts({ session, start, now }: { session: SessionRecord; start?: ShownEntry; now: number }) {
  const { client, version, live, started, last, calls, failed, running, protocol, profile, pid, capabilities } =
    session;
  const short = session.id.split('_').at(-1);
  const facts: [string, string | undefined][] = [
    ['Began', moment(started)],
    [live ? 'Lasts' : 'Lasted', duration(Math.max(0, (live ? now : Date.parse(last)) - Date.parse(started)))],
    [
      'Calls',
      [
        calls.toLocaleString(),
        ...(failed > 0 ? [`${failed} failed`] : []),
        ...(running > 0 ? [`${running} running`] : []),
      ].join(', '),
    ],
    ['Protocol', protocol && `MCP ${protocol}`],
    ['Client can', capabilities.join(', ') || undefined],
    ['Profile', profile],
    ['hugwire', start?.version && `${start.version}, Node ${start.node}`],
    ['Process', pid?.toString()],
    ['Tools', start?.tools && count(start.tools.length, 'tool')],
  ];
  return (
    <section class="card" aria-labelledby="session">
      <div class="title">
        <h2 id="session">
          <span class={live ? 'dot on' : 'dot'} aria-hidden="true" /> {client} <span class="muted">{version}</span>
        </h2>
        <span class={live ? 'good' : 'muted'}>{describeEnd(session)}</span>
      </div>
      <dl class="facts">
        {facts.map(
          ([name, value]) =>
            value && (
              <div key={name}>
                <dt>{name}</dt>
                <dd>{value}</dd>
              </div>
            ),
        )}
      </dl>
      <p class="commands">
        <Command text={`hugwire sessions show ${short}`} />
        <Command text={`hugwire sessions export ${short}`} />
      </p>
    </section>
  );
}

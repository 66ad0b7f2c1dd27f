import type { EventRecord, LimitRecord, SessionRecord } from '../types.js';
import type { ViewProps } from './app.js';
import { Calls } from './calls.js';
import { Charts } from './charts.js';
import { ago, count, duration, moment, percent } from './format.js';
import { Card } from './parts.js';
import { readRange, toHash } from './route.js';
import { type Figures, gatherSeries, type Series } from './series.js';
import { isWithin, SessionLink, sortSessions } from './sessions.js';

/** What happened in the time window: figures, charts, calls, sessions and changes. */
export function Overview({ store, route, from, now }: ViewProps) {
  const { range, tool } = route.filters;
  const { label } = readRange(range, store.now.days);
  const calls = [...store.calls.values()].filter(({ at }) => Date.parse(at) >= from);
  const series = gatherSeries(calls, from, Date.now());
  const chosen = series.tools.find((one) => one.tool === tool);
  const figures = chosen?.figures ?? series.all;
  const sessions = [...store.sessions.values()].filter((session) => isWithin(session, from));
  const oldest = store.calls.values().next().value;
  // What was dropped for want of room is missing in the figures.
  const cut = store.calls.size >= 10_000 && oldest && Date.parse(oldest.at) > from ? oldest.at : undefined;
  return (
    <>
      <Tiles series={series} sessions={sessions} limits={[...store.limits.values()]} label={label} now={now} />
      {cut && (
        <p class="muted">
          Figures and charts begin on {moment(cut)}. Earlier calls are on the pages of their{' '}
          <a href={toHash('sessions', { range: range ?? '' })}>sessions</a>.
        </p>
      )}
      <Charts series={series} figures={figures} tool={chosen?.tool} />
      <div class="split">
        <ToolTable series={series} chosen={chosen?.tool} onChoose={(name) => route.change({ tool: name ?? '' })} />
        <LatestSessions sessions={sessions} range={range} now={now} />
      </div>
      <Calls calls={calls} sessions={store.sessions} route={route} now={now} />
      <Events
        events={[...store.events.values()].filter(({ at }) => Date.parse(at) >= from)}
        sessions={store.sessions}
        now={now}
      />
    </>
  );
}

interface TilesProps {
  series: Series;
  sessions: readonly SessionRecord[];
  limits: readonly LimitRecord[];
  label: string;
  now: number;
}

/** The numbers to see first. */
function Tiles({ series: { all }, sessions, limits, label, now }: TilesProps) {
  const live = sessions.filter((session) => session.live);
  const running = live.reduce((sum, session) => sum + session.running, 0);
  return (
    <dl class="card tiles">
      <Tile label="Live now" value={live.length} note={`${count(running, 'call')} running`} />
      <Tile label="Sessions" value={sessions.length.toLocaleString()} note={`in ${label}`} />
      <Tile label="Calls" value={all.calls.toLocaleString()} note={`in ${label}`} />
      <Tile
        label="Failed"
        value={all.ended === 0 ? '–' : percent(all.failed / all.ended)}
        note={`${all.failed.toLocaleString()} of ${all.ended.toLocaleString()}`}
        bad={all.failed > 0}
      />
      <Tile label="Median time" value={all.median === null ? '–' : duration(all.median)} note="half are faster" />
      <Tile label="p95" value={all.p95 === null ? '–' : duration(all.p95)} note="95 of 100 are faster" />
      {limits.map((limit) => (
        <Tile
          key={limit.name}
          label={limit.name}
          value={limit.left.toLocaleString()}
          note={`${limit.of === undefined ? 'left' : `of ${limit.of.toLocaleString()}`}, ${ago(limit.at, now)}`}
          share={limit.of ? limit.left / limit.of : undefined}
        />
      ))}
    </dl>
  );
}

interface TileProps {
  label: string;
  value: string | number;
  note: string;
  bad?: boolean;
  /** Drawn as a bar; 0 to 1. */
  share?: number;
}

function Tile({ label, value, note, bad, share }: TileProps) {
  return (
    <div class="tile">
      <dt>{label}</dt>
      <dd class={bad ? 'bad' : undefined}>{value}</dd>
      <dd class="note">{note}</dd>
      {share !== undefined && (
        <dd>
          <meter min={0} max={1} low={0.1} value={share} aria-label={`${label} left`} />
        </dd>
      )}
    </div>
  );
}

interface ToolTableProps {
  series: Series;
  chosen?: string;
  onChoose(tool: string | undefined): void;
}

/** The figures of each tool. Choosing one shows it alone in the charts and in the list of calls. */
function ToolTable({ series: { tools }, chosen, onChoose }: ToolTableProps) {
  return (
    <Card
      id="by-tool"
      title="By tool"
      tools={
        chosen && (
          <button type="button" class="quiet" onClick={() => onChoose(undefined)}>
            Show all tools
          </button>
        )
      }
    >
      {tools.length === 0 && <p class="empty">No calls in this time window. Choose a longer one above.</p>}
      {tools.length > 0 && (
        <table>
          <thead>
            <tr>
              <th scope="col">Tool</th>
              <th scope="col" class="wide">
                Over time
              </th>
              <th scope="col" class="number">
                Calls
              </th>
              <th scope="col" class="number">
                Failed
              </th>
              <th scope="col" class="number">
                Median
              </th>
              <th scope="col" class="number" title="95 of 100 calls took at most this long">
                p95
              </th>
            </tr>
          </thead>
          <tbody>
            {tools.map(({ tool, figures }) => (
              <tr key={tool}>
                <th scope="row">
                  <button
                    type="button"
                    class="link"
                    aria-pressed={tool === chosen}
                    onClick={() => onChoose(tool === chosen ? undefined : tool)}
                  >
                    {tool}
                  </button>
                </th>
                <td class="wide">
                  <Spark figures={figures} />
                </td>
                <td class="number">{figures.calls.toLocaleString()}</td>
                <td class={figures.failed > 0 ? 'number bad' : 'number muted'}>
                  {figures.ended === 0 ? '–' : percent(figures.failed / figures.ended)}
                </td>
                <td class="number">{figures.median === null ? '–' : duration(figures.median)}</td>
                <td class="number">{figures.p95 === null ? '–' : duration(figures.p95)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </Card>
  );
}

/** The calls of a tool over time, as small bars. */
function Spark({ figures: { steps } }: { figures: Figures }) {
  const most = Math.max(1, ...steps.map(({ good, failed }) => good + failed));
  const height = (calls: number) => (calls === 0 ? 0 : Math.max(1.5, (calls / most) * 20));
  return (
    <svg class="spark" viewBox={`0 0 ${steps.length} 20`} preserveAspectRatio="none" aria-hidden="true">
      {steps.map(({ good, failed }, at) => (
        <g key={at}>
          {good > 0 && <rect class="good" x={at} width={0.8} y={20 - height(good)} height={height(good)} />}
          {failed > 0 && (
            <rect class="bad" x={at} width={0.8} y={20 - height(good) - height(failed)} height={height(failed)} />
          )}
        </g>
      ))}
    </svg>
  );
}

const LATEST = 8;

function LatestSessions({
  sessions,
  range = '',
  now,
}: {
  sessions: readonly SessionRecord[];
  range?: string;
  now: number;
}) {
  return (
    <Card
      id="latest"
      title="Sessions"
      tools={<a href={toHash('sessions', { range })}>All {sessions.length.toLocaleString()} in this time window</a>}
    >
      {sessions.length === 0 && <p class="empty">No session in this time window.</p>}
      <ul class="sessions short">
        {sortSessions(sessions)
          .slice(0, LATEST)
          .map((session) => (
            <li key={session.id}>
              <SessionLink session={session} range={range} now={now} />
            </li>
          ))}
      </ul>
    </Card>
  );
}

const SHOWN_EVENTS = 12;
/** What follows the client's name; the last two are followed by what the journal says. */
const WORDS: Record<EventRecord['kind'], string> = {
  list_changed: 'was told that the tool list changed',
  list_read: 'read the changed tool list',
  config: 'config:',
  notice: 'notice:',
};

interface EventsProps {
  events: readonly EventRecord[];
  sessions: ReadonlyMap<string, SessionRecord>;
  now: number;
}

/** What happened beside the calls: changed tool lists and how clients reacted, and changes of the config. */
function Events({ events, sessions, now }: EventsProps) {
  const sorted = [...events].sort((one, other) => (one.at < other.at ? 1 : -1)).slice(0, SHOWN_EVENTS);
  return (
    <Card id="events" title="Changes and reactions">
      {sorted.length === 0 && (
        <p class="empty">
          Nothing in this time window. Changes of the config and what clients do about them appear here.
        </p>
      )}
      <ul class="events">
        {sorted.map((event) => (
          <li key={`${event.session}/${event.id}`}>
            <span>
              <strong>{sessions.get(event.session)?.client ?? event.session}</strong> {WORDS[event.kind]}
              {event.afterMilliseconds !== undefined && ` after ${duration(event.afterMilliseconds)}`}
              {!event.kind.startsWith('list_') && ` ${event.text}`}
            </span>
            <small>{ago(event.at, now)}</small>
          </li>
        ))}
      </ul>
    </Card>
  );
}

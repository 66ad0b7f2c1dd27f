import type { ConnectionRecord, ServerRecord } from '../types.js';
import { ago, count, duration } from './format.js';
import { Card, Command } from './parts.js';

const ERAS: Record<ConnectionRecord['era'], string> = { modern: '2026-07-28', legacy: 'earlier', sse: 'HTTP+SSE' };

/** Who is connected to the servers over HTTP, and how their clients react to a changed tool list. */
export function Connections({ servers, now }: { servers: readonly ServerRecord[]; now: number }) {
  return (
    <Card id="connections" title="Connections over HTTP">
      {servers.length === 0 && (
        <div class="empty">
          <p>
            No server over HTTP is running. Assistants on this machine that start hugwire themselves are under Sessions.
          </p>
          <p class="commands">
            <Command text="hugwire serve --http" />
          </p>
        </div>
      )}
      {servers.map((server) => (
        <div key={server.id}>
          <h3>
            <code>{server.url}</code> · {server.auth}
          </h3>
          {server.connections.length === 0 && <p class="empty">No client has called it yet.</p>}
          <ul class="connections">
            {server.connections.map((one) => (
              <li key={`${one.client} ${one.version} ${one.era} ${one.caller}`}>
                <Line one={one} now={now} />
              </li>
            ))}
          </ul>
        </div>
      ))}
    </Card>
  );
}

function Line({ one, now }: { one: ConnectionRecord; now: number }) {
  const { requests, calls, failed, streams, reconnects } = one;
  return (
    <>
      <span class={streams > 0 ? 'dot on' : 'dot'} aria-hidden="true" />
      <span class="grow">
        <strong>{one.client ?? 'unknown client'}</strong> <span class="muted">{one.version}</span>
        <small>
          <span class="whole">MCP {one.protocol ?? ERAS[one.era]}</span>
          {` · ${one.era} · ${one.caller} · last request ${ago(one.last, now)}`}
        </small>
        <small>
          {`${count(streams, 'open stream')}`}
          {reconnects > 0 && `, ${count(reconnects, 'reconnect')}`}
          {` · ${describeEffect(one)}`}
        </small>
      </span>
      <span class="counts">
        {count(requests, 'request')}
        <small>{count(calls, 'call')}</small>
        {failed > 0 && <small class="bad">{failed} failed</small>}
      </span>
    </>
  );
}

/** Whether a client reads the list again within half a minute of a change. */
function describeEffect({ refetched, ignored, unreached, refetchMilliseconds }: ConnectionRecord): string {
  const parts = [
    refetched > 0 && `read again ${refetched}×`,
    refetchMilliseconds !== undefined && `the last time after ${duration(refetchMilliseconds)}`,
    ignored > 0 && `ignored ${ignored}×`,
    unreached > 0 && `not told ${unreached}× (no stream)`,
  ].filter(Boolean);
  return `changed tool list: ${parts.length > 0 ? parts.join(', ') : 'none yet'}`;
}

import { useState } from 'preact/hooks';
import { Calls } from './calls.js';
import { Charts } from './charts.js';
import { Connections } from './connections.js';
import { Header, RANGES, Tiles } from './header.js';
import { Events, Gallery, Sessions } from './sessions.js';
import { useNow, useStore } from './store.js';
import { PinnedSpaces, Tools } from './tools.js';

/** The whole page. */
export function Page() {
  const store = useStore();
  const now = useNow(5000);
  const [range, setRange] = useState<keyof typeof RANGES>('1 h');
  const [session, setSession] = useState<string>();
  const from = now - RANGES[range];
  const calls = [...store.calls.values()].filter((call) => !session || call.session === session);
  const recent = calls.filter((call) => Date.parse(call.at) >= from);
  return (
    <>
      <Header connection={store.connection} range={range} onRange={setRange} />
      <main>
        {store.connection === 'lost' && (
          <p class="banner" role="alert">
            hugwire's dashboard has stopped. Start it again with <code>hugwire dashboard</code>; what is shown here is
            from before.
          </p>
        )}
        <Tiles now={now} store={store} calls={recent} range={range} />
        <Charts calls={recent} from={from} to={now} />
        <div class="split">
          <Calls calls={calls} sessions={store.sessions} />
          <div class="stack">
            <Sessions
              sessions={[...store.sessions.values()]}
              earlier={store.earlier}
              now={now}
              selected={session}
              onSelect={setSession}
            />
            <Events events={[...store.events.values()]} sessions={store.sessions} now={now} />
          </div>
        </div>
        <Connections servers={store.servers} now={now} />
        {store.controls && (
          <div class="split even">
            <Tools controls={store.controls} />
            <PinnedSpaces controls={store.controls} calls={store.calls} now={now} />
          </div>
        )}
        <Gallery calls={calls} now={now} />
      </main>
    </>
  );
}

import { useEffect } from 'preact/hooks';
import { Connections } from './connections.js';
import { ConversationList, ConversationPage } from './conversations.js';
import { Files } from './files.js';
import { Header } from './header.js';
import { Overview } from './overview.js';
import { Command } from './parts.js';
import { type Route, readRange, toHash, VIEWS } from './route.js';
import { SessionPage } from './session.js';
import { SessionList } from './sessions.js';
import { type Store, useNow, useRoute, useStore } from './store.js';
import { PinnedSpaces, Tools } from './tools.js';
import { listRequests, Waiting } from './waiting.js';

/** What every view gets. */
export interface ViewProps {
  store: Store;
  route: Route & { change(filters: Route['filters']): void };
  /** The stretch of time that is looked at, in milliseconds since 1970. */
  from: number;
  now: number;
}

/** The whole page. */
export function Page() {
  const store = useStore();
  const now = useNow(5000);
  const route = useRoute();
  const range = readRange(route.filters.range, store.now.days);
  const { total } = listRequests(store.now);
  useEffect(() => {
    document.title = `${total > 0 ? `(${total}) ` : ''}${VIEWS[route.view]} · hugwire`;
  }, [total, route.view]);
  const props = { store, route, now, from: now - range.milliseconds };
  return (
    <>
      <button type="button" class="skip" onClick={() => document.getElementById('main')?.focus()}>
        Skip to content
      </button>
      <Header store={store} route={route} />
      <main id="main" tabindex={-1}>
        {store.connection === 'lost' && (
          <p class="banner" role="alert">
            The dashboard has stopped, and this page no longer changes. Start it again with{' '}
            <code>hugwire dashboard</code>.
          </p>
        )}
        {store.now.controls?.problem && (
          <p class="banner" role="alert">
            {store.now.controls.problem}
          </p>
        )}
        {store.connection === 'connecting' && <p class="empty">Reading the journals …</p>}
        {store.connection !== 'connecting' && <View {...props} />}
      </main>
    </>
  );
}

function View(props: ViewProps) {
  const { store, route, now } = props;
  const { controls, servers = [] } = store.now;
  if (route.view === 'sessions' && route.id) return <SessionPage key={route.id} {...props} id={route.id} />;
  if (route.view === 'sessions') return <SessionList {...props} />;
  if (route.view === 'conversations') {
    // An id may be the same for two owners.
    const key = `${route.filters.owner} ${route.id}`;
    return route.id ? <ConversationPage key={key} {...props} id={route.id} /> : <ConversationList {...props} />;
  }
  if (route.view === 'connections') return <Connections servers={servers} now={now} />;
  if (route.view === 'files') return <Files {...props} />;
  if (route.view === 'tools' && controls) {
    return (
      <div class="split start">
        <Tools controls={controls} />
        <PinnedSpaces controls={controls} calls={store.calls} now={now} />
      </div>
    );
  }
  return (
    <>
      <Waiting store={store} now={now} />
      {store.sessions.size === 0 ? <FirstSteps /> : <Overview {...props} />}
    </>
  );
}

/** What is shown before the first session. */
function FirstSteps() {
  return (
    <section class="card first" aria-labelledby="first">
      <h2 id="first">No assistant has called a tool yet</h2>
      <p>Sessions appear here as soon as an assistant uses hugwire.</p>
      <ol>
        <li>
          <h3>Connect your assistant</h3>
          <Command text="hugwire install" />
          <p>It finds the assistants on this machine and shows what it would change.</p>
        </li>
        <li>
          <h3>Ask it something</h3>
          <p>“Find a small speech recognition model on Hugging Face, and show how to load it.”</p>
        </li>
        <li>
          <h3>Or look around first</h3>
          <Command text="hugwire dashboard --demo" />
          <p>A day of made-up sessions, without network.</p>
        </li>
      </ol>
      <p>
        Something does not work? <Command text="hugwire doctor" /> Switch tools on and off under{' '}
        <a href={toHash('tools')}>Tools</a>.
      </p>
    </section>
  );
}

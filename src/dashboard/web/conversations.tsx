import { useEffect, useState } from 'preact/hooks';
import type { ConversationPart, ConversationRecord, ShownItem } from '../types.js';
import type { ViewProps } from './app.js';
import { ago, clock, count, percent } from './format.js';
import { Card, Command, Mark, Pages } from './parts.js';
import { toHash } from './route.js';
import { get } from './store.js';

const PAGE_SIZE = 25;
/** Ids that need no quotes in any shell; callers may invent others. */
const PLAIN = /^[\w.@][\w.@-]*$/;

/** The conversations with assistants in the time window, the latest first; the address says which of them. */
export function ConversationList({ store, route, from, now }: ViewProps) {
  const { range = '', q = '' } = route.filters;
  const all = store.now.conversations ?? [];
  const wanted = all.filter((one) => one.lastAt >= from && matches(one, q));
  const page = Math.max(1, Math.min(Number(route.filters.page) || 1, Math.ceil(wanted.length / PAGE_SIZE)));
  return (
    <Card
      id="conversations"
      title="Conversations with assistants"
      tools={
        <input
          type="search"
          placeholder="Find title, assistant or id"
          aria-label="Find conversations by title, assistant or id"
          value={q}
          onInput={({ currentTarget }) => route.change({ q: currentTarget.value, page: '' })}
        />
      }
    >
      {all.length === 0 && (
        <div class="empty">
          <p>No conversation yet. An assistant of hugwire’s own starts one:</p>
          <p class="commands">
            <Command text="hugwire chat" />
          </p>
        </div>
      )}
      {all.length > 0 && wanted.length === 0 && (
        <p class="empty">
          No conversation in this time window{q === '' ? '. Choose a longer one above.' : ' fits the search.'}
        </p>
      )}
      {wanted.length > 0 && (
        <table>
          <thead>
            <tr>
              <th scope="col">Conversation</th>
              <th scope="col" class="number">
                Messages
              </th>
              <th scope="col" class="number wide">
                Calls
              </th>
              <th scope="col" class="number wide">
                Tokens in, out
              </th>
              <th scope="col" class="number wide">
                Context used
              </th>
              <th scope="col" class="number">
                Last
              </th>
            </tr>
          </thead>
          <tbody>
            {wanted.slice((page - 1) * PAGE_SIZE, page * PAGE_SIZE).map((one) => (
              <tr key={`${one.owner} ${one.id}`}>
                <th scope="row">
                  <a href={toHash('conversations', { range, owner: one.owner }, one.id)}>{one.title || one.id}</a>
                  <small>
                    {[one.assistant, one.title && one.id].filter(Boolean).join(' · ')}
                    {one.owner !== 'local' && ` · ${one.owner}`}
                    {one.status && one.status !== 'completed' && ` · ${one.status.replace('_', ' ')}`}
                  </small>
                </th>
                <td class="number">{one.messages.toLocaleString()}</td>
                <td class="number wide">{one.calls.toLocaleString()}</td>
                <td class="number wide">
                  {one.usage.input.toLocaleString()}, {one.usage.output.toLocaleString()}
                </td>
                <td class="number wide">
                  <Context of={one} />
                </td>
                <td class="number">{ago(new Date(one.lastAt).toISOString(), now)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      <Pages
        page={page}
        size={PAGE_SIZE}
        total={wanted.length}
        onPage={(chosen) => route.change({ page: String(chosen) })}
      />
    </Card>
  );
}

/** How much of the model's window the last turn took. */
function Context({ of: { context, title, id } }: { of: ConversationRecord }) {
  if (!context) return <>–</>;
  const { used, window } = context;
  if (!window) return <>{count(used, 'token')}</>;
  return (
    <>
      {percent(used / window)} of {window.toLocaleString()}
      <meter min={0} max={1} high={0.8} value={used / window} aria-label={`Context used by ${title || id}`} />
    </>
  );
}

function matches({ id, title, assistant, owner }: ConversationRecord, words: string): boolean {
  const text = `${id} ${title} ${assistant} ${owner}`.toLowerCase();
  return words
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
}

/** What was said and done in one conversation. */
export function ConversationPage({ store, route, id }: ViewProps & { id: string }) {
  const { range = '', owner = '' } = route.filters;
  const info = store.now.conversations?.find((one) => one.id === id && one.owner === owner);
  const [part, setPart] = useState<ConversationPart>();
  const [problem, setProblem] = useState<string>();
  useEffect(() => {
    const path = `conversations/${encodeURIComponent(id)}?owner=${encodeURIComponent(owner)}`;
    get<ConversationPart>(path).then(setPart, (error: Error) => setProblem(error.message));
  }, [id, owner, info?.lastAt]);
  return (
    <>
      <p class="path">
        <a href={toHash('conversations', { range })}>Conversations</a> / <code>{id}</code>
      </p>
      {problem && (
        <p class="banner" role="alert">
          {problem}
        </p>
      )}
      {info && (
        <Card id="about" title={info.title || info.id}>
          <dl class="facts">
            <Fact name="Assistant" value={info.assistant} />
            <Fact name="Owner" value={info.owner} />
            <Fact name="Messages" value={info.messages.toLocaleString()} />
            <Fact name="Calls" value={info.calls.toLocaleString()} />
            <Fact name="Tokens in" value={info.usage.input.toLocaleString()} />
            <Fact name="Tokens out" value={info.usage.output.toLocaleString()} />
            <div>
              <dt>Context used</dt>
              <dd>
                <Context of={info} />
              </dd>
            </div>
            {info.status && <Fact name="Last turn" value={info.status.replace('_', ' ')} />}
          </dl>
          {owner === 'local' && PLAIN.test(id) && (
            <p class="commands">
              <Command text={`hugwire chat --resume ${id}`} />
              <Command text={`hugwire conversations export ${id}`} />
            </p>
          )}
        </Card>
      )}
      {part && (
        <Card id="items" title="What was said and done">
          {part.earlier > 0 && <p class="muted">{count(part.earlier, 'earlier item')} not shown.</p>}
          {part.items.length === 0 && <p class="empty">Nothing was said yet.</p>}
          <ol class="timeline">
            {part.items.map((item) => (
              <Item key={item.id} item={item} />
            ))}
          </ol>
        </Card>
      )}
    </>
  );
}

function Fact({ name, value }: { name: string; value: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}

const ROLES: Record<string, string> = { user: 'User', assistant: 'Assistant', developer: 'Notice', system: 'System' };

function Item({ item }: { item: ShownItem }) {
  const { type, time, role = '', text, name, failed, attachments } = item;
  if (type === 'message') {
    return (
      <li class={role === 'user' ? 'said human' : 'said'}>
        <p class="muted">
          {ROLES[role] ?? role} · <time dateTime={time}>{clock(time)}</time>
        </p>
        <p class="words">{text}</p>
        {attachments && <p class="muted">{count(attachments, 'attachment')}</p>}
      </li>
    );
  }
  if (name === undefined) {
    return (
      <li class="note">
        <time dateTime={time}>{clock(time)}</time> {text}
      </li>
    );
  }
  const asks = type === 'mcp_approval_request';
  return (
    <li>
      <details>
        <summary class="call">
          {asks ? (
            <span class="mark busy">?</span>
          ) : (
            <Mark state={failed === undefined ? 'running' : failed ? 'failed' : 'done'} />
          )}
          <time dateTime={time}>{clock(time)}</time>
          <strong>{name}</strong>
          <span class="arguments">{item.arguments}</span>
          <span class="number">{asks ? 'asks first' : ''}</span>
          {text && <span class={failed ? 'told answer bad' : 'told answer'}>{text}</span>}
        </summary>
        <div class="detail">
          <h3>Arguments</h3>
          <pre tabindex={0}>{item.arguments}</pre>
          {text && (
            <>
              <h3>{asks ? 'Question' : 'Answer'}</h3>
              <pre tabindex={0}>{text}</pre>
            </>
          )}
        </div>
      </details>
    </li>
  );
}

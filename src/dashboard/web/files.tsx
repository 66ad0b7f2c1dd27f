import type { ViewProps } from './app.js';
import { Preview } from './calls.js';
import { ago, size } from './format.js';
import { Card, Pages } from './parts.js';
import { toHash } from './route.js';

const PAGE_SIZE = 36;

/** What Spaces returned in the time window, the latest first. */
export function Files({ store, route, from, now }: ViewProps) {
  const { range = '' } = route.filters;
  const made = [...store.calls.values()]
    .filter(({ at }) => Date.parse(at) >= from)
    .flatMap((call) => (call.files ?? []).map((file) => ({ call, file })))
    .sort((one, other) => (one.call.at < other.call.at ? 1 : -1));
  const page = Math.max(1, Math.min(Number(route.filters.page) || 1, Math.ceil(made.length / PAGE_SIZE)));
  return (
    <Card id="files" title="Files from Spaces">
      {made.length === 0 && (
        <p class="empty">No files in this time window. Pictures, sounds and files that Spaces return appear here.</p>
      )}
      <ul class="gallery">
        {made.slice((page - 1) * PAGE_SIZE, page * PAGE_SIZE).map(({ call, file }) => (
          <li key={`${call.session}/${call.id}/${file.name}`}>
            <figure>
              <Preview file={file} />
              <figcaption>
                <span title={call.arguments}>{file.name}</span>
                <small>
                  <a href={toHash('sessions', { range }, call.session)}>{call.tool}</a> · {size(file.bytes)} ·{' '}
                  {ago(call.at, now)}
                </small>
              </figcaption>
            </figure>
          </li>
        ))}
      </ul>
      <Pages
        page={page}
        size={PAGE_SIZE}
        total={made.length}
        onPage={(chosen) => route.change({ page: String(chosen) })}
      />
    </Card>
  );
}

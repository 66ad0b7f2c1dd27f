import { useState } from 'preact/hooks';
import type { CallRecord, SavedFileRecord } from '../types.js';
import { ago, size } from './format.js';

const STEP = 24;

interface GalleryProps {
  calls: readonly CallRecord[];
  now: number;
}

/** What Spaces have made, the latest first. */
export function Gallery({ calls, now }: GalleryProps) {
  const [shown, setShown] = useState(STEP);
  const made = calls
    .flatMap((call) => (call.files ?? []).map((file) => ({ call, file })))
    .sort((one, other) => (one.call.at < other.call.at ? 1 : -1));
  return (
    <section class="card" aria-labelledby="gallery">
      <h2 id="gallery">Made by Spaces</h2>
      {made.length === 0 && (
        <p class="empty">Pictures, sounds and files that Spaces return are kept here to look at.</p>
      )}
      <ul class="gallery">
        {made.slice(0, shown).map(({ call, file }) => (
          <li key={`${call.session}/${call.id}/${file.name}`}>
            <figure>
              <Preview file={file} />
              <figcaption>
                <span title={call.arguments}>{file.name}</span>
                <small>
                  {call.tool} · {size(file.bytes)} · {ago(call.at, now)}
                </small>
              </figcaption>
            </figure>
          </li>
        ))}
      </ul>
      {made.length > shown && (
        <button type="button" class="quiet" onClick={() => setShown(shown + STEP)}>
          Show more
        </button>
      )}
    </section>
  );
}

function Preview({ file: { url, name, mimeType } }: { file: SavedFileRecord }) {
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
    </a>
  );
}

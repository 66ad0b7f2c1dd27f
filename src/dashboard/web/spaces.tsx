import { useEffect, useState } from 'preact/hooks';
import type { CallRecord, Controls, Stages } from '../types.js';
import { ago } from './format.js';
import { get } from './store.js';
import { Switch } from './switch.js';

const EVERY_MS = 60_000;

interface SpacesProps {
  controls: Controls;
  calls: ReadonlyMap<string, CallRecord>;
  now: number;
}

/** The pinned Spaces: whether they run, when they were last used, and a switch for each. */
export function Spaces({ controls: { spaces, problem }, calls, now }: SpacesProps) {
  const [stages, setStages] = useState<Stages>({});
  const pinned = spaces.map(({ space }) => space).join();
  // Asked anew when other Spaces are pinned.
  useEffect(() => {
    const ask = () => {
      if (!document.hidden) get<Stages>('stages').then(setStages, () => {});
    };
    ask();
    const timer = setInterval(ask, EVERY_MS);
    return () => clearInterval(timer);
  }, [pinned]);
  return (
    <section class="card" aria-labelledby="spaces">
      <h2 id="spaces">Pinned Spaces</h2>
      {spaces.length === 0 && (
        <p class="empty">
          None. <code>hugwire spaces add owner/space</code> makes a Space a tool.
        </p>
      )}
      <ul class="switches">
        {spaces.map((one) => {
          const { stage, hardware, problem: trouble } = stages[one.space] ?? {};
          const last = lastUse(calls, one.tool);
          return (
            <li key={one.tool}>
              <span class="grow">
                <code>{one.tool}</code>
                <small>
                  {one.space} {one.endpoint}
                </small>
                <small>
                  <span class={`stage ${stage === 'RUNNING' ? 'good' : trouble ? 'bad' : ''}`}>
                    {trouble ?? stage?.toLowerCase().replaceAll('_', ' ') ?? 'asking the Hub …'}
                  </span>
                  {hardware && ` · ${hardware}`}
                  {` · ${last ? `used ${ago(last, now)}` : 'not used yet'}`}
                </small>
                {one.proposed && (
                  <small class="busy">
                    An assistant asks for it. <code>hugwire spaces enable {one.tool}</code> shows what it is.
                  </small>
                )}
              </span>
              <Switch on={one.on} name={one.tool} disabled={problem !== undefined || one.proposed} />
            </li>
          );
        })}
      </ul>
    </section>
  );
}

function lastUse(calls: ReadonlyMap<string, CallRecord>, tool: string): string | undefined {
  let last: string | undefined;
  for (const call of calls.values()) if (call.tool === tool && (!last || call.at > last)) last = call.at;
  return last;
}

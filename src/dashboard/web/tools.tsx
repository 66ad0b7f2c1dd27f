import { useEffect, useState } from 'preact/hooks';
import type { CallRecord, Controls, Stages } from '../types.js';
import { ago } from './format.js';
import { apply, get, post } from './store.js';

/** The tools that assistants have, with a switch for each. */
export function Tools({ controls: { tools, path, readOnly, problem } }: { controls: Controls }) {
  const toolsets = [...new Set(tools.map(({ toolset }) => toolset))];
  return (
    <section class="card" aria-labelledby="tools">
      <h2 id="tools">Tools</h2>
      {readOnly && (
        <p class="empty">
          <code>tools.readOnly</code> is on: tools that run or write are off, whatever their switches say.
        </p>
      )}
      <div class="toolsets">
        {toolsets.map((toolset) => (
          <div key={toolset}>
            <h3>{toolset}</h3>
            <ul class="switches">
              {tools
                .filter((tool) => tool.toolset === toolset)
                .map((tool) => (
                  <li key={tool.name}>
                    <span class="grow">
                      <code>{tool.name}</code>
                      <small>
                        {tool.title}
                        {tool.effect !== 'read' && ` · ${tool.effect === 'run' ? 'runs Spaces' : 'writes'}`}
                      </small>
                    </span>
                    <Switch on={tool.on} name={tool.name} disabled={problem !== undefined} />
                  </li>
                ))}
            </ul>
          </div>
        ))}
      </div>
      <p class="empty">
        Kept in <code>{path}</code>. Connected assistants follow at once.
      </p>
    </section>
  );
}

const EVERY_MS = 60_000;

interface SpacesProps {
  controls: Controls;
  calls: ReadonlyMap<string, CallRecord>;
  now: number;
}

/** The pinned Spaces: whether they are running, when they were last used, and a switch for each. */
export function PinnedSpaces({ controls: { spaces, problem }, calls, now }: SpacesProps) {
  const [stages, setStages] = useState<Stages>({});
  const pinned = spaces.map(({ space }) => space).join();
  // Asked again when other Spaces are pinned.
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
          No Space is pinned. <code>hugwire spaces add owner/space</code> makes a Space a tool of its own.
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
                    An assistant asked for it. <code>hugwire spaces enable {one.tool}</code> shows what it would be.
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

interface SwitchProps {
  on: boolean;
  /** Of the tool. */
  name: string;
  disabled?: boolean;
}

/** A switch that writes the config; connected clients follow at once. */
function Switch({ name, on, disabled }: SwitchProps) {
  const [problem, setProblem] = useState<string>();
  const [busy, setBusy] = useState(false);
  const toggle = async () => {
    setBusy(true);
    setProblem(undefined);
    try {
      apply({ controls: await post<Controls>('tools', { name, on: !on }) });
    } catch (error) {
      setProblem((error as Error).message);
    } finally {
      setBusy(false);
    }
  };
  return (
    <>
      <button
        type="button"
        role="switch"
        aria-checked={on}
        aria-label={name}
        disabled={disabled || busy}
        onClick={toggle}
      >
        <span />
      </button>
      {problem && (
        <small class="bad" role="alert">
          {problem}
        </small>
      )}
    </>
  );
}

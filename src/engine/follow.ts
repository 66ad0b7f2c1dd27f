import type { LoadedConfig } from '../config/load.js';
import { watchConfig } from '../config/watch.js';
import { HugwireError } from '../lib/errors.js';
import { log } from '../lib/log.js';
import { lockPath } from '../spaces/lock.js';
import type { Serving } from '../stdio/stdio.js';
import type { Recording } from './recording.js';
import type { Runtime } from './runtime.js';

export interface FollowOptions {
  /** The state that is in force. */
  loaded: LoadedConfig;
  /** `describeState` of it, when it was read. */
  seen: string;
  runtime: Pick<Runtime, 'update'>;
  recording: Pick<Recording, 'recorder' | 'update'>;
  serving: Serving;
}

/**
 * Lets a server follow its config and the record of pinned Spaces: a valid change takes effect at once, and the clients
 * are told when the tool list is another one; an invalid change is told of in a line on stderr, and nothing else.
 * @param options the state in force, and what is to change with it
 */
export async function followConfig({ loaded, seen, runtime, recording, serving }: FollowOptions): Promise<void> {
  const { recorder } = recording;
  const refuse = (message: string) => {
    recorder.note('config', `Not taken over: ${message}`);
    log(`config not taken over: ${message}`);
  };
  const takeOver = (state: LoadedConfig) => {
    const changed = runtime.update(state);
    recording.update(state.config);
    recorder.note('config', 'Taken over.');
    log('config taken over');
    if (!changed) return;
    serving.toolsChanged();
    recorder.listChanged();
  };
  const onChange = (state: LoadedConfig | HugwireError) =>
    state instanceof HugwireError ? refuse(state.message) : takeOver(state);
  await watchConfig(loaded, onChange, { beside: [lockPath(loaded.path)], seen });
}

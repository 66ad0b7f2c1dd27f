import type { Paths } from '../config/paths.js';
import type { LoadedConfig } from '../config/store.js';
import { watchConfig } from '../config/watch.js';
import { HugwireError } from '../errors.js';
import { serve } from '../server/stdio.js';
import { VERSION } from '../version.js';
import { INSTRUCTIONS } from './instructions.js';
import { log } from './output.js';
import { createRecording } from './recording.js';
import { createRuntime } from './runtime.js';

export interface ServeOptions {
  loaded: LoadedConfig;
  env: NodeJS.ProcessEnv;
  paths: Paths;
  readOnly?: boolean;
  /** Lets go of what was started for this server, such as the demo world. */
  close?(): Promise<void>;
}

/**
 * Serves MCP on this process's stdin and stdout until the client goes.
 * @param options the config and where it came from
 */
export async function serveStdio({ loaded, env, paths, readOnly, close }: ServeOptions): Promise<void> {
  redirectConsole();
  const { recorder, ...recording } = createRecording(paths, loaded.config, () => runtime);
  const runtime = createRuntime({ loaded, env, paths, readOnly, log, recording: recording.context });
  process.on('exit', () => recorder.settleNow());
  const serving = await serve(
    {
      serverInfo: { name: 'hugwire', title: 'hugwire', version: VERSION },
      instructions: INSTRUCTIONS,
      ...runtime,
      onCall: ({ tool, milliseconds, failed }) => log(`${tool} ${failed ? 'failed' : 'ok'} ${milliseconds} ms`),
      ...recording.hooks,
    },
    {
      stdin: process.stdin,
      stdout: process.stdout,
      on: (event, listener) => process.on(event, listener as () => void),
      exit: (code) => process.exit(code),
      log,
    },
    () => runtime.close(),
    // In turn: the recorder still writes where the other removes.
    (reason) => recorder.end(reason).finally(close),
  );
  // Not before the first answers are out: loading the watcher costs more than all the rest of the start.
  setTimeout(() => {
    void watchConfig(loaded, (state) => {
      if (state instanceof HugwireError) {
        recorder.note('config', `Not taken over: ${state.message}`);
        return log(`config not taken over: ${state.message}`);
      }
      runtime.update(state);
      recording.update(state.config);
      recorder.note('config', 'Taken over.');
      log('config taken over');
      serving.toolsChanged();
      recorder.listChanged();
    });
  }, 1000).unref();
}

/** stdout is the protocol; libraries that print must not reach it. */
function redirectConsole(): void {
  // biome-ignore lint/suspicious/noConsole: this is what keeps the console off stdout
  for (const method of ['log', 'info', 'debug'] as const) console[method] = console.error;
}

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import type { Choice, Prompts } from '../../../src/commands/prompts.js';
import type { SpacesContext } from '../../../src/commands/spaces/targets.js';
import { styleFor } from '../../../src/commands/terminal.js';
import { loadConfig } from '../../../src/config/load.js';
import { configPath, LOCK_FILE, resolvePaths } from '../../../src/config/paths.js';
import { createLogins, createRuntime, type Runtime } from '../../../src/engine/runtime.js';
import { readLock } from '../../../src/spaces/lock.js';
import { PinStore } from '../../../src/spaces/pins.js';
import { TOOLS } from '../../../src/tools/index.js';
import { startDemoHub } from '../../../src/world/hub/server.js';
import { startDemoSpace } from '../../../src/world/space/server.js';
import type { DemoHub, DemoSpace } from '../../../src/world/types.js';

/** A Hub, a Space, and an empty home for hugwire. */
export interface SpacesWorld {
  hub: DemoHub;
  space: DemoSpace;
  home: string;
  /** A place to work in, with the config as it is now; answers come from a script, in order. */
  place(
    change?: Partial<SpacesContext> & { answers?: unknown[]; profile?: string },
  ): SpacesContext & { told: string[]; asked: string[] };
  config(): { spaces?: { pinned?: Record<string, unknown>[] } };
  lock(): ReturnType<typeof readLock>;
  close(): Promise<void>;
}

/** Opens a world; nothing outside of it is touched. */
export async function openSpacesWorld(): Promise<SpacesWorld> {
  const home = mkdtempSync(join(tmpdir(), 'hugwire-spaces-'));
  const space = await startDemoSpace();
  const hub = await startDemoHub({ spaceHost: new URL(space.url).host, closed: true });
  const env = {
    HUGWIRE_HOME: home,
    HF_ENDPOINT: hub.url,
    HF_HOME: join(home, 'hf'),
    HF_HUB_DISABLE_IMPLICIT_TOKEN: '1',
  };
  const runtimes: Runtime[] = [];
  const file = configPath(home);
  return {
    hub,
    space,
    home,
    place({ answers, profile, ...change } = {}) {
      const loaded = loadConfig(file, { profile });
      const runtime = createRuntime({ loaded, env, paths: resolvePaths(env), typed: true, log: () => {} });
      runtimes.push(runtime);
      const { signal } = new AbortController();
      const context = runtime.context(signal, () => {});
      const told: string[] = [];
      const asked: string[] = [];
      return {
        path: file,
        profile,
        pins: new PinStore({ path: file, profile, reserved: TOOLS.map(({ name }) => name) }),
        sessions: join(home, 'state', 'sessions'),
        config: loaded.config,
        spaces: context.spaces,
        hub: context.hub,
        logins: createLogins({ env, paths: resolvePaths(env) }, () => loaded.config),
        signal,
        ...(answers ? { prompts: scriptedPrompts(answers, asked) } : {}),
        tell: (text) => told.push(stripVTControlCharacters(text)),
        wait: (_, work) => work(() => {}),
        style: styleFor({}, {}),
        toldStyle: styleFor({}, {}),
        told,
        asked,
        ...change,
      };
    },
    config: () => JSON.parse(readFileSync(file, 'utf8')),
    lock: () => readLock(join(home, LOCK_FILE)),
    async close() {
      await Promise.all(runtimes.map((runtime) => runtime.close()));
      await Promise.all([hub.close(), space.close()]);
      rmSync(home, { recursive: true, force: true });
    },
  };
}

/** Prompts that answer from a list: a value, or for choices the beginning of their label. */
function scriptedPrompts(answers: unknown[], asked: string[]): Prompts {
  const next = (message: string) => {
    asked.push(message);
    if (answers.length === 0) throw new Error(`Nobody expected the question "${message}".`);
    return answers.shift();
  };
  const pick = <Value>(choices: readonly Choice<Value>[], label: unknown) => {
    const found = choices.find((choice) => choice.label.startsWith(String(label)));
    if (!found) throw new Error(`There is no choice "${label}".`);
    return found.value;
  };
  return {
    confirm: async (message) => next(message) as boolean,
    choose: async (message, choices) => pick(choices, next(message)),
    chooseSeveral: async (message, choices) => (next(message) as string[]).map((label) => pick(choices, label)),
    text: async (message, { initial, check } = {}) => {
      const answer = (next(message) ?? initial) as string;
      const fault = check?.(answer);
      if (fault) throw new Error(fault);
      return answer;
    },
    secret: async (message) => next(message) as string,
  };
}

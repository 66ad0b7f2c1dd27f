import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { vi } from 'vitest';
import type { TokenWorld } from '../../../src/commands/auth/token.js';
import { type Screen, styleFor } from '../../../src/commands/terminal.js';
import { resolvePaths } from '../../../src/config/paths.js';
import type { Config } from '../../../src/config/schema.js';

/** A stream that is no terminal: no colours, nothing wrapped. */
export const PLAIN: Screen = { style: styleFor({}, {}), width: Number.POSITIVE_INFINITY };

export interface Home extends TokenWorld {
  home: string;
  /** hugwire's own token file. */
  own: string;
  /** Where `hf auth login` leaves its token. */
  shared: string;
  put(path: string, text: string): void;
  /** The same home with another `token` section. */
  with(config: Config['token'], env?: NodeJS.ProcessEnv): TokenWorld;
  remove(): void;
}

/** A home directory with no token in it, to be removed after the test. */
export function makeTokenHome(env: NodeJS.ProcessEnv = {}): Home {
  const home = mkdtempSync(join(tmpdir(), 'hugwire-auth-'));
  // `os.homedir()` reads them.
  vi.stubEnv('HOME', home);
  vi.stubEnv('USERPROFILE', home);
  const world = { HUGWIRE_HOME: join(home, 'hugwire'), ...env };
  const paths = resolvePaths(world);
  return {
    home,
    own: join(paths.state, 'token'),
    shared: join(home, '.cache', 'huggingface', 'token'),
    config: { source: 'auto' },
    env: world,
    paths,
    put(path, text) {
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, text);
    },
    with: (config, more = {}) => ({ config, env: { ...world, ...more }, paths }),
    remove() {
      vi.unstubAllEnvs();
      rmSync(home, { recursive: true, force: true });
    },
  };
}

import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

// Two minutes of what `npm run soak -- --minutes 20` does by hand.
it.skipIf(process.platform !== 'linux')(
  'keeps its heap, its open files and its directory as they are, whatever is called',
  () => {
    const soak = fileURLToPath(new URL('soak.mjs', import.meta.url));
    const { status, stdout, stderr } = spawnSync(process.execPath, [soak, '--minutes', '2'], { encoding: 'utf8' });
    expect(`${stdout}${stderr}`).toContain('live heap');
    expect(status, `${stdout}${stderr}`).toBe(0);
  },
  300_000,
);

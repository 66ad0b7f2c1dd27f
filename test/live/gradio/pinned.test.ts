import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Shell } from '../../e2e/shell.js';
import { pythonAvailable } from '../python.js';
import { type GradioApp, startGradio } from './apps.js';
import { VERSIONS } from './requirements.js';

const available = pythonAvailable();

describe.skipIf(!available).each(VERSIONS)('a pinned app on Gradio %s', (version) => {
  let app: GradioApp;
  let shell: Shell;
  beforeAll(async () => {
    shell = new Shell();
    app = await startGradio(version, 'changing');
  }, 600_000);
  afterAll(async () => {
    await app?.stop();
    shell.remove();
  });

  it('becomes a tool, which runs', async () => {
    const added = await shell.run('spaces', 'add', `${app.url}/speak`, '--tool', 'speak', '--yes');
    expect(added).toMatchObject({ code: 0, stdout: expect.stringContaining('✓ speak') });
    expect(added.stderr).toMatch(/Edition 1[\s\S]*What an assistant will see:[\s\S]*text {3,}text/);
    const called = await shell.run('call', 'speak', 'text=hi', 'times=2');
    expect(called).toMatchObject({ code: 0, stdout: expect.stringContaining('HI HI') });
    expect((await shell.run('spaces', 'list')).stdout).toMatch(/speak .* on +running here +as approved/);
    expect(await shell.run('spaces', 'refresh', '--check')).toMatchObject({
      code: 1, // of what ships with hugwire nobody can be asked here
      stdout: expect.stringMatching(/speak {2}as approved/),
    });
  });

  it('is compared with what it was when it changes, and is used as it is once that is approved', async () => {
    const { port } = new URL(app.url);
    await app.stop();
    app = await startGradio(version, 'changing', { PORT: port, EDITION: '2' });

    expect((await shell.run('spaces', 'list')).stdout).toMatch(/speak .* changed: \d/);
    const check = await shell.run('spaces', 'refresh', 'speak', '--check');
    expect(check.code).toBe(1);
    expect(check.stdout).toMatch(/"times" is gone\.[\s\S]*"mood" is new\.[\s\S]*“Edition 1” → “Edition 2”/);

    const called = await shell.run('call', 'speak', 'text=hi', 'times=2');
    expect(called.stdout).toMatch(
      /HI \(calm\)[\s\S]*has changed since it was pinned[\s\S]*hugwire spaces refresh speak/,
    );

    const refreshed = await shell.run('spaces', 'refresh', 'speak', '--yes');
    expect(refreshed).toMatchObject({ code: 0, stdout: expect.stringContaining('✓ speak') });
    expect((await shell.run('spaces', 'refresh', 'speak', '--check')).code).toBe(0);
    const again = await shell.run('call', 'speak', 'text=hi', 'mood=cross');
    expect(again.stdout).toContain('HI (cross)');
    expect(again.stdout).not.toContain('has changed');
  });
});

describe.skipIf(!available).each(VERSIONS)('an app below a path on Gradio %s', (version) => {
  let app: GradioApp;
  let shell: Shell;
  beforeAll(async () => {
    shell = new Shell();
    app = await startGradio(version, 'mounted');
  }, 600_000);
  afterAll(async () => {
    await app?.stop();
    shell.remove();
  });

  it('is told from an endpoint by what answers there', async () => {
    expect(await shell.run('spaces', 'info', app.url)).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/\/echo\(/),
    });
    const added = await shell.run('spaces', 'add', `${app.url}/echo`, '--tool', 'echo', '--yes', '--json');
    expect(JSON.parse(added.stdout).added).toMatchObject([{ space: app.url, endpoint: '/echo' }]);
  });
});

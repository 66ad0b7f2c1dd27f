import { describe, expect, it } from 'vitest';
import { pythonAvailable } from '../python.js';
import { VERSIONS } from './requirements.js';
import { runJob, useApp } from './workplace.js';

const FROM_5 = VERSIONS.filter((version) => !version.startsWith('4.'));

const available = pythonAvailable();

describe.skipIf(!available).each(VERSIONS)('an app with a login on Gradio %s', (version) => {
  const world = useApp(version, 'locked');
  const echo = { endpoint: '/echo', arguments: { value: 'x' } };
  const logins = () => world.app.log().match(/login of/g)?.length ?? 0;
  const logIn = async (password: string) => {
    const { site, message, logIn } = await world.workplace.spaces.beginLogin(world.app.url);
    await logIn({ username: 'ada', password });
    await world.workplace.logins.store(site, { username: 'ada', password });
    return message;
  };

  it('is told apart from one that is broken or not there, with the command to log in', async () => {
    const { error } = await runJob(world, echo);
    expect(error).toMatchObject({
      code: 'unauthorized',
      hint: expect.stringContaining(`hugwire spaces login ${world.app.url}`),
    });
  });

  it('takes a wrong password for one', async () => {
    await expect(logIn('wrong')).rejects.toMatchObject({ code: 'unauthorized' });
    expect((await runJob(world, echo)).error?.code).toBe('unauthorized');
  });

  it('is called once it has a login, files too, with one login for all', async () => {
    const message = await logIn('lovelace & co=1815%');
    // Gradio 4 tells its message on the page alone.
    if (!version.startsWith('4.')) expect(message).toContain('“Ask Ada for the password.”');
    const before = logins();
    expect((await runJob(world, echo)).outcome?.data).toEqual(['x']);
    const value = `${world.workplace.folder}/table.csv`;
    const { outcome } = await runJob(world, { endpoint: '/echo_file', arguments: { value } });
    expect(outcome?.notes).toEqual([]);
    expect(outcome?.files).toMatchObject([{ bytes: 16, mimeType: 'text/csv' }]);
    await expect.poll(() => logins() - before).toBe(1);
  });

  it('is logged in to again when the session has ended, before an upload too', async () => {
    const value = `${world.workplace.folder}/table.csv`;
    for (const call of [echo, { endpoint: '/echo_file', arguments: { value } }]) {
      const before = logins();
      await runJob(world, { endpoint: '/expire', arguments: {} });
      const { outcome, error } = await runJob(world, call);
      expect(error).toBeUndefined();
      expect(outcome?.notes).toEqual([]);
      await expect.poll(() => logins() - before).toBe(1);
    }
  });
});

describe.skipIf(!available).each(VERSIONS)(
  'an app behind a proxy that shows it below a path on Gradio %s',
  (version) => {
    const world = useApp(version, 'rooted');

    it('is called there, under the addresses that people copy', async () => {
      for (const more of ['', '/?__theme=dark', '/gradio_api/mcp/', '/config']) {
        const app = { ...world.app, url: `${world.app.url}${more}` };
        const { outcome } = await runJob({ ...world, app }, { endpoint: '/echo', arguments: { value: 'x' } });
        expect(outcome?.data).toEqual(['x']);
      }
    });

    it('takes and gives files there', async () => {
      const value = `${world.workplace.folder}/table.csv`;
      const { outcome } = await runJob(world, { endpoint: '/echo_file', arguments: { value } });
      expect(outcome?.notes).toEqual([]);
      expect(outcome?.files).toMatchObject([{ bytes: 16, mimeType: 'text/csv' }]);
    });
  },
);

describe.skipIf(!available).each(VERSIONS)('an app below a path on Gradio %s', (version) => {
  const world = useApp(version, 'mounted');

  it('is called there', async () => {
    const { outcome } = await runJob(world, { endpoint: '/echo', arguments: { value: 'x' } });
    expect(outcome?.data).toEqual(['x']);
  });

  it('takes and gives files there', async () => {
    const { outcome } = await runJob(world, {
      endpoint: '/echo_file',
      arguments: { value: `${world.workplace.folder}/table.csv` },
    });
    expect(outcome?.notes).toEqual([]);
    expect(outcome?.files).toMatchObject([{ bytes: 16, mimeType: 'text/csv' }]);
  });
});

describe.skipIf(!available).each(VERSIONS)('an app with a queue of one place on Gradio %s', (version) => {
  const world = useApp(version, 'narrow');

  it('a call that found the queue full gets in later, and says that it waits', async () => {
    const said: string[] = [];
    const occupy = (seconds: number) =>
      world.workplace.spaces.start({ space: world.app.url, endpoint: '/occupy', arguments: { seconds } });
    const first = occupy(3);
    await expect.poll(() => world.app.log(), { timeout: 20_000, interval: 50 }).toContain('occupy started');
    const second = occupy(0);
    await expect.poll(() => second.status, { timeout: 10_000, interval: 20 }).toMatch(/queue/i);
    const third = occupy(0);
    await third.wait(60, { onProgress: ({ message }) => said.push(message) });
    const jobs = [first, second, third];
    await Promise.all(jobs.map((job) => job.wait(60)));
    expect(jobs.map(({ state }) => state)).toEqual(['done', 'done', 'done']);
    expect(world.app.log().match(/occupy started/g)).toHaveLength(3);
    expect(said.join('\n')).toMatch(/queue is full/i);
  });
});

describe.skipIf(!available).each(VERSIONS)('an app that hides its errors on Gradio %s', (version) => {
  const world = useApp(version, 'discreet');

  it('an exception is told as what it is, without the details', async () => {
    const { error } = await runJob(world, { endpoint: '/crash', arguments: { text: 'x' } });
    expect(error).toMatchObject({ code: 'space_error', message: expect.stringContaining('hides the details') });
    expect(JSON.stringify(error)).not.toContain('secret');
  });

  it('what the app says on purpose is told', async () => {
    const { error } = await runJob(world, { endpoint: '/refuse', arguments: { text: 'that' } });
    expect(error).toMatchObject({ code: 'space_error', message: expect.stringContaining('Cannot do that.') });
  });

  it('numbers given as text are bent before the app could refuse them without a word', async () => {
    const { outcome } = await runJob(world, { endpoint: '/number', arguments: { value: '2.5' } });
    expect(outcome?.data).toEqual([2.5]);
  });
});

describe.skipIf(!available).each(FROM_5)('an app that checks its inputs on Gradio %s', (version) => {
  const world = useApp(version, 'validated');

  it('says which argument it does not take, and why', async () => {
    const { error } = await runJob(world, { endpoint: '/register', arguments: { name: 'Al', age: 10 } });
    expect(error).toMatchObject({ code: 'invalid_arguments', message: expect.stringMatching(/name: “too short/) });
    expect(error?.message).toMatch(/age: “too young/);
  });

  it('takes what fits', async () => {
    const { outcome } = await runJob(world, { endpoint: '/register', arguments: { name: 'Alan', age: 41 } });
    expect(outcome?.data).toEqual(['Alan is 41']);
  });
});

describe.skipIf(!available).each(VERSIONS)('an app that is an MCP server too on Gradio %s', (version) => {
  const world = useApp(version, 'tools');

  it('tells what its parameters mean, where its Gradio can', async () => {
    const { endpoints } = await world.workplace.spaces.open(world.app.url);
    const shout = endpoints.find(({ name }) => name === '/shout');
    expect(shout?.parameters.map(({ name, required }) => [name, required])).toEqual([
      ['text', true],
      ['times', false],
    ]);
    const descriptions = shout?.parameters.map(({ schema }) => schema.description ?? '').join();
    if (!version.startsWith('4.')) expect(descriptions).toMatch(/What to say.*How often to say it/);
  });

  it('is called like any other', async () => {
    const { outcome } = await runJob(world, { endpoint: '/shout', arguments: { text: 'hi', times: '2' } });
    expect(outcome?.data).toEqual(['HI HI']);
  });
});

describe.skipIf(!available)('an app that cannot describe its endpoints', () => {
  const world = useApp('4.44.1-without-info', 'mounted');

  it('is described by its configuration', async () => {
    expect((await fetch(`${world.app.url}/info`)).status).toBe(500);
    const { endpoints } = await world.workplace.spaces.open(world.app.url);
    expect(endpoints.map(({ name, parameters }) => [name, parameters.map((one) => one.name)])).toEqual([
      ['/echo', ['text']],
      ['/echo_file', ['file']],
    ]);
  });

  it('is called, with the labels of its components as names', async () => {
    const { outcome } = await runJob(world, { endpoint: '/echo', arguments: { text: 'x' } });
    expect(outcome?.data).toEqual(['x']);
  });

  it('takes and gives files', async () => {
    const file = `${world.workplace.folder}/table.csv`;
    const { outcome } = await runJob(world, { endpoint: '/echo_file', arguments: { file } });
    expect(outcome?.files).toMatchObject([{ bytes: 16, mimeType: 'text/csv' }]);
  });
});

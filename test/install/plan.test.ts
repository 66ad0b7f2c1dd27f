import { describe, expect, it } from 'vitest';
import { CLIENTS } from '../../src/install/clients.js';
import { entryPath, formatOf } from '../../src/install/find.js';
import { planInstall, planUninstall } from '../../src/install/plan.js';
import { renderSnippet } from '../../src/install/shapes.js';
import { getValue } from '../../src/lib/documents/document.js';

const LAUNCH = { command: 'npx', args: ['-y', 'hugwire'] };
const READ_ONLY = { command: 'npx', args: ['-y', 'hugwire', 'serve', '--read-only'] };

/** Files of each format as people have them: what install adds, uninstall takes away, to the byte. */
const FILES = {
  json: [
    '',
    '{}',
    '{\n}\n',
    '{"mcpServers":{},"servers":{},"mcp":{},"context_servers":{}}',
    '{\n\t"mcpServers": {\n\t\t// none\n\t},\n\t"mcp": {\n\t},\n}\n',
    '\uFEFF{\r\n    "theme": "dark", // {\r\n    "mcpServers": { "x": { "command": "y", } },\r\n}\r\n',
    '{ "servers": null }',
  ],
  toml: [
    '',
    '# mine',
    'model = "o5"\r\n\r\n[tui]\r\na = 1\r\n',
    '[[profiles]]\nname = "x"\n\n\n',
    'mcp_servers.x.command = "y"\n',
  ],
  yaml: [
    '',
    '# mine\n\n',
    'extensions:\nmcp_servers: {}\n',
    'extensions: {}\nmcp_servers: ~ # none\n',
    'a: &a\n    b: 1\nextensions:\n    x: *a\nmcp_servers:\n    y: *a',
  ],
};
const LISTS = [
  '',
  'mcp_servers = []\n',
  '[[mcp_servers]]\nname = "x"\ncommand = "y"',
  'mcp_servers = [{ name = "x" }]',
];

const CASES = CLIENTS.filter(({ user, project }) => user ?? project).flatMap((client) =>
  (client.list ? LISTS : FILES[client.format]).map((text) => ({ client, id: client.id, text })),
);

describe.each(CASES)('$id with $text', ({ client, text }) => {
  it('goes back to the byte, also after a second install with other options', async () => {
    const first = await planInstall(client, 'hugwire', LAUNCH, text);
    expect(first.status).toBe('added');
    const again = await planInstall(client, 'hugwire', LAUNCH, first.after);
    expect(again).toMatchObject({ status: 'unchanged', after: first.after });
    const other = await planInstall(client, 'hugwire', READ_ONLY, first.after);
    expect(other.status).toBe('updated');
    for (const { after } of [first, other]) {
      const gone = await planUninstall(client, 'hugwire', after, [text]);
      expect(gone).toMatchObject({ status: 'removed', after: text });
    }
  });

  it('keeps what came in meanwhile, and takes no section that was there before', async () => {
    const { after = '' } = await planInstall(client, 'hugwire', LAUNCH, text);
    const both = await planInstall(client, 'other', LAUNCH, after);
    const gone = await planUninstall(client, 'hugwire', both.after, [text]);
    const format = await formatOf(client);
    const only = await planInstall(client, 'other', LAUNCH, text);
    const read = (state: string | undefined) => getValue(format, state ?? '', []);
    expect(read(gone.after)).toEqual(read(only.after));
  });
});

describe.each(CLIENTS.filter(({ user, project }) => user ?? project))('$id', (client) => {
  it('gets a file where there is none, which goes again', async () => {
    const made = await planInstall(client, 'hugwire', LAUNCH, undefined);
    expect(made.after?.trim()).toBe(renderSnippet({ ...client, name: 'hugwire', launch: LAUNCH }));
    expect(await planUninstall(client, 'hugwire', made.after, [])).toMatchObject({ after: undefined });
  });

  it('keeps what the user has added to the entry', async () => {
    const format = await formatOf(client);
    const { after = '' } = await planInstall(client, 'hugwire', LAUNCH, undefined);
    const { setValue } = await import('../../src/lib/documents/document.js');
    const path = entryPath(client, 'hugwire');
    const mine = { ...(getValue(format, after, path) as object), env: { HF_TOKEN: 'x' }, timeout: 9, note: 'mine' };
    const text = setValue(format, after, path, mine);
    const { after: updated = '', status } = await planInstall(client, 'hugwire', READ_ONLY, text);
    expect(status).toBe('updated');
    expect(getValue(format, updated, path)).toMatchObject({ env: { HF_TOKEN: 'x' }, timeout: 9, note: 'mine' });
    expect(JSON.stringify(getValue(format, updated, path))).toContain('--read-only');
  });
});

it('turns an entry for a server elsewhere into one that starts hugwire', async () => {
  const [client] = CLIENTS;
  const text = '{"mcpServers":{"hugwire":{"url":"https://x","headers":{"A":"b"},"env":{"C":"d"}}}}';
  const { after = '' } = await planInstall(client as never, 'hugwire', LAUNCH, text);
  expect(JSON.parse(after).mcpServers.hugwire).toEqual({ env: { C: 'd' }, ...LAUNCH });
});

it('leaves a file alone that does not have hugwire', async () => {
  const [client] = CLIENTS;
  for (const text of [undefined, '', '{}', '{"mcpServers":{"other":{}}}']) {
    expect(await planUninstall(client as never, 'hugwire', text, [])).toMatchObject({
      status: 'unchanged',
      after: text,
    });
  }
});

it('removes no file that has had something else in it', async () => {
  const [client] = CLIENTS;
  const { after } = await planInstall(client as never, 'hugwire', LAUNCH, '{}\n');
  expect((await planUninstall(client as never, 'hugwire', `${after}\n`, ['{}\n'])).after).toBe('{}\n\n');
  const commented = `// mine\n${(await planInstall(client as never, 'hugwire', LAUNCH, undefined)).after}`;
  expect((await planUninstall(client as never, 'hugwire', commented, [])).after).toBe('// mine\n{}\n');
});

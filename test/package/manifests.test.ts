import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';

const read = (file: string) => JSON.parse(readFileSync(file, 'utf8'));
const npm = read('package.json');
const registry = read('server.json');
const bundle = read('.mcpb/manifest.json');

/** `server.json` of the MCP registry, schema of 2025-12-11, as far as a package on npm goes. */
const variable = z.strictObject({
  name: z.string().min(1),
  description: z.string(),
  isRequired: z.boolean(),
  isSecret: z.boolean(),
});
const serverSchema = z.strictObject({
  $schema: z.literal('https://static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json'),
  name: z
    .string()
    .regex(/^[a-zA-Z0-9.-]+\/[a-zA-Z0-9._-]+$/)
    .min(3)
    .max(200),
  title: z.string().min(1).max(100),
  description: z.string().min(1).max(100),
  version: z.string().max(255),
  packages: z.tuple([
    z.strictObject({
      registryType: z.literal('npm'),
      identifier: z.string(),
      version: z.string(),
      transport: z.strictObject({ type: z.literal('stdio') }),
      environmentVariables: z.array(variable),
    }),
  ]),
});

describe('server.json', () => {
  it('is as the registry wants it', () => {
    expect(serverSchema.safeParse(registry).error).toBeUndefined();
  });

  it('names the package that names it', () => {
    expect(registry.name).toBe(npm.mcpName);
    expect(registry.packages[0].identifier).toBe(npm.name);
  });
});

it('tells one version everywhere', () => {
  const versions = [registry.version, registry.packages[0].version, bundle.version, read('package-lock.json').version];
  expect(new Set(versions)).toEqual(new Set([npm.version]));
});

describe('the bundle for Claude Desktop', () => {
  it('runs what the package runs, on the same Node', () => {
    expect(bundle.server.entry_point).toBe(npm.bin.hugwire);
    expect(bundle.server.mcp_config.args[0]).toBe(`\${__dirname}/${npm.bin.hugwire}`);
    expect(bundle.compatibility.runtimes.node).toBe(npm.engines.node);
  });

  it('asks for what it uses, and uses what it asks for', () => {
    const used = JSON.stringify(bundle.server).match(/(?<=user_config\.)\w+/g) ?? [];
    expect(used.sort()).toEqual(Object.keys(bundle.user_config).sort());
    expect(bundle.user_config.token.sensitive).toBe(true);
  });
});

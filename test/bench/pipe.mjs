// A raw pipe to the built server, for the benches: plain JavaScript, so that they run without a build of their own.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

export const BIN = fileURLToPath(new URL('../../bin/hugwire.js', import.meta.url));

/** Starts a server and gives `call(tool, args) → text` and `close()`. */
export async function startServer(args, env = {}) {
  const home = mkdtempSync(join(tmpdir(), 'hugwire-bench-'));
  const child = spawn(process.execPath, [BIN, ...args], {
    env: { PATH: process.env.PATH, HOME: home, TMPDIR: home, HUGWIRE_HOME: home, ...env },
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  const waiting = new Map();
  createInterface({ input: child.stdout }).on('line', (line) => {
    const message = JSON.parse(line);
    waiting.get(message.id)?.(message.result);
    waiting.delete(message.id);
  });
  let id = 0;
  const request = (method, params) => {
    id += 1;
    child.stdin.write(`${JSON.stringify({ jsonrpc: '2.0', id, method, params })}\n`);
    return new Promise((resolve) => waiting.set(id, resolve));
  };
  const clientInfo = { name: 'bench', version: '1' };
  await request('initialize', { protocolVersion: '2025-11-25', capabilities: {}, clientInfo });
  return {
    async call(name, args) {
      const result = await request('tools/call', { name, arguments: args });
      if (result.isError) throw new Error(result.content[0].text);
      return result.content[0].text;
    },
    async close() {
      child.stdin.end();
      await new Promise((resolve) => child.once('close', resolve));
      rmSync(home, { recursive: true, force: true });
    },
  };
}

export function summarise(values) {
  const sorted = [...values].sort((a, b) => a - b);
  return { min: sorted[0], median: sorted[Math.floor(sorted.length / 2)], max: sorted.at(-1) };
}

export function show(name, { min, median, max }, unit) {
  const cell = (value) => value.toFixed(unit === 'x' ? 2 : 1).padStart(8);
  console.log(`${name.padEnd(44)}${cell(min)}${cell(median)}${cell(max)} ${unit}`);
}

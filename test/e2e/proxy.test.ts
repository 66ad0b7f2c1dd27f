import { execFileSync, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer as createProxy, type Server } from 'node:http';
import { type AddressInfo, connect, type Server as NetServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer as createTlsServer } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startDemoHub } from '../../src/world/hub/server.js';
import type { DemoHub } from '../../src/world/types.js';
import { Shell } from './shell.js';

const openssl = spawnSync('openssl', ['version']).status === 0;
if (!openssl) console.warn('Skipped: openssl was not found, and without it there is no certificate to test with.');

const NAME = 'hub.example';

/** A Hub that only a proxy knows the way to, under a certificate that only this test trusts. */
describe.skipIf(!openssl)('behind a proxy', () => {
  const folder = mkdtempSync(join(tmpdir(), 'hugwire-proxy-'));
  const asked: string[] = [];
  const sockets = new Set<Socket>();
  let hub: DemoHub;
  let front: NetServer;
  let proxy: Server;
  let shell: Shell;

  const pipe = (socket: Socket, port: number, greeting?: string) => {
    const upstream = connect(port, '127.0.0.1', () => {
      if (greeting) socket.write(greeting);
      upstream.pipe(socket).pipe(upstream);
    });
    for (const [one, other] of [
      [socket, upstream],
      [upstream, socket],
    ] as const) {
      sockets.add(one);
      one.on('error', () => other.destroy());
    }
  };
  const listen = async (server: NetServer) => {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return (server.address() as AddressInfo).port;
  };

  beforeAll(async () => {
    const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
    const subject = ['-subj', `/CN=${NAME}`, '-addext', `subjectAltName=DNS:${NAME}`];
    const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'];
    execFileSync('openssl', ['req', '-x509', ...kind, ...subject, '-keyout', key, '-out', cert], { stdio: 'ignore' });

    hub = await startDemoHub();
    front = createTlsServer({ key: readFileSync(key), cert: readFileSync(cert) }, (socket) =>
      pipe(socket, Number(new URL(hub.url).port)),
    );
    const frontPort = await listen(front);
    proxy = createProxy();
    proxy.on('connect', (request, socket: Socket) => {
      asked.push(request.url ?? '');
      pipe(socket, frontPort, 'HTTP/1.1 200 Connection established\r\n\r\n');
    });
    shell = new Shell({
      HF_ENDPOINT: `https://${NAME}`,
      HTTPS_PROXY: `http://127.0.0.1:${await listen(proxy)}`,
      NODE_EXTRA_CA_CERTS: cert,
    });
  });
  afterAll(async () => {
    for (const socket of sockets) socket.destroy();
    for (const server of [proxy, front]) server.close();
    await hub.close();
    shell.remove();
    rmSync(folder, { recursive: true, force: true });
  });

  it('the Hub is reached through a tunnel', async () => {
    const { code, stdout, stderr } = await shell.run('call', 'hub_search', 'query=whisper', 'kinds=model');
    expect(code, stderr).toBe(0);
    expect(stdout).toContain('openai/whisper-large-v3 |');
    expect(new Set(asked)).toEqual(new Set([`${NAME}:443`]));
    expect(hub.seen[0]?.headers.host).toBe(NAME);
  });

  it('several requests of one call go through it', async () => {
    const { code, stdout, stderr } = await shell.run(
      'call',
      'hub_repo',
      'ids=openai/whisper-large-v3',
      'include=files',
    );
    expect(code, stderr).toBe(0);
    expect(stdout).toContain('model.safetensors 3.1 GB');
  });
});

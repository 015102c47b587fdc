import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../network/free-port.js';
import { eventually } from '../time/eventually.js';

/** A reverse proxy as operators run it, in front of a service on loopback. */
export interface ProxyServer {
  readonly url: string;
  stop(): Promise<void>;
}

/** The configuration and command of a proxy program, which appends the address of its client to `X-Forwarded-For`. */
export interface ProxyProgram {
  readonly name: string;
  readonly isInstalled: boolean;
  readonly configuration: (port: number, servicePort: number, folder: string) => string;
  readonly parameters: (configurationFile: string, folder: string) => string[];
}

const isInstalled = (name: string) => spawnSync(name, ['-v']).status === 0;

export const NGINX: ProxyProgram = {
  name: 'nginx',
  isInstalled: isInstalled('nginx'),
  configuration: (port, servicePort, folder) => `
    daemon off;
    master_process off;
    pid ${folder}/pid;
    error_log stderr;
    events {}
    http {
      access_log off;
      client_body_temp_path ${folder};
      proxy_temp_path ${folder};
      fastcgi_temp_path ${folder};
      uwsgi_temp_path ${folder};
      scgi_temp_path ${folder};
      server {
        listen 127.0.0.1:${port};
        location / {
          proxy_pass http://127.0.0.1:${servicePort};
          proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
        }
      }
    }`,
  parameters: (file, folder) => ['-p', folder, '-c', file],
};

export const HAPROXY: ProxyProgram = {
  name: 'haproxy',
  isInstalled: isInstalled('haproxy'),
  configuration: (port, servicePort) => `
defaults
  mode http
  timeout connect 1s
  timeout client 5s
  timeout server 5s
listen service
  bind 127.0.0.1:${port}
  option forwardfor
  server one 127.0.0.1:${servicePort}
`,
  parameters: (file) => ['-db', '-f', file],
};

/** Starts a proxy on a free loopback port; resolves once it listens. */
export async function startProxy(program: ProxyProgram, servicePort: number): Promise<ProxyServer> {
  const folder = await mkdtemp(join(tmpdir(), `portcullis-${program.name}-`));
  const port = await freePort();
  const file = join(folder, 'proxy.conf');
  await writeFile(file, program.configuration(port, servicePort, folder));
  const child = spawn(program.name, program.parameters(file, folder), {
    stdio: 'ignore',
    // Caddy writes to the home of its user.
    env: { ...process.env, HOME: folder, XDG_CONFIG_HOME: folder, XDG_DATA_HOME: folder },
  });
  await eventually(() => listens(port, child));
  return {
    url: `http://127.0.0.1:${port}`,
    stop: async () => {
      child.kill('SIGKILL');
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function listens(port: number, child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) throw new Error(`The proxy ended with code ${child.exitCode}.`);
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
  } finally {
    socket.destroy();
  }
}

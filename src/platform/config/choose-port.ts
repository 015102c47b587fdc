import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import type { Environment } from './environment.js';
import { LINK_VARIABLES } from './link-variables.js';
import { StartFault } from './start-fault.js';

/** The variables whose defaults contain the port. */
const DERIVED = ['PUBLIC_URL', 'JWT_ISSUER', ...LINK_VARIABLES] as const;
const PORT_UNKNOWN = /^http:\/\/localhost:0(?=\/|$)/;

/**
 * Replaces port 0 with a free port before anything depends on it: the public address and the issuer of tokens may be
 * derived from the port, and all workers must use the same one. Throws {@link StartFault} if the host cannot be bound.
 */
export async function choosePort(environment: Environment): Promise<void> {
  if (environment.PORT !== 0) return;
  const port = await freePort(environment.HOST);
  environment.PORT = port;
  for (const name of DERIVED)
    environment[name] = environment[name].replace(PORT_UNKNOWN, `http://localhost:${port}`);
  // Workers read the port from the environment of the process.
  process.env['PORT'] = String(port);
}

/** Throws a {@link StartFault} of this option if the port cannot be bound, before a start has done anything else. */
export async function assertFree(host: string, port: number, option: string): Promise<void> {
  await bound(host, port, option);
}

function freePort(host: string): Promise<number> {
  return bound(host, 0, 'HOST');
}

/** Binds a port for a moment, and returns it. */
async function bound(host: string, port: number, variable: string): Promise<number> {
  const server = createServer();
  try {
    await once(server.listen(port, host), 'listening');
    return (server.address() as AddressInfo).port;
  } catch (error) {
    throw new StartFault(variable, error);
  } finally {
    await new Promise((closed) => void server.close(closed));
  }
}

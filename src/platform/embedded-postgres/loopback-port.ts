import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';

const FILE = 'port';

/** Returns the preferred loopback port if it is free, otherwise one chosen by the system. */
export async function usablePort(preferred: number): Promise<number> {
  return (await tryPort(preferred)) ?? (await tryPort(0)) ?? 0;
}

/** Returns the port of the last server in `folder`, stored so that its URL survives restarts; 0 if there was none. */
export async function rememberedPort(folder: string): Promise<number> {
  const port = Number(await readFile(join(folder, FILE), 'utf8').catch(() => ''));
  return Number.isInteger(port) && port > 0 && port < 65_536 ? port : 0;
}

/** Stores the port, so that the next start uses it again if it is free. */
export async function rememberPort(folder: string, port: number): Promise<void> {
  await writeFile(join(folder, FILE), String(port));
}

async function tryPort(port: number): Promise<number | null> {
  const probe = createServer();
  try {
    await once(probe.listen(port, '127.0.0.1'), 'listening');
    return (probe.address() as AddressInfo).port;
  } catch {
    return null;
  } finally {
    await new Promise((closed) => void probe.close(closed));
  }
}

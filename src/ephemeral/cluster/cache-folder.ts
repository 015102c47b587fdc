import { homedir } from 'node:os';
import { join } from 'node:path';

type Variables = Readonly<Record<string, string | undefined>>;

/** Returns the folder for cached files of this user, by the convention of the system (XDG Base Directory on Linux). */
export function cacheFolder(variables: Variables, platform: string = process.platform): string {
  const { XDG_CACHE_HOME: xdg, LOCALAPPDATA: local } = variables;
  // A relative path is invalid by the specification, and ignored.
  if (xdg?.startsWith('/')) return join(xdg, 'portcullis');
  if (platform === 'darwin') return join(homedir(), 'Library', 'Caches', 'portcullis');
  if (platform === 'win32') return join(local ?? join(homedir(), 'AppData', 'Local'), 'portcullis', 'Cache');
  return join(homedir(), '.cache', 'portcullis');
}

/**
 * Returns the path of `PUBLIC_URL` without a trailing slash: the prefix that a proxy removes from request paths, and that
 * references to the service's resources start with. Empty if the service has a host of its own.
 */
export function publicPath(publicUrl: string): string {
  return new URL(publicUrl).pathname.replace(/\/+$/, '');
}

/**
 * The path of `PUBLIC_URL` without a slash at its end: what a proxy in front takes off the path of a request, and what references
 * to other resources of the service begin with. Empty where the service has a host of its own.
 */
export function publicPath(publicUrl: string): string {
  return new URL(publicUrl).pathname.replace(/\/+$/, '');
}

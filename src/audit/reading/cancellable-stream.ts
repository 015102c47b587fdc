import { Readable } from 'node:stream';

/**
 * Returns a stream of what a generator yields. The signal that the generator gets is aborted by `draining` and by destroying
 * the stream; otherwise, closing would wait for the next item, which can take a while.
 */
export function cancellableStream(
  generate: (signal: AbortSignal) => Iterable<string> | AsyncIterable<string>,
  draining: AbortSignal,
): Readable {
  const closing = new AbortController();
  const stream = Readable.from(generate(AbortSignal.any([draining, closing.signal])));
  const destroy = stream.destroy.bind(stream);
  stream.destroy = (error) => {
    closing.abort();
    return destroy(error);
  };
  return stream;
}

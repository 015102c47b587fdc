/** Documentation of the header field of a response that browsers save as a file. */
export const attachment = (filename: string) => ({
  'Content-Disposition': {
    description: 'Makes browsers save the response as a file.',
    schema: { type: 'string' as const, example: `attachment; filename="${filename}"` },
  },
});

/** Documentation of the header field of a stream that proxies must not hold back. */
export const UNBUFFERED = {
  'X-Accel-Buffering': {
    description: 'Makes nginx pass on each part of the stream at once.',
    schema: { type: 'string' as const, example: 'no' },
  },
};

/**
 * What is kept of a seal outside the database: enough to tell that the chain once reached this far. The signature
 * makes it worthless to forge; the chain makes the newest one vouch for all before it.
 */
export interface Checkpoint {
  readonly number: number;
  readonly time: string;
  readonly hash: string;
  readonly signature: string;
}

/** What has to be kept elsewhere of a seal, so that it can neither be replaced nor cut off unnoticed. */
export function checkpointOf({ number, time, hash, signature }: Checkpoint): Checkpoint {
  return { number, time, hash, signature };
}

/**
 * Reads checkpoints from text, one JSON object per line, such as the checkpoint file or lines of the log. Lines that
 * hold none, and a torn last one, are passed over.
 */
export function parseCheckpoints(text: string): Checkpoint[] {
  return text.split('\n').flatMap((line) => {
    try {
      const value = JSON.parse(line) as Partial<Checkpoint> & { checkpoint?: Partial<Checkpoint> };
      const found = value.checkpoint ?? value;
      return isCheckpoint(found) ? [checkpointOf(found)] : [];
    } catch {
      return [];
    }
  });
}

const HEX_HASH = /^[0-9a-f]{64}$/;
const HEX_SIGNATURE = /^[0-9a-f]{128}$/;

function isCheckpoint(value: Partial<Checkpoint> | null): value is Checkpoint {
  return (
    Number.isSafeInteger(value?.number) &&
    typeof value?.time === 'string' &&
    HEX_HASH.test(value?.hash ?? '') &&
    HEX_SIGNATURE.test(value?.signature ?? '')
  );
}

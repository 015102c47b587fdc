/**
 * The part of a seal that is kept outside the database: enough to prove that the chain once reached this far. The
 * signature prevents forgery, and because of the chain the newest checkpoint proves all earlier ones.
 */
export interface Checkpoint {
  readonly number: number;
  readonly time: string;
  readonly hash: string;
  readonly signature: string;
}

/**
 * Returns the part of a seal that must be kept elsewhere, so that the seal cannot be replaced or cut off unnoticed.
 */
export function checkpointOf({ number, time, hash, signature }: Checkpoint): Checkpoint {
  return { number, time, hash, signature };
}

/**
 * Parses checkpoints from text, one JSON object per line, such as the checkpoint file or lines of the log. Lines
 * without a checkpoint and an incomplete last line are skipped.
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

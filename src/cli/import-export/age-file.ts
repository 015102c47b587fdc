import { Decrypter, Encrypter } from 'age-encryption';
import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { writeNewFile } from '../terminal/output-file.js';

/** To whom a file is encrypted. */
export type AgeTarget = { readonly recipient: string } | { readonly passphrase: string };

/** What decrypts a file. */
export type AgeKey = { readonly identity: string } | { readonly passphrase: string };

/** Throws if a text is not a public key of age. */
export function assertRecipient(text: string): void {
  new Encrypter().addRecipient(text);
}

/** Throws if a text is not an identity of age; the message contains the text, which is a secret. */
export function assertIdentity(text: string): void {
  new Decrypter().addIdentity(text);
}

/** Writes a new age file (age-encryption.org/v1) of mode 600, see {@link writeNewFile}. */
export async function writeAgeFile(
  path: string,
  lines: AsyncIterable<string>,
  target: AgeTarget,
): Promise<void> {
  const encrypter = new Encrypter();
  if ('recipient' in target) encrypter.addRecipient(target.recipient);
  else encrypter.setPassphrase(target.passphrase);
  await writeNewFile(path, async (file) => {
    const plain = Readable.toWeb(Readable.from(bytesOf(lines))) as ReadableStream<Uint8Array>;
    await pipeline(Readable.fromWeb((await encrypter.encrypt(plain)) as never), file.createWriteStream());
  });
}

/**
 * Yields the decrypted bytes of an age file. Chunks are authenticated, but only the end proves that none is missing. Throws if
 * the file is not genuine, or the key does not fit.
 */
export async function* readAgeFile(path: string, key: AgeKey): AsyncGenerator<Uint8Array> {
  const decrypter = new Decrypter();
  if ('identity' in key) decrypter.addIdentity(key.identity);
  else decrypter.addPassphrase(key.passphrase);
  const sealed = Readable.toWeb(createReadStream(path)) as ReadableStream<Uint8Array>;
  for await (const chunk of await decrypter.decrypt(sealed)) yield chunk;
}

async function* bytesOf(lines: AsyncIterable<string>): AsyncGenerator<Buffer> {
  for await (const line of lines) yield Buffer.from(line);
}

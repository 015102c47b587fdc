import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A certificate for one name, which is signed by its own key. */
export interface Certificate {
  /** PEM, and the file that has it. */
  readonly text: string;
  readonly file: string;
  readonly keyFile: string;
  /** Both in one file. */
  readonly bundleFile: string;
  remove(): Promise<void>;
}

export async function makeCertificate(name: string): Promise<Certificate> {
  const folder = await mkdtemp(join(tmpdir(), 'portcullis-certificate-'));
  const [file, keyFile, bundleFile] = ['cert.pem', 'key.pem', 'bundle.pem'].map((one) =>
    join(folder, one),
  ) as [string, string, string];
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', keyFile];
  const subject = ['-subj', `/CN=${name}`, '-addext', `subjectAltName=DNS:${name}`];
  await run('openssl', ['req', '-x509', ...key, ...subject, '-days', '2', '-out', file]);
  const text = await readFile(file, 'utf8');
  await writeFile(bundleFile, text + (await readFile(keyFile, 'utf8')));
  return { text, file, keyFile, bundleFile, remove: () => rm(folder, { recursive: true, force: true }) };
}

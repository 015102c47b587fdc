import { readFileSync } from 'node:fs';
import { basename, extname } from 'node:path';
import type { FastifyReply } from 'fastify';
import { PlatformErrors } from '../errors/platform.errors.js';
import { Problem } from '../errors/problem.js';

const TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/**
 * Scripts, style sheets and images of a page, which a strict Content-Security-Policy keeps out of its HTML. They are not
 * cached, so that a page never runs the script of another version.
 */
export class PageAssets {
  private readonly files: ReadonlyMap<string, Buffer>;

  /** Reads files, which are served by their names without the folder. Throws if one is missing. */
  constructor(files: readonly URL[]) {
    this.files = new Map(files.map((file) => [basename(file.pathname), readFileSync(file)]));
  }

  /** Returns a file as the body of a response and sets its type. Throws `not_found` for a name that was not listed. */
  send(name: string, reply: FastifyReply): Buffer {
    const file = this.files.get(name);
    if (!file) throw new Problem(PlatformErrors.not_found);
    void reply.type(TYPES[extname(name)]!);
    return file;
  }
}

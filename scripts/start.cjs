// CommonJS is required: loading the first ES module starts libuv's thread pool, after which its size is fixed.
// Password hashes use one thread per core. The rest of the service (files, DNS, logins to PostgreSQL) needs additional
// threads that never wait behind a hash.
const { enableCompileCache } = require('node:module');
const os = require('node:os');
const path = require('node:path');

const THREADS_BESIDE_HASHES = 4;
if (!process.env.UV_THREADPOOL_SIZE) {
  process.env.UV_THREADPOOL_SIZE = String(os.cpus().length + THREADS_BESIDE_HASHES);
}
// Saves processor time at the start. The folder is not Node's default, which is in the system's temporary folder, where
// other users could place code. If it is not writable, nothing is cached. A version of Node.js that is too old to have the
// function is told so by the import below.
enableCompileCache?.(path.join(__dirname, '..', 'node_modules', '.cache', 'compile'));

void import('./start.mjs');

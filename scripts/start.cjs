// CommonJS on purpose: loading the first ES module starts libuv's thread pool, and from then on its size is fixed.
// Password hashes take one thread per core; the rest of the service (files, DNS, logins to PostgreSQL) needs some
// that never wait behind a hash.
const { enableCompileCache } = require('node:module');
const os = require('node:os');
const path = require('node:path');
const v8 = require('node:v8');

const THREADS_BESIDE_HASHES = 4;
if (!process.env.UV_THREADPOOL_SIZE) {
  process.env.UV_THREADPOOL_SIZE = String(os.cpus().length + THREADS_BESIDE_HASHES);
}
// By default V8 lets the heap double before it collects, on a machine with much memory more than that: 100 MB of records
// that have long been written. The young generation's size can only be given on the command line, see `npm start`.
v8.setFlagsFromString('--heap-growing-percent=50');

// Saves a quarter of the processor time of a start. Not in the system's temporary folder, which is Node's default: other
// users could place code there. Where the folder cannot be written, nothing is cached.
enableCompileCache(path.join(__dirname, '..', 'node_modules', '.cache', 'compile'));

void import('./start.mjs');

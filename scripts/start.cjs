// CommonJS on purpose: loading the first ES module starts libuv's thread pool, and from then on its size is fixed.
// Password hashes take one thread per core; the rest of the service (files, DNS, logins to PostgreSQL) needs some
// that never wait behind a hash.
const os = require('node:os');

const THREADS_BESIDE_HASHES = 4;
if (!process.env.UV_THREADPOOL_SIZE) {
  process.env.UV_THREADPOOL_SIZE = String(os.cpus().length + THREADS_BESIDE_HASHES);
}
void import('./start.mjs');

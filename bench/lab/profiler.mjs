// Loaded into the service with --import. SIGUSR2 starts a CPU profile, and the next SIGUSR2 writes it to PROFILE.
import { writeFileSync } from 'node:fs';
import { Session } from 'node:inspector/promises';

const session = new Session();
let profiling = false;

process.on('SIGUSR2', async () => {
  profiling = !profiling;
  if (profiling) {
    session.connect();
    await session.post('Profiler.enable');
    await session.post('Profiler.start');
  } else {
    const { profile } = await session.post('Profiler.stop');
    writeFileSync(process.env.PROFILE, JSON.stringify(profile));
  }
});

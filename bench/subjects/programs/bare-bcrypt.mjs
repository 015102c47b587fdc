import bcrypt from 'bcrypt';

const [width, seconds] = process.argv.slice(2).map(Number);
const password = 'wandering otters hum at 4 bells';
const hash = await bcrypt.hash(password, 12);
const until = performance.now() + seconds * 1000;
const answers = [];

async function compareAgainAndAgain() {
  while (performance.now() < until) {
    const startedAt = performance.now();
    await bcrypt.compare(password, hash);
    const at = performance.now();
    answers.push({ ms: at - startedAt, at });
  }
}

await Promise.all(Array.from({ length: width }, compareAgainAndAgain));
process.send(answers);
process.disconnect();

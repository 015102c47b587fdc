const PASSWORD = 'wandering otters hum at 4 bells';

/** Returns the data of a user to register. The same number always gives the same user. */
export function person(number) {
  return { name: `Person ${number}`, email: `person-${number}@example.com`, password: PASSWORD };
}

/** Runs an action for each user, two at a time, because hashing uses both cores of a small machine. */
export async function forEach(people, work) {
  const waiting = [...people.entries()];
  const results = [];
  const take = async () => {
    for (let next = waiting.shift(); next; next = waiting.shift()) results[next[0]] = await work(next[1]);
  };
  await Promise.all([take(), take()]);
  return results;
}

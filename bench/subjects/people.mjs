const PASSWORD = 'wandering otters hum at 4 bells';

/** The data of a user to register; the same number always gives the same user. */
export function person(number) {
  return { name: `Person ${number}`, email: `person-${number}@example.com`, password: PASSWORD };
}

/** Does something for each of the people, two at a time: hashing takes both cores of a small machine. */
export async function forEach(people, work) {
  const waiting = [...people.entries()];
  const results = [];
  const take = async () => {
    for (let next = waiting.shift(); next; next = waiting.shift()) results[next[0]] = await work(next[1]);
  };
  await Promise.all([take(), take()]);
  return results;
}

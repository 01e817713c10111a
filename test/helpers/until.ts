// Waiting for something that another process does. The deadline only turns a hang into a failure: nothing is timed.

const DEADLINE = 15_000;
const STEP = 10;

/** Asks again and again until the answer is neither undefined nor false. */
export async function until<T>(
  what: string,
  ask: () => T | undefined | false | Promise<T | undefined | false>,
): Promise<T> {
  const end = performance.now() + DEADLINE;
  while (performance.now() < end) {
    const answer = await ask();
    if (answer !== undefined && answer !== false) return answer;
    await Bun.sleep(STEP);
  }
  throw new Error(`waited in vain: ${what}`);
}

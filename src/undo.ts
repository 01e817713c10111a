// What to take back when a step fails: acquired things are pushed as they are acquired and released in reverse order.

export class Undo {
  readonly #steps: (() => void)[] = [];

  push(step: () => void): void {
    this.#steps.push(step);
  }

  /** Releases everything; a release that fails does not keep the others from happening. Returns those failures. */
  run(): unknown[] {
    const failures: unknown[] = [];
    for (let step = this.#steps.pop(); step !== undefined; step = this.#steps.pop()) {
      try {
        step();
      } catch (error) {
        failures.push(error);
      }
    }
    return failures;
  }
}

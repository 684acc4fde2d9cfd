/** What is to happen at known times: in order of time, then as it was added. */

interface Entry {
  readonly dueUs: number;
  readonly run: (atUs: number) => void;
}

export class Agenda {
  /** In order. */
  readonly #entries: Entry[] = [];

  add(dueUs: number, run: (atUs: number) => void): void {
    let at = this.#entries.length;
    while (at > 0 && (this.#entries[at - 1]?.dueUs ?? 0) > dueUs) at--;
    this.#entries.splice(at, 0, { dueUs, run });
  }

  /** Runs what is due before `nowUs`, and what that adds. */
  advance(nowUs: number): void {
    for (let next = this.#entries[0]; next && next.dueUs < nowUs; next = this.#entries[0]) {
      this.#entries.shift();
      next.run(next.dueUs);
    }
  }
}

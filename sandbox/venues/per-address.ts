/** State per client address, such as a request budget; the least recently used are dropped. */

const MAX_ADDRESSES = 1000;

export class PerAddress<Value> {
  readonly #values = new Map<string, Value>();
  readonly #create: () => Value;

  constructor(create: () => Value) {
    this.#create = create;
  }

  get(address: string): Value {
    const value = this.#values.get(address) ?? this.#create();
    // The map's order is the order of use.
    this.#values.delete(address);
    this.#values.set(address, value);
    const [oldest] = this.#values.keys();
    if (this.#values.size > MAX_ADDRESSES && oldest !== undefined) this.#values.delete(oldest);
    return value;
  }
}

// A seeded generator (xorshift128+ seeded by splitmix64), so that a seed replays a whole run.
const MASK = (1n << 64n) - 1n;

export class Random {
  #a;
  #b;

  constructor(seed) {
    let state = BigInt(seed) & MASK;
    const splitmix = () => {
      state = (state + 0x9e3779b97f4a7c15n) & MASK;
      let z = state;
      z = ((z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n) & MASK;
      z = ((z ^ (z >> 27n)) * 0x94d049bb133111ebn) & MASK;
      return z ^ (z >> 31n);
    };
    [this.#a, this.#b] = [splitmix(), splitmix()];
  }

  #next() {
    let x = this.#a;
    const y = this.#b;
    this.#a = y;
    x ^= (x << 23n) & MASK;
    this.#b = x ^ y ^ (x >> 17n) ^ (y >> 26n);
    return Number((this.#b + y) & 0xffffffffn);
  }

  /** In [0, bound). */
  below(bound) {
    return Math.floor((this.#next() / 0x1_0000_0000) * bound);
  }

  between(low, high) {
    return low + this.below(high - low + 1);
  }

  chance(probability) {
    return this.#next() / 0x1_0000_0000 < probability;
  }

  pick(list) {
    return list[this.below(list.length)];
  }
}

/**
 * numpy's default random generator, to the bit: PCG64 seeded by a SeedSequence, so that both runtimes draw alike.
 *
 * O'Neill 2014, "PCG: A Family of Simple Fast Space-Efficient Statistically Good Algorithms", XSL-RR of 128 bits; the
 * seeding is O'Neill 2015, "Developing a seed_seq Alternative".
 */

const POOL = 4;
const INIT_A = 0x43b0d7e5;
const MULT_A = 0x931e8875;
const INIT_B = 0x8b51f9dd;
const MULT_B = 0x58f38ded;
const MIX_L = 0xca01f9dd;
const MIX_R = 0x4973f715;
// 0x2360ed051fc65da44385df649fccf645, in 16 bits each, the lowest first.
const MULTIPLIER = [0xf645, 0x9fcc, 0xdf64, 0x4385, 0x5da4, 0x1fc6, 0xed05, 0x2360];
const LIMBS = 8;

/** A stream of random numbers: numpy's `default_rng(entropy)`. */
export class Generator {
  // 128 bits each, in 16 bits a place, the lowest first.
  private readonly state = new Uint32Array(LIMBS);
  private readonly increment = new Uint32Array(LIMBS);
  private readonly product = new Float64Array(LIMBS);

  /** @param entropy - whole numbers of at most 32 bits: numpy's seed, or its list of seeds */
  constructor(entropy: number | readonly number[]) {
    const words = seedWords(typeof entropy === "number" ? [entropy] : entropy);
    // Four numbers of 64 bits: high and low half of the first state, and of the stream.
    const start = limbs([words[2], words[3], words[0], words[1]]);
    const stream = limbs([words[6], words[7], words[4], words[5]]);
    let carry = 1; // twice the stream and one
    for (let i = 0; i < LIMBS; i++) {
      const doubled = stream[i] * 2 + carry;
      this.increment[i] = doubled & 0xffff;
      carry = doubled >>> 16;
    }
    this.step();
    add(this.state, start);
    this.step();
  }

  /** The next number from 0 to 1, 1 exclusive, of 53 random bits. */
  random(): number {
    this.step();
    const s = this.state;
    // High and low half are mixed, and turned right by the top six bits.
    let high = (((s[7] ^ s[3]) << 16) | (s[6] ^ s[2])) >>> 0;
    let low = (((s[5] ^ s[1]) << 16) | (s[4] ^ s[0])) >>> 0;
    let turn = s[7] >>> 10;
    if (turn >= 32) {
      [high, low] = [low, high];
      turn -= 32;
    }
    if (turn) {
      const turned = ((high >>> turn) | (low << (32 - turn))) >>> 0;
      low = ((low >>> turn) | (high << (32 - turn))) >>> 0;
      high = turned;
    }
    return (high * 2 ** 21 + (low >>> 11)) * 2 ** -53;
  }

  /** So many of them. */
  randoms(count: number): Float64Array {
    const drawn = new Float64Array(count);
    for (let i = 0; i < count; i++) drawn[i] = this.random();
    return drawn;
  }

  private step(): void {
    const { state, product } = this;
    product.fill(0);
    for (let i = 0; i < LIMBS; i++) {
      const limb = state[i];
      for (let j = 0; j < LIMBS - i; j++) product[i + j] += limb * MULTIPLIER[j]; // below 2^35 in all
    }
    let carry = 0;
    for (let i = 0; i < LIMBS; i++) {
      const sum = product[i] + this.increment[i] + carry;
      carry = Math.floor(sum / 65536);
      state[i] = sum - carry * 65536;
    }
  }
}

/** Eight words of a seed sequence, of 32 bits each: numpy's `generate_state(4, uint64)`, the low half of each first. */
function seedWords(entropy: readonly number[]): Uint32Array {
  const pool = new Uint32Array(POOL);
  let constant = INIT_A;
  const hash = (value: number): number => {
    let mixed = value ^ constant;
    constant = Math.imul(constant, MULT_A);
    mixed = Math.imul(mixed, constant);
    return (mixed ^ (mixed >>> 16)) >>> 0;
  };
  const mix = (x: number, y: number): number => {
    const mixed = Math.imul(MIX_L, x) - Math.imul(MIX_R, y);
    return (mixed ^ ((mixed >>> 0) >>> 16)) >>> 0;
  };
  for (let i = 0; i < POOL; i++) pool[i] = hash(entropy[i] ?? 0);
  for (let from = 0; from < POOL; from++)
    for (let to = 0; to < POOL; to++) if (from !== to) pool[to] = mix(pool[to], hash(pool[from]));
  for (const value of entropy.slice(POOL)) for (let to = 0; to < POOL; to++) pool[to] = mix(pool[to], hash(value));
  const words = new Uint32Array(8);
  constant = INIT_B;
  for (let i = 0; i < words.length; i++) {
    let word = pool[i % POOL] ^ constant;
    constant = Math.imul(constant, MULT_B);
    word = Math.imul(word, constant);
    words[i] = word ^ (word >>> 16);
  }
  return words;
}

/** Four words of 32 bits, the lowest first, in 16 bits a place. */
function limbs(words: readonly number[]): Uint32Array {
  const split = new Uint32Array(LIMBS);
  words.forEach((word, i) => {
    split[2 * i] = word & 0xffff;
    split[2 * i + 1] = word >>> 16;
  });
  return split;
}

function add(to: Uint32Array, what: Uint32Array): void {
  let carry = 0;
  for (let i = 0; i < LIMBS; i++) {
    const sum = to[i] + what[i] + carry;
    to[i] = sum & 0xffff;
    carry = sum >>> 16;
  }
}

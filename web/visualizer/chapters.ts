/**
 * The chapters: one plain sentence per step, the lines of the engine that do what it says, and
 * commands that show it. The build takes the lines out of the C++ sources as they are (and fails
 * when `from` is not there exactly once, or `mark` not in what was taken).
 */

import { code } from './chapter.ts';
import type { Chapter } from './chapter.ts';
import { kTypeChapters } from './type-chapters.ts';

export const kChapters: readonly Chapter[] = [
  {
    id: 'why-hash',
    title: 'Why hash',
    scenario: 'lock-race',
    steps: [
      {
        sentence:
          "A hash turns a key's bytes into 64 bits that look random and are always the same.",
        code: code(
          'base/siphash.h',
          'inline std::uint64_t siphash13(BytesView bytes',
          3,
          'siphash<1, 3>',
        ),
        run: ['SET fruit apple', 'INSPECT HASH fruit'],
      },
      {
        sentence:
          'The lowest bits name the one bucket where the key can be; all others are left alone.',
        code: code(
          'dict/dict_core.h',
          'std::uint32_t index_of(std::uint64_t hash) const {',
          5,
          'low & mask_;',
        ),
        run: ['INSPECT KEY 0 fruit'],
      },
      {
        sentence:
          'Eight other bits, the fingerprint, tell which of its twelve places are worth a look.',
        code: code('dict/dict_ops.h', 'inline Ref Dict<Policy>::search', 11, 'match(*bucket'),
        run: ['GET fruit'],
      },
    ],
    task: {
      text: 'Store the key planet with the value earth.',
      check: 'GET planet',
      expect: '^"earth"$',
    },
  },
  {
    id: 'collisions',
    title: 'Collisions',
    scenario: 'counter',
    steps: [
      {
        sentence:
          'Keys that want the same bucket live side by side: it is one cache line of twelve places.',
        code: code('dict/bucket.h', 'struct alignas(64) Bucket {', 6, 'entries[kBucketPlaces]'),
        run: ['DEBUG POPULATE 10 side'],
      },
      {
        sentence: 'When all twelve are taken, a child bucket is chained to it.',
        code: code(
          'dict/chain_writer.h',
          'void append(std::uint8_t fingerprint',
          11,
          'last_->child = spares_.take()',
        ),
        run: ['DEBUG POPULATE 200 crowd'],
      },
      {
        sentence: 'Nobody can choose keys that collide, because the hash has a secret seed.',
        code: code('dict/sip_policy.h', 'struct SipPolicy {', 7, 'HashSeed seed'),
        run: ['DEBUG HTSTATS 0'],
      },
    ],
    task: {
      text: 'Fill the table until some bucket overflows into a child.',
      check: 'INSPECT DB 0',
      expect: '"children" => \\(integer\\) [1-9]',
    },
  },
  {
    id: 'growing',
    title: 'Growing without stopping',
    steps: [
      {
        sentence:
          'At 85 % the table is too full: one of twice the size begins, and nothing is copied yet.',
        code: code(
          'dict/resize_policy.h',
          'bool wants_growth(std::uint64_t used',
          3,
          'used * 5 >= size * 51',
        ),
        run: ['FLUSHALL', 'DEBUG POPULATE 21 grow'],
      },
      {
        sentence: 'From now on every command pays one small step, whatever it is for.',
        code: code(
          'dict/dict_rehash.h',
          'void Dict<Policy>::pay_step_of_mutation() {',
          4,
          'step(1)',
        ),
        run: ['SET one more'],
      },
      {
        sentence:
          'One more bit of the hash decides for each entry: stay, or go up by the old size.',
        code: code('dict/dict_rehash.h', 'void Dict<Policy>::split_bucket', 16, '>> level_ & 1'),
        run: ['SET another one'],
      },
      {
        sentence:
          'The rehash index tells which table has a bucket now, so a lookup probes one, never two.',
        code: code('dict/dict_core.cpp', 'const Bucket* DictCore::logical_bucket', 8, 'is_split'),
        run: ['GET one'],
      },
    ],
    task: {
      text: 'Make the table grow to four buckets or more.',
      check: 'INSPECT DB 0',
      expect: '"size0" => \\(integer\\) ([4-9]|\\d\\d)',
    },
  },
  {
    id: 'scan',
    title: 'Scan',
    steps: [
      {
        sentence: "SCAN's cursor counts its highest bit first.",
        code: code(
          'dict/scan_cursor.h',
          'std::uint64_t next_cursor(std::uint64_t cursor',
          3,
          'reverse_bits(reverse_bits',
        ),
        run: ['DEBUG POPULATE 100 scanned', 'SCAN 0 COUNT 10'],
      },
      {
        sentence:
          'So when the table doubles, the buckets that were visited stay the ones before the cursor.',
        code: code(
          'dict/scan_cursor.h',
          'std::uint64_t scan_order',
          3,
          'reverse_bits(hash_or_cursor)',
        ),
        run: ['DEBUG POPULATE 400 scanned', 'SCAN 0 COUNT 10'],
      },
    ],
    task: {
      text: 'Store user:1 and user:2, so that a scan for user:* finds both.',
      check: 'SCAN 0 MATCH user:* COUNT 100000',
      expect: '(?=[\\s\\S]*"user:1")(?=[\\s\\S]*"user:2")',
    },
  },
  {
    id: 'expiry',
    title: 'Expiry',
    scenario: 'one-time-password',
    steps: [
      {
        sentence: 'A key with a time to live carries the moment at which it ends.',
        code: code('keyspace/keyspace.h', 'bool expired(EntryView entry) const {', 3, 'now_ms_ >'),
        run: ['SET otp:demo 123456 EX 300', 'PEXPIRETIME otp:demo'],
      },
      {
        sentence: 'Whoever asks after that moment finds nothing, however late the timers are.',
        code: code(
          'keyspace/keyspace.cpp',
          'Keyspace::Place Keyspace::locate',
          10,
          'RemovalReason::kExpired',
        ),
        run: ['TTL otp:demo'],
      },
      {
        sentence: 'One timer, set to the nearest moment, removes the keys that nobody asks for.',
        code: code(
          'keyspace/keyspace_background.cpp',
          'std::int64_t Keyspace::next_deadline_ms',
          10,
          'if (earliest < next)',
        ),
        run: ['INSPECT DEADLINES 0 3'],
      },
    ],
    task: {
      text: 'Store otp:me so that it ends five minutes later.',
      check: 'TTL otp:me',
      expect: '^\\(integer\\) (300|2[89]\\d)$',
    },
  },
  {
    id: 'sleep-safely',
    title: 'Sleep safely',
    steps: [
      {
        sentence:
          'Every change reports itself as one effect, and each effect becomes a record of the log.',
        code: code(
          'keyspace/keyspace.cpp',
          'void Keyspace::report(const Effect& effect',
          5,
          'observer_->effect(effect)',
        ),
        run: ['SET safe yes', 'INSPECT LOG 0'],
      },
      {
        sentence:
          'While a snapshot is written, an entry is saved to it before it is changed: no fork is needed.',
        code: code('keyspace/keyspace.cpp', 'void Keyspace::protect', 6, 'sink_->save'),
        run: ['BGREWRITEAOF'],
      },
    ],
    task: {
      text: 'SET safe yes, pull the plug (below, "What is safe"), and see that it is still there.',
      check: 'GET safe',
      expect: '^"yes"$',
    },
  },
  ...kTypeChapters,
];

/** The chapters about the types, each with a scenario that people use them for. */
import type { Chapter } from './chapter.ts';
import { code } from './chapter.ts';

export const kTypeChapters: readonly Chapter[] = [
  {
    id: 'profile',
    title: 'A profile',
    scenario: 'profile',
    steps: [
      {
        sentence:
          'A small hash is one piece of memory: a field is found by reading from its start.',
        code: code('types/hash.cpp', 'bool HashReader::find(', 10, 'find_packed(field)'),
        run: ['HSET profile:demo name Ana city Porto', 'HGET profile:demo city'],
      },
      {
        sentence:
          'Before a field is written, its limits are asked: beyond them the hash becomes a table.',
        code: code('types/hash.cpp', 'bool Hash::wants_large(', 8, 'limits.hash_value'),
        run: ['OBJECT ENCODING profile:demo', 'HSET profile:demo city Lisbon'],
      },
    ],
    task: {
      text: 'Make a profile user:me whose field plan is pro.',
      check: 'HGET user:me plan',
      expect: '^"pro"$',
    },
  },
  {
    id: 'queue',
    title: 'A queue',
    scenario: 'queue',
    steps: [
      {
        sentence:
          'A short list is one piece of memory inside its entry: a listpack, read from both ends.',
        code: code(
          'types/encoding/listpack.h',
          'static const std::uint8_t* next(const std::uint8_t* element) {',
          4,
          'behind(element)',
        ),
        run: ['RPUSH jobs a b c', 'OBJECT ENCODING jobs'],
      },
      {
        sentence:
          'When it outgrows its limit it becomes a quicklist: a chain of such pieces, quick at both ends.',
        code: code('types/list.cpp', 'if (outgrows(text_bytes, count)) {', 9, 'become_large'),
        run: [
          'CONFIG SET list-max-listpack-size 4',
          'RPUSH jobs d e f g h',
          'OBJECT ENCODING jobs',
          'CONFIG SET list-max-listpack-size -2',
        ],
      },
      {
        sentence:
          'Who waits for an element costs nothing: the command is noted, and runs again when there is one.',
        code: code('commands/waiting.cpp', 'NameTable& waiting = context', 9, 'session.waited_for'),
        run: ['LPOP jobs', 'RPOP jobs'],
      },
    ],
    task: {
      text: 'Make a list tasks of three elements.',
      check: 'LLEN tasks',
      expect: '^\\(integer\\) 3$',
    },
  },
  {
    id: 'leaderboard',
    title: 'A leaderboard',
    scenario: 'leaderboard',
    steps: [
      {
        sentence: 'Members lie in order of their scores, up to 63 of them side by side in a leaf.',
        code: code(
          'types/encoding/score_tree.cpp',
          'struct ScoreTree::Leaf {',
          6,
          'double scores[kLeafItems]',
        ),
        run: ['ZADD board 300 noor 250 leo 410 ana', 'ZRANGE board 0 -1 WITHSCORES'],
      },
      {
        sentence:
          'Every node above knows how many members are below each child, so a place is a short sum.',
        code: code(
          'types/encoding/score_tree.cpp',
          'std::uint64_t ScoreTree::rank(',
          8,
          'before += sum(',
        ),
        run: ['ZREVRANK board leo', 'ZINCRBY board 150 leo', 'ZREVRANK board leo'],
      },
      {
        sentence:
          'A small one is a single piece of memory; beyond the limits it becomes that tree.',
        code: code('types/sorted_set.cpp', 'Result<AddResult> SortedSet::add(', 11, 'add_packed'),
        run: [
          'OBJECT ENCODING board',
          'CONFIG SET zset-max-listpack-entries 3',
          'ZADD board 10 priya',
          'OBJECT ENCODING board',
          'CONFIG SET zset-max-listpack-entries 128',
        ],
      },
    ],
    task: {
      text: 'Make a board my:board on which ana is first of three.',
      check: 'ZREVRANK my:board ana',
      expect: '^\\(integer\\) 0$',
    },
  },
  {
    id: 'sliding-window',
    title: 'A sliding window',
    scenario: 'sliding-window',
    steps: [
      {
        sentence: 'When the scores are moments, a range of time is a range of places.',
        code: code(
          'types/sorted_set.cpp',
          'RankRange SortedSetReader::ranks_of(',
          6,
          'set->tree.rank(',
        ),
        run: ['ZADD window:demo 100 r1 103 r2 109 r3', 'ZCOUNT window:demo 100 110'],
      },
      {
        sentence: 'What is too old goes at once, as many as lie side by side in a leaf.',
        code: code(
          'types/encoding/score_tree.cpp',
          'std::size_t ScoreTree::erase_some(',
          10,
          'remove_items(',
        ),
        run: ['ZREMRANGEBYSCORE window:demo -inf (101', 'ZCARD window:demo'],
      },
    ],
    task: {
      text: 'Put three requests between the moments 100 and 110 into window:me.',
      check: 'ZCOUNT window:me 100 110',
      expect: '^\\(integer\\) 3$',
    },
  },
  {
    id: 'timeline',
    title: 'A timeline',
    scenario: 'timeline',
    steps: [
      {
        sentence:
          'A timeline that is written when somebody posts needs no search when somebody reads.',
        code: code('types/encoding/quicklist.cpp', 'bool Quicklist::push(', 6, 'insert_into'),
        run: ['LPUSH timeline:demo one', 'LPUSH timeline:demo two'],
      },
      {
        sentence: 'Reading a page of it walks over neighbours in memory, from the nearer end.',
        code: code('types/encoding/quicklist.cpp', 'ListPlace Quicklist::seek(', 8, 'count / 2'),
        run: ['LRANGE timeline:demo 0 9'],
      },
      {
        sentence: 'What is too old is cut off, a whole node at a time where it can be.',
        code: code(
          'types/encoding/quicklist.cpp',
          'void Quicklist::erase_from(',
          10,
          'unlink_and_drop(node)',
        ),
        run: ['LTRIM timeline:demo 0 799'],
      },
    ],
    task: {
      text: 'Post hello to the head of timeline:me.',
      check: 'LINDEX timeline:me 0',
      expect: '^"hello"$',
    },
  },
  {
    id: 'cache-version',
    title: 'A cache version',
    scenario: 'cache-version',
    steps: [
      {
        sentence:
          'When the version is part of the name, one INCR makes every old answer unreachable.',
        code: code(
          'commands/counter_commands.cpp',
          'Reply add_integer(Context& context',
          14,
          '__builtin_add_overflow',
        ),
        run: ['SET cache:version 1', 'SET cache:1:home old EX 600', 'INCR cache:version'],
      },
      {
        sentence: 'Nobody has to delete the old ones: each has a moment at which it ends.',
        code: code('keyspace/keyspace.h', 'bool expired(EntryView entry) const {', 3, 'now_ms_ >'),
        run: ['GET cache:2:home', 'TTL cache:1:home'],
      },
    ],
    task: {
      text: 'Make cache:me:version 7.',
      check: 'GET cache:me:version',
      expect: '^"7"$',
    },
  },
  {
    id: 'activity',
    title: 'An activity stream',
    scenario: 'activity',
    steps: [
      {
        sentence:
          'Entries are written one behind the other, until a node is full and a new one begins.',
        code: code('types/stream.cpp', 'Result<void> Stream::append(', 11, 'append_to_stream_node'),
        run: [
          'XADD activity:demo * user ana did login',
          'XADD activity:demo * user leo did upload',
        ],
      },
      {
        sentence:
          'What a worker was given stands beside its name, until it is acknowledged or another takes it.',
        code: code(
          'types/stream_groups.cpp',
          'void Stream::give(',
          11,
          'entry->consumer = consumer',
        ),
        run: [
          'XGROUP CREATE activity:demo audit 0',
          'XREADGROUP GROUP audit worker-1 COUNT 1 STREAMS activity:demo >',
          'XPENDING activity:demo audit',
        ],
      },
    ],
    task: {
      text: 'Make a stream my:log of three entries.',
      check: 'XLEN my:log',
      expect: '^\\(integer\\) 3$',
    },
  },
];

// The fuzz targets: which sources each is about, and the planted bug that it has to find.
//
// `mutant` stands in `file` behind WADICT_MUTANT_<NAME> (tests/mutants); `longest`: bytes of an
// input; `measured`: sources whose lines should be reached.
const COMMANDS = ['cpp/commands/', 'cpp/engine/', 'cpp/keyspace/'];
const VALUES = [
  ...['codec', 'cursor', 'hash', 'list', 'set', 'sorted_set', 'stream', 'value'].map(
    (name) => `cpp/persist/rdb_${name}`,
  ),
  'cpp/persist/old_encodings',
];

export const TARGETS = [
  {
    name: 'parser',
    longest: 512,
    measured: ['cpp/resp/request_parser', 'cpp/resp/split_arguments'],
    mutant: 'HALF_REQUEST_TAKES_MORE',
    file: 'cpp/resp/request_parser.cpp',
  },
  {
    name: 'rdb',
    longest: 2048,
    measured: [...VALUES, 'cpp/persist/rdb_reader'],
    mutant: 'PENDING_NEEDS_NO_CONSUMER',
    file: 'cpp/persist/rdb_stream.cpp',
  },
  {
    name: 'restore',
    longest: 1024,
    measured: [...VALUES, 'cpp/persist/dump_payload'],
    mutant: 'PENDING_NEEDS_NO_CONSUMER',
    file: 'cpp/persist/rdb_stream.cpp',
  },
  {
    name: 'encodings',
    longest: 1024,
    measured: [
      ...['listpack', 'intset', 'quicklist', 'score_tree', 'id_map', 'deadline_heap'].map(
        (name) => `cpp/types/encoding/${name}`,
      ),
      'cpp/persist/old_encodings',
      'cpp/persist/lzf',
    ],
    mutant: 'STREAM_ORDER_NOT_CHECKED',
    file: 'cpp/types/stream_node.cpp',
  },
  {
    name: 'log',
    longest: 1024,
    measured: ['cpp/persist/log_', 'cpp/persist/aof_reader', 'cpp/persist/command_text'],
    mutant: 'CHAIN_NOT_CHECKED',
    file: 'cpp/persist/log_reader.cpp',
  },
  {
    name: 'engine',
    longest: 1024,
    measured: COMMANDS,
    mutant: 'SKIP_WRITE_THROUGH',
    file: 'cpp/keyspace/keyspace.cpp',
  },
];

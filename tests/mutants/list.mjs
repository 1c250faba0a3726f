// Named defects, and for each the test that has to notice it.
//
// cpp:     the defect stands in the source behind WADICT_MUTANT_<NAME>; `program` is the Catch2
//          program, `test` the name of a test (or tags).
// web:     `find` in `file` is replaced by `replace`; it has to occur exactly once. `test` is the
//          test file, `only` a pattern of the test's name.
// browser: the same, noticed by a Playwright test: `test` is a pattern of its name.
// short:   also part of `npm test`.

const cpp = (name, program, what, test, options = {}) => ({
  name,
  program,
  what,
  test,
  ...options,
});
const SHORT = { short: true };

export const CPP_MUTANTS = [
  cpp(
    'REHASH_INDEX_OFF_BY_ONE',
    'dict_test',
    'a lookup takes the bucket at the rehash index for one that has moved',
    'the dict agrees with a map over doublings and halvings in every resize mode',
    SHORT,
  ),
  cpp(
    'LOST_CHILD_LINK',
    'dict_test',
    'a bucket forgets its overflow bucket',
    'every key can be found after every single step of growing and shrinking',
    SHORT,
  ),
  cpp(
    'CURSOR_NOT_REVERSED',
    'dict_test',
    'SCAN counts its cursor up instead of from the reversed end',
    'a key present during the whole scan is returned, whatever grows, shrinks and moves',
    SHORT,
  ),
  cpp(
    'SCAN_SKIPS_EXPANSION',
    'dict_test',
    'SCAN during a rehash emits one of the buckets that a small one stands for',
    'a scan in the middle of a rehash emits a small bucket with all its expansions',
  ),
  cpp(
    'SPLIT_KEEPS_MOVED_ENTRY',
    'dict_test',
    'an entry that moved stays in its old bucket, too',
    'the dict agrees with a map over doublings and halvings in every resize mode',
  ),
  cpp(
    'AVOID_IS_IGNORED',
    'dict_test',
    'the table grows during a snapshot as at any time',
    'a table grows at 85 % of its places, at four times that in AVOID, never in FORBID',
  ),
  cpp(
    'COMPACTOR_MOVES_FREED_SLOTS',
    'memory_test',
    'the compactor moves what was freed',
    'nothing moves while a pause lives, nested pauses included',
  ),
  cpp(
    'FULL_PAGE_STAYS_UNLINKED',
    'memory_test',
    'a page that was full is never found again after a free',
    'accounting, pages and bytes agree with a model under random churn',
  ),
  cpp(
    'SKIP_WRITE_THROUGH',
    'keyspace_test',
    'a write during a snapshot does not save the old value first',
    'a snapshot under a storm of writes holds exactly the state at its cut',
    SHORT,
  ),
  cpp(
    'READ_IGNORES_DEADLINE',
    'keyspace_test',
    'a read returns a key past its deadline',
    'a key lives through its last millisecond and is gone in the next',
  ),
  cpp(
    'FRAME_CRC_NOT_CHECKED',
    'persist_test',
    'a damaged frame of the log is read as if it were whole',
    'every flipped bit of a log is found, and exactly the records before it are recovered',
  ),
  cpp(
    'CHAIN_NOT_CHECKED',
    'persist_test',
    'a frame is taken although it does not follow the one before',
    'a frame that does not follow the chain is corruption although its numbers fit',
  ),
  cpp(
    'RDB_CHECKSUM_IGNORED',
    'persist_test',
    'a snapshot with a wrong checksum is loaded',
    'a wrong checksum is refused at its offset; zero means unchecked; old versions have none',
  ),
  cpp(
    'HALF_REQUEST_TAKES_MORE',
    'resp_test',
    'a half request takes a byte too many from the next chunk',
    'a half request takes only its own bytes from the next chunk',
  ),
  cpp(
    'STREAM_ORDER_NOT_CHECKED',
    'engine_test',
    'a stream from outside may have its entries in any order',
    'a stream with entries out of order is refused',
  ),
  cpp(
    'PENDING_NEEDS_NO_CONSUMER',
    'engine_test',
    'a stream from outside may have pending entries that no consumer has',
    'a stream with a pending entry that no consumer has is refused',
  ),
];

export const WEB_MUTANTS = [
  {
    name: 'ALWAYS_IS_RELAXED',
    what: 'durability always asks for relaxed appends',
    file: 'web/host/durability.ts',
    find: "sync: 'strict',",
    replace: "sync: 'relaxed',",
    test: 'tests/web/host/durability.test.ts',
    short: true,
  },
  {
    name: 'REPLY_BEFORE_COMMIT',
    what: 'replies leave before the log has reached them',
    file: 'web/host/store-core.ts',
    find: 'connection.release(waits ? queue.committedPosition : null)',
    replace: 'connection.release(null)',
    test: 'tests/web/host/durability.test.ts',
    short: true,
  },
  {
    name: 'STRICT_APPEND_NOT_SYNCED',
    what: 'a strict append to a file does not wait for the disk',
    file: 'web/storage/file-storage.ts',
    find: "if (sync === 'strict') await",
    replace: 'if (String(sync) === "never") await',
    test: 'tests/web/storage/file-faults.test.ts',
  },
  {
    name: 'GAP_IN_LOG_ACCEPTED',
    what: 'the file storage appends a group whose number does not follow',
    file: 'web/storage/file-storage.ts',
    find: 'if (this.#nextLsn !== null && firstLsn !== this.#nextLsn) {',
    replace: 'if (this.#nextLsn !== null && firstLsn < 0n) {',
    test: 'tests/web/storage/contract.test.ts',
  },
  {
    name: 'RENAMED_BEFORE_SYNCED',
    what: 'a manifest takes its name before its bytes are safe',
    file: 'web/storage/file-ops.ts',
    find: '    await handle.datasync();\n  } finally {',
    replace: '  } finally {',
    test: 'tests/web/storage/file-faults.test.ts',
  },
];

export const BROWSER_MUTANTS = [
  {
    name: 'ACKNOWLEDGED_ON_SUCCESS',
    what: "IndexedDB: a request's success is taken for the transaction's completion",
    file: 'web/storage/indexeddb-connection.ts',
    find: 'read = issue(transaction.objectStore(store));',
    replace: `const objects = transaction.objectStore(store);
        read = issue(objects);
        objects.count().onsuccess = () => finish(() => resolve(read!()));`,
    test: 'storage on IndexedDB: indexedDb',
  },
];

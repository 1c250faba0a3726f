// DUMP payloads: a value as RDB writes it, with a footer, so that RESTORE here, in Redis or in
// Valkey can check and read it: type(1) value version(2, LE) crc64(8, LE).
// Cost: one pass for the checksum and one copy.
// Source: Redis 8.0.2, cluster.c.
#pragma once

#include "base/bytes.h"
#include "base/result.h"
#include "persist/lzf.h"
#include "persist/rdb_value.h"
#include "persist/rdb_writer.h"

namespace wadict {

// Appends the payload of the entry's value to `out`. Errors: OOM, and then `out` is as before.
Result<void> append_dump(ByteBuffer& out, ValueEnv& env, EntryView entry, const RdbOptions& options,
                         LzfCompressor& lzf);

// Checks the footer and returns what stands before it, borrowed from `payload`.
// Errors: ERR DUMP payload version or checksum are wrong.
Result<BytesView> verify_dump(BytesView payload);

// Reads the value of a verified payload's body into `value`; a string borrows from `body`. Like
// Redis it ignores what follows the value.
// Errors: ERR Bad data format (damage, limits, no elements, types that are not read); OOM.
Result<void> read_dump(BytesView body, const RdbLimits& limits, RdbValueReader& value);

}  // namespace wadict

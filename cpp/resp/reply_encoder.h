// ReplyBuilder: writes RESP2 or RESP3 into a ByteBuffer. Commands say what a reply means (map, set,
// double, null); the builder knows what the session's protocol makes of it (RESP2: a map is an
// array of twice the length, a double is a bulk string, ...). Bytes equal Redis 8.0.2's. When
// memory ends the builder turns `failed()` and writes nothing more; the caller then rolls back to
// the mark it took before the reply and closes or reports. Cost: O(bytes).
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/bytes.h"
#include "base/long_double.h"
#include "base/result.h"

namespace wadict {

enum class RespVersion : std::uint8_t { kResp2 = 2, kResp3 = 3 };

class ReplyBuilder {
 public:
  // Where a deferred header will stand.
  struct Mark {
    std::size_t offset;
  };

  // Appends to `out`, which must outlive the builder.
  explicit ReplyBuilder(ByteBuffer& out, RespVersion version = RespVersion::kResp2)
      : out_(&out), version_(version) {}

  [[nodiscard]] RespVersion version() const { return version_; }
  void set_version(RespVersion version) { version_ = version; }
  [[nodiscard]] bool is_resp3() const { return version_ == RespVersion::kResp3; }

  // "+text". REQUIRES: no CR or LF in `text`.
  void simple(BytesView text);
  void ok() { raw("+OK\r\n"); }
  void queued() { raw("+QUEUED\r\n"); }
  // "-WORD message"; CR and LF in it become spaces, as in Redis.
  void error(const Error& error);
  void integer(std::int64_t value) { number(':', value); }
  void unsigned_integer(std::uint64_t value);  // ":n"; above 2^63 - 1 too
  void bulk(BytesView bytes);
  void bulk_integer(std::int64_t value);  // the decimal text as a bulk string
  void null();                            // RESP2: null bulk "$-1"
  void null_array();                      // RESP2: "*-1"; RESP3: null
  void boolean(bool value);               // RESP2: integer 1 or 0
  void real(double value);                // RESP3 ",", RESP2 a bulk string; text by format_double
  void real(LongDouble80 value);          // the same; text by LongDouble80::append_text
  void big_number(BytesView digits);      // RESP3 "(", RESP2 a bulk string
  // RESP3 "=" with a three-letter format such as "txt"; RESP2 a bulk string of `text` alone.
  void verbatim(BytesView format, BytesView text);

  void array(std::uint64_t count) { header('*', count); }
  void map(std::uint64_t pairs);        // RESP2: array of 2 * pairs
  void set(std::uint64_t count);        // RESP2: array
  void push(std::uint64_t count);       // RESP2: array (subscription messages)
  void attribute(std::uint64_t pairs);  // REQUIRES: is_resp3()
  void empty_array() { raw("*0\r\n"); }

  // Aggregates whose length is known only at the end. The mark goes to the matching end call;
  // nested ones end in reverse order. Cost of the end call: at most one move of what was written
  // since.
  [[nodiscard]] Mark begin_array();
  void end_array(Mark mark, std::uint64_t count) { end_header(mark, '*', count); }
  [[nodiscard]] Mark begin_map() { return begin_array(); }
  void end_map(Mark mark, std::uint64_t pairs);
  [[nodiscard]] Mark begin_set() { return begin_array(); }
  void end_set(Mark mark, std::uint64_t count);

  // Bytes that are RESP already.
  void raw(BytesView resp);

  // Memory ran out since the builder was made (or since roll_back).
  [[nodiscard]] bool failed() const { return failed_; }
  [[nodiscard]] std::size_t size() const { return out_->size(); }
  // Drops everything from `size` on and clears failed(). REQUIRES: size <= size().
  void roll_back(std::size_t size) {
    out_->truncate(size);
    failed_ = false;
  }
  [[nodiscard]] ByteBuffer& out() { return *out_; }

 private:
  void number(char type, std::int64_t value);
  void header(char type, std::uint64_t count);
  void end_header(Mark mark, char type, std::uint64_t count);
  void line(char type, BytesView text);
  // Room for `count` bytes, or null and failed().
  [[nodiscard]] char* extend(std::size_t count);

  ByteBuffer* out_;
  RespVersion version_;
  bool failed_ = false;
};

}  // namespace wadict

// ReportText: the text of INFO and its relatives, line by line: "name:value", each ended by CR LF.
// Sticky: after memory has ended nothing more is written, and failed() says so.
#pragma once

#include <cstdint>

#include "base/bytes.h"

namespace wadict {

class ReportText {
 public:
  // "# Title", after an empty line unless it is the first.
  void section(BytesView title);
  void line(BytesView name, BytesView value);
  void line(BytesView name, std::uint64_t value);
  void line_signed(BytesView name, std::int64_t value);
  // With two decimals.
  void line_ratio(BytesView name, double value);
  // The same with a closing '%'.
  void line_percent(BytesView name, double value);
  // Two lines: bytes, and as `<name>_human` with a unit (718.57K).
  void line_bytes(BytesView name, std::uint64_t bytes);
  // Only the second of them.
  void line_human(BytesView name, std::uint64_t bytes);

  // Pieces of a line.
  void text(BytesView piece) { ok_ = ok_ && out_.append(piece); }
  void number(std::uint64_t value) { ok_ = ok_ && out_.append_uint(value); }
  void end_line() { text("\r\n"); }

  [[nodiscard]] bool failed() const { return !ok_; }
  [[nodiscard]] BytesView view() const { return out_.view(); }

 private:
  void fixed(double value);
  void name(BytesView name) {
    text(name);
    text(":");
  }

  ByteBuffer out_;
  bool ok_ = true;
};

}  // namespace wadict

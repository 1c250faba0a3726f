#include "commands/report_text.h"

#include "base/number.h"

namespace wadict {

void ReportText::section(BytesView title) {
  if (!out_.empty()) end_line();
  text("# ");
  text(title);
  end_line();
}

void ReportText::line(BytesView field, BytesView value) {
  name(field);
  text(value);
  end_line();
}

void ReportText::line(BytesView field, std::uint64_t value) {
  name(field);
  number(value);
  end_line();
}

void ReportText::line_signed(BytesView field, std::int64_t value) {
  name(field);
  ok_ = ok_ && out_.append_int(value);
  end_line();
}

void ReportText::fixed(double value) {
  char digits[kDoubleTextBytes];
  text(BytesView(digits, format_fixed_point(digits, value, 2)));
}

void ReportText::line_ratio(BytesView field, double value) {
  name(field);
  fixed(value);
  end_line();
}

void ReportText::line_percent(BytesView field, double value) {
  name(field);
  fixed(value);
  text("%");
  end_line();
}

void ReportText::line_bytes(BytesView field, std::uint64_t bytes) {
  line(field, bytes);
  line_human(field, bytes);
}

void ReportText::line_human(BytesView field, std::uint64_t bytes) {
  text(field);
  name("_human");
  constexpr BytesView kUnits[] = {"B", "K", "M", "G", "T", "P", "E"};
  std::size_t unit = 0;
  double value = static_cast<double>(bytes);
  while (value >= 1024 && unit + 1 < sizeof kUnits / sizeof kUnits[0]) {
    value /= 1024;
    ++unit;
  }
  if (unit == 0) {
    number(bytes);
  } else {
    fixed(value);
  }
  text(kUnits[unit]);
  end_line();
}

}  // namespace wadict

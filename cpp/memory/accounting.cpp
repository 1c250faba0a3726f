#include "memory/accounting.h"

namespace wadict {

BytesView owner_name(Owner owner) {
  switch (owner) {
    case Owner::kTable:
      return "table";
    case Owner::kEntry:
      return "entry";
    case Owner::kValue:
      return "value";
    case Owner::kIndex:
      return "index";
    case Owner::kLog:
      return "log";
    case Owner::kOther:
      return "other";
  }
  return "";
}

OwnerUsage Accounting::total() const {
  OwnerUsage sum;
  for (const OwnerUsage& usage : usage_) {
    sum.used_bytes += usage.used_bytes;
    sum.blobs += usage.blobs;
    sum.pages += usage.pages;
  }
  return sum;
}

}  // namespace wadict

// ChainWriter: appends entries to a chain while old buckets of chains are taken apart. The buckets
// that become free on the way (SpareChildren) are used for the new chains, so that a split never
// allocates and a merge allocates at most one bucket, beforehand.
//
// Why a split has enough: when m buckets were read (m - 1 of them children, all spare now), at most
// 12 m entries were written, a to the lower and b to the upper chain, and these need ceil(a/12) - 1
// + ceil(b/12) - 1 <= m - 1 children.
#pragma once

#include "dict/bucket.h"

namespace wadict {

class SpareChildren {
 public:
  explicit SpareChildren(const Arena& arena) : arena_(arena) {}
  void give(Ref child) {
    arena_.as<Bucket>(child)->child = first_;
    first_ = child;
  }
  // 0 when there is none.
  [[nodiscard]] Ref take() {
    const Ref child = first_;
    if (child != 0) first_ = arena_.as<Bucket>(child)->child;
    return child;
  }
  [[nodiscard]] Bucket& at(Ref child) const { return *arena_.as<Bucket>(child); }

 private:
  const Arena& arena_;
  Ref first_ = 0;  // linked through their child fields
};

class ChainWriter {
 public:
  // Appends from `last`, the last bucket of its chain, on.
  ChainWriter(Bucket* last, SpareChildren& spares) : last_(last), spares_(spares) {}
  void append(std::uint8_t fingerprint, std::uint32_t entry) {
    Places free_places = match(*last_, 0);
    if (!free_places) {
      last_->child = spares_.take();
      WADICT_ASSERT(last_->child != 0);
      last_ = &spares_.at(last_->child);
      clear_bucket(*last_);
      free_places = Places(kAllPlaces);
    }
    set_place(*last_, free_places.first(), fingerprint, entry);
  }

 private:
  Bucket* last_;
  SpareChildren& spares_;
};

}  // namespace wadict

#include "memory/arena.h"

#include <cstring>
#include <map>
#include <vector>

#include "base/random.h"
#include "compat.hpp"

using namespace wadict;

namespace {

struct Blob {
  std::size_t bytes;
  std::uint8_t fill;
  Owner owner;
};

void fill(const Arena& arena, Ref ref, const Blob& blob) {
  std::memset(arena.at(ref), blob.fill, blob.bytes);
}

bool is_filled(const Arena& arena, Ref ref, const Blob& blob) {
  for (std::size_t i = 0; i < blob.bytes; ++i)
    if (arena.at(ref)[i] != blob.fill) return false;
  return true;
}

std::size_t random_bytes(Random& random) {
  const std::uint64_t kind = random.below(100);
  if (kind < 80) return 1 + random.below(300);
  if (kind < 97) return 1 + random.below(8000);
  if (kind < 99) return 1 + random.below(kLargestSlotBytes);
  return 1 + random.below(5 * kPageBytes);
}

}  // namespace

TEST_CASE("every size gets a slot that is large enough and wastes little", "[memory][arena]") {
  for (std::size_t bytes = 1; bytes <= kLargestSlotBytes; ++bytes) {
    const std::size_t size_class = size_class_of(bytes);
    REQUIRE(size_class < kClassCount);
    const std::size_t slot = kSizeClasses.slot_bytes[size_class];
    REQUIRE(slot >= bytes);
    if (bytes >= kSmallestSlotBytes && bytes <= kFineBytes) REQUIRE(slot < bytes + kGranuleBytes);
    if (bytes > kFineBytes && bytes <= 4096) REQUIRE((slot - bytes) * 16 <= bytes);
    if (size_class > 2) REQUIRE(kSizeClasses.slot_bytes[size_class - 1] < bytes);
    REQUIRE(slot % kGranuleBytes == 0);
    REQUIRE(kSizeClasses.slots_per_page[size_class] * slot <= kPageBytes);
  }
}

TEST_CASE("buckets and blocks of buckets are aligned to a cache line", "[memory][arena]") {
  Arena arena;
  std::vector<Ref> refs;
  for (std::size_t bytes = 64; bytes <= 65536; bytes *= 2) {
    for (int i = 0; i < 20; ++i) {
      refs.push_back(arena.allocate(bytes, Owner::kTable));
      REQUIRE(reinterpret_cast<std::uintptr_t>(arena.at(refs.back())) % 64 == 0);
      REQUIRE(arena.capacity(refs.back()) == bytes);
    }
  }
  for (std::size_t bytes = 8; bytes <= 256; bytes += 8) {
    refs.push_back(arena.allocate(4, Owner::kOther));
    refs.push_back(arena.allocate(bytes, Owner::kOther));
    REQUIRE(reinterpret_cast<std::uintptr_t>(arena.at(refs.back())) % 8 == 0);
  }
  arena.check();
  for (const Ref ref : refs) arena.free(ref);
  arena.check();
}

TEST_CASE("blobs keep their bytes, references round-trip and spare bits are masked",
          "[memory][arena][M02][M25]") {
  Arena arena;
  const Ref ref = arena.allocate(11, Owner::kEntry);
  REQUIRE(ref != 0);
  REQUIRE((ref & ~kRefMask) == 0);
  std::memcpy(arena.at(ref), "hello world", 11);
  const Ref tagged = ref | (Ref{3} << kRefBits);
  REQUIRE(arena.at(tagged) == arena.at(ref));
  REQUIRE(arena.ref_of(arena.at(ref)) == ref);
  REQUIRE(arena.capacity(tagged) == 12);
  arena.free(tagged);
  REQUIRE(arena.used_bytes() == 0);
}

TEST_CASE("accounting, pages and bytes agree with a model under random churn",
          "[memory][arena][model]") {
  const auto seed = GENERATE(range(0u, 6u));
  CAPTURE(seed);
  Random random(seed);
  Arena arena;
  std::vector<std::pair<Ref, Blob>> blobs;
  std::uint64_t most = 0;
  for (int i = 0; i < 12000; ++i) {
    const bool grow = (i / 3000) % 2 == 0;
    if (blobs.empty() || random.below(100) < (grow ? 70u : 30u)) {
      const Blob blob{random_bytes(random), static_cast<std::uint8_t>(random.next()),
                      static_cast<Owner>(random.below(kOwnerCount))};
      const Ref ref = arena.allocate(blob.bytes, blob.owner);
      REQUIRE(ref != 0);
      REQUIRE(arena.capacity(ref) >= blob.bytes);
      fill(arena, ref, blob);
      blobs.emplace_back(ref, blob);
    } else {
      const std::size_t at = random.below(blobs.size());
      REQUIRE(is_filled(arena, blobs[at].first, blobs[at].second));
      arena.free(blobs[at].first);
      blobs[at] = blobs.back();
      blobs.pop_back();
    }
    most = std::max(most, arena.footprint_bytes());
    if (i % 1000 == 0) arena.check();
  }
  std::map<Owner, std::uint64_t> used;
  for (const auto& [ref, blob] : blobs) {
    REQUIRE(is_filled(arena, ref, blob));
    used[blob.owner] += arena.capacity(ref);
  }
  std::uint64_t total = 0;
  for (std::size_t i = 0; i < kOwnerCount; ++i) {
    REQUIRE(arena.accounting().of(static_cast<Owner>(i)).used_bytes == used[static_cast<Owner>(i)]);
    total += used[static_cast<Owner>(i)];
  }
  REQUIRE(arena.used_bytes() == total);
  REQUIRE(arena.footprint_bytes() >= total);
  for (const auto& [ref, blob] : blobs) arena.free(ref);
  arena.trim();
  arena.check();
  REQUIRE(arena.used_bytes() == 0);
  REQUIRE(arena.footprint_bytes() == 0);
  REQUIRE(arena.free_pages() == arena.owned_pages());
  REQUIRE(most > 0);
}

TEST_CASE("the limit makes allocation fail cleanly and freeing makes room again",
          "[memory][arena][M13]") {
  Arena arena;
  arena.set_limit_bytes(4 * kPageBytes);
  std::vector<Ref> refs;
  for (;;) {
    const Ref ref = arena.allocate(1000, Owner::kEntry);
    if (ref == 0) break;
    refs.push_back(ref);
  }
  REQUIRE(refs.size() == 4 * kSizeClasses.slots_per_page[size_class_of(1000)]);
  REQUIRE(arena.allocate(100, Owner::kEntry) == 0);  // another class needs a page of its own
  REQUIRE(arena.allocate_page_run(1, Owner::kTable) == 0);
  REQUIRE(arena.available_bytes() == 0);
  arena.check();
  arena.free(refs.back());
  REQUIRE(arena.allocate(1000, Owner::kEntry) == refs.back());
  for (const Ref ref : refs) arena.free(ref);
  REQUIRE(arena.allocate(100, Owner::kEntry) != 0);
  arena.check();
}

TEST_CASE("sizes beyond the address space fail instead of wrapping", "[memory][arena]") {
  Arena arena;
  REQUIRE(arena.allocate(std::size_t{0} - 1, Owner::kValue) == 0);
  REQUIRE(arena.allocate(std::size_t{0} - kPageBytes, Owner::kValue) == 0);
  REQUIRE(arena.allocate_page_run(PageSource::kPageNumbers, Owner::kValue) == 0);
  REQUIRE(arena.footprint_bytes() == 0);
  arena.check();
}

TEST_CASE("a page run grows in place when the pages behind it are free, else it moves whole",
          "[memory][arena]") {
  Arena arena;
  const std::size_t bytes = 3 * kPageBytes - 5;
  Ref ref = arena.allocate(bytes, Owner::kValue);
  REQUIRE(arena.capacity(ref) == 3 * kPageBytes);
  fill(arena, ref, {bytes, 0xa7, Owner::kValue});
  const Ref grown = arena.reallocate(ref, bytes, 5 * kPageBytes);
  REQUIRE(grown == ref);
  REQUIRE(arena.capacity(ref) == 5 * kPageBytes);
  const Ref neighbour = arena.allocate_page_run(1, Owner::kTable);
  const Ref moved = arena.reallocate(ref, bytes, 9 * kPageBytes);
  REQUIRE(moved != ref);
  REQUIRE(is_filled(arena, moved, {bytes, 0xa7, Owner::kValue}));
  arena.check();
  arena.free(neighbour);
  arena.free(moved);
  REQUIRE(arena.footprint_bytes() == 0);
  // A blob of a class moves to a larger class, and stays where it fits.
  ref = arena.allocate(100, Owner::kEntry);
  fill(arena, ref, {100, 0x3c, Owner::kEntry});
  REQUIRE(arena.reallocate(ref, 100, 100) == ref);
  const Ref larger = arena.reallocate(ref, 100, 5000);
  REQUIRE(is_filled(arena, larger, {100, 0x3c, Owner::kEntry}));
  arena.set_limit_bytes(arena.footprint_bytes());
  REQUIRE(arena.reallocate(larger, 100, 200000) == 0);
  REQUIRE(is_filled(arena, larger, {100, 0x3c, Owner::kEntry}));
  arena.free(larger);
  arena.check();
}

TEST_CASE("an empty page returns to the source but the last one of its class", "[memory][arena]") {
  Arena arena;
  std::vector<Ref> refs;
  for (int i = 0; i < 5000; ++i) refs.push_back(arena.allocate(200, Owner::kEntry));
  const std::uint64_t full = arena.footprint_bytes();
  REQUIRE(full == 16 * kPageBytes);
  for (const Ref ref : refs) arena.free(ref);
  REQUIRE(arena.footprint_bytes() == kPageBytes);
  REQUIRE(arena.allocate(200, Owner::kEntry) != 0);
  REQUIRE(arena.footprint_bytes() == kPageBytes);
  arena.check();
}

TEST_CASE("an empty page of large slots returns at once", "[memory][arena]") {
  Arena arena;
  for (std::size_t bytes = 512; bytes <= kLargestSlotBytes; bytes *= 2)
    arena.free(arena.allocate(bytes, Owner::kTable));
  REQUIRE(arena.footprint_bytes() == 0);
  arena.check();
}

TEST_CASE("pages provided ahead serve later allocations without asking the platform",
          "[memory][arena]") {
  Arena arena;
  REQUIRE(arena.provide_pages(100));
  const std::size_t owned = arena.owned_pages();
  REQUIRE(owned >= 100);
  for (int i = 0; i < 100; ++i) REQUIRE(arena.allocate_page_run(1, Owner::kTable) != 0);
  REQUIRE(arena.owned_pages() == owned);
}

TEST_CASE("the page views show class, owner and live share of every page in use",
          "[memory][arena]") {
  Arena arena;
  const Ref run = arena.allocate_page_run(2, Owner::kTable);
  std::vector<Ref> refs;
  for (int i = 0; i < 256; ++i) refs.push_back(arena.allocate(256, Owner::kValue));
  for (int i = 0; i < 128; ++i) arena.free(refs[static_cast<std::size_t>(i)]);
  std::vector<PageView> views;
  arena.for_each_page([&views](const PageView& view) { views.push_back(view); });
  REQUIRE(views.size() == 3);
  REQUIRE(views[0].size_class == kPageRunClass);
  REQUIRE(views[0].live_share == 255);
  REQUIRE(views[0].owner == Owner::kTable);
  REQUIRE(views[2].owner == Owner::kValue);
  REQUIRE(views[2].live_share == 127);
  REQUIRE(kSizeClasses.slot_bytes[views[2].size_class] == 256);
  arena.free(run);
}

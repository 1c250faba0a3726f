// A native contestant as a program: commands on standard input, one line of answer each.
//
//   open KEYS KIND | close | bytes | idle
//   run PHASE FROM TO     chunks FROM .. TO - 1: "SUM ns ns ns ..." one figure per chunk
//   each PHASE FROM TO    the same with one figure per operation, and no sum
#include <chrono>
#include <cinttypes>
#include <cstdio>
#include <cstring>

extern "C" {
void bench_open(std::uint32_t count, std::uint32_t kind);
void bench_close();
std::uint32_t bench_prepare(std::uint32_t phase, std::uint32_t chunk);
std::uint32_t bench_run();
void bench_one(std::uint32_t i);
std::uint64_t bench_bytes();
int bench_idle();
}

namespace {

std::int64_t now_ns() {
  using namespace std::chrono;
  return duration_cast<nanoseconds>(steady_clock::now().time_since_epoch()).count();
}

void run(std::uint32_t phase, std::uint32_t from, std::uint32_t to) {
  std::uint32_t sum = 0;
  for (std::uint32_t chunk = from; chunk < to; ++chunk) {
    bench_prepare(phase, chunk);
    const std::int64_t started = now_ns();
    sum += bench_run();
    std::printf("%" PRId64 " ", now_ns() - started);
  }
  std::printf("%" PRIu32 "\n", sum);
}

void each(std::uint32_t phase, std::uint32_t from, std::uint32_t to) {
  for (std::uint32_t chunk = from; chunk < to; ++chunk) {
    const std::uint32_t operations = bench_prepare(phase, chunk);
    for (std::uint32_t i = 0; i < operations; ++i) {
      const std::int64_t started = now_ns();
      bench_one(i);
      std::printf("%" PRId64 " ", now_ns() - started);
    }
  }
  std::printf("0\n");
}

}  // namespace

int main() {
  char line[256];
  while (std::fgets(line, sizeof line, stdin) != nullptr) {
    char word[16] = "";
    std::uint32_t a = 0;
    std::uint32_t b = 0;
    std::uint32_t c = 0;
    std::sscanf(line, "%15s %" SCNu32 " %" SCNu32 " %" SCNu32, word, &a, &b, &c);
    if (std::strcmp(word, "run") == 0) {
      run(a, b, c);
    } else if (std::strcmp(word, "each") == 0) {
      each(a, b, c);
    } else if (std::strcmp(word, "bytes") == 0) {
      std::printf("%" PRIu64 "\n", bench_bytes());
    } else if (std::strcmp(word, "idle") == 0) {
      std::printf("%d\n", bench_idle());
    } else {
      if (std::strcmp(word, "open") == 0) bench_open(a, b);
      if (std::strcmp(word, "close") == 0) bench_close();
      std::printf("0\n");
    }
    std::fflush(stdout);
  }
}

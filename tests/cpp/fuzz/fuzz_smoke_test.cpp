// Every fuzz target on a few random inputs; `npm run fuzz:native` runs them for minutes, led by
// coverage. A broken promise ends the program.
#include "base/random.h"
#include "compat.hpp"
#include "fuzz/fuzz.h"

using namespace wadict;
using namespace wadict::fuzz;

TEST_CASE("no fuzz target finds anything in random inputs", "[engine][fuzz]") {
  const auto seed = GENERATE(range(0u, 2u));
  CAPTURE(seed);
  for (const Target& target : kTargets) {
    CAPTURE(target.name);
    Random random(seed);
    // An engine for each input costs a hundred times what a parser does.
    const bool is_cheap = target.run == fuzz_parser || target.run == fuzz_encodings;
    const int inputs = is_cheap ? 300 : 15;
    for (int input = 0; input < inputs; ++input) {
      CAPTURE(input);
      std::string bytes(random.below(is_cheap ? 300 : 600), '\0');
      for (char& byte : bytes) byte = static_cast<char>(random.next());
      REQUIRE_NOTHROW(target.run(bytes));
    }
  }
}

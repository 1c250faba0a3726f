#include "base/shortest_double.h"

#include <cstdint>

#include "base/assert.h"
#include "base/byte_order.h"

namespace wadict {
namespace {

// 10^(kFirstPower + 8 * index) rounded to 64 bits; top bit set.
constexpr int kFirstPower = -348;
constexpr int kPowerStep = 8;
constexpr int kPowers = 87;
constexpr std::uint64_t kPowerSignificands[kPowers] = {
    0xfa8fd5a0081c0288ull, 0xbaaee17fa23ebf76ull, 0x8b16fb203055ac76ull, 0xcf42894a5dce35eaull,
    0x9a6bb0aa55653b2dull, 0xe61acf033d1a45dfull, 0xab70fe17c79ac6caull, 0xff77b1fcbebcdc4full,
    0xbe5691ef416bd60cull, 0x8dd01fad907ffc3cull, 0xd3515c2831559a83ull, 0x9d71ac8fada6c9b5ull,
    0xea9c227723ee8bcbull, 0xaecc49914078536dull, 0x823c12795db6ce57ull, 0xc21094364dfb5637ull,
    0x9096ea6f3848984full, 0xd77485cb25823ac7ull, 0xa086cfcd97bf97f4ull, 0xef340a98172aace5ull,
    0xb23867fb2a35b28eull, 0x84c8d4dfd2c63f3bull, 0xc5dd44271ad3cdbaull, 0x936b9fcebb25c996ull,
    0xdbac6c247d62a584ull, 0xa3ab66580d5fdaf6ull, 0xf3e2f893dec3f126ull, 0xb5b5ada8aaff80b8ull,
    0x87625f056c7c4a8bull, 0xc9bcff6034c13053ull, 0x964e858c91ba2655ull, 0xdff9772470297ebdull,
    0xa6dfbd9fb8e5b88full, 0xf8a95fcf88747d94ull, 0xb94470938fa89bcfull, 0x8a08f0f8bf0f156bull,
    0xcdb02555653131b6ull, 0x993fe2c6d07b7facull, 0xe45c10c42a2b3b06ull, 0xaa242499697392d3ull,
    0xfd87b5f28300ca0eull, 0xbce5086492111aebull, 0x8cbccc096f5088ccull, 0xd1b71758e219652cull,
    0x9c40000000000000ull, 0xe8d4a51000000000ull, 0xad78ebc5ac620000ull, 0x813f3978f8940984ull,
    0xc097ce7bc90715b3ull, 0x8f7e32ce7bea5c70ull, 0xd5d238a4abe98068ull, 0x9f4f2726179a2245ull,
    0xed63a231d4c4fb27ull, 0xb0de65388cc8ada8ull, 0x83c7088e1aab65dbull, 0xc45d1df942711d9aull,
    0x924d692ca61be758ull, 0xda01ee641a708deaull, 0xa26da3999aef774aull, 0xf209787bb47d6b85ull,
    0xb454e4a179dd1877ull, 0x865b86925b9bc5c2ull, 0xc83553c5c8965d3dull, 0x952ab45cfa97a0b3ull,
    0xde469fbd99a05fe3ull, 0xa59bc234db398c25ull, 0xf6c69a72a3989f5cull, 0xb7dcbf5354e9beceull,
    0x88fcf317f22241e2ull, 0xcc20ce9bd35c78a5ull, 0x98165af37b2153dfull, 0xe2a0b5dc971f303aull,
    0xa8d9d1535ce3b396ull, 0xfb9b7cd9a4a7443cull, 0xbb764c4ca7a44410ull, 0x8bab8eefb6409c1aull,
    0xd01fef10a657842cull, 0x9b10a4e5e9913129ull, 0xe7109bfba19c0c9dull, 0xac2820d9623bf429ull,
    0x80444b5e7aa7cf85ull, 0xbf21e44003acdd2dull, 0x8e679c2f5e44ff8full, 0xd433179d9c8cb841ull,
    0x9e19db92b4e31ba9ull, 0xeb96bf6ebadf77d9ull, 0xaf87023b9bf0ee6bull,
};

// The binary exponent of such a power: floor(k * log2(10)) - 63, exact in this range.
constexpr int power_exponent(int decimal) { return ((217706 * decimal) >> 16) - 63; }

// significand * 2^exponent
struct Scaled {
  std::uint64_t significand;
  int exponent;
};

Scaled normalized(Scaled value) {
  const int shift = __builtin_clzll(value.significand);
  return {value.significand << shift, value.exponent - shift};
}

// The upper 64 bits of the product, rounded.
Scaled multiply(Scaled left, Scaled right) {
  const auto product = static_cast<unsigned __int128>(left.significand) * right.significand;
  const auto rounded = product + (1ull << 63);
  return {static_cast<std::uint64_t>(rounded >> 64), left.exponent + right.exponent + 64};
}

// The power that brings a normalised number with `exponent` to a binary exponent in [-60, -32]. Two
// may qualify; the search starts where the original's does, so the same one is found.
int power_index(int exponent) {
  constexpr double kLog10Of2 = 0.30102999566398114;
  const int approximation = static_cast<int>(-(exponent + kPowers) * kLog10Of2);
  int index = (approximation - kFirstPower) / kPowerStep;
  while (true) {
    const int result = exponent + power_exponent(kFirstPower + index * kPowerStep) + 64;
    if (result < -60) {
      ++index;
    } else if (result > -32) {
      --index;
    } else {
      return index;
    }
  }
}

// Lowers the last digit while that brings the number closer to the true value.
void round_last(DecimalDigits& out, std::uint64_t delta, std::uint64_t rest, std::uint64_t unit,
                std::uint64_t distance) {
  while (rest < distance && delta - rest >= unit &&
         (rest + unit < distance || distance - rest > rest + unit - distance)) {
    --out.digits[out.count - 1];
    rest += unit;
  }
}

// Digits of `upper` until what is left is within [upper - delta, upper].
void generate(DecimalDigits& out, Scaled upper, std::uint64_t delta, std::uint64_t distance) {
  const int point = -upper.exponent;  // 32..60
  const std::uint64_t one = 1ull << point;
  std::uint64_t integer = upper.significand >> point;
  std::uint64_t fraction = upper.significand & (one - 1);
  int kappa = 10;
  for (std::uint64_t power = 1'000'000'000; kappa > 0; power /= 10) {
    const std::uint64_t digit = integer / power;
    if (digit != 0 || out.count != 0) out.digits[out.count++] = static_cast<char>('0' + digit);
    integer -= digit * power;
    --kappa;
    const std::uint64_t rest = (integer << point) + fraction;
    if (rest <= delta) {
      out.exponent += kappa;
      round_last(out, delta, rest, power << point, distance);
      return;
    }
  }
  for (std::uint64_t unit = 10;; unit *= 10) {
    fraction *= 10;
    delta *= 10;
    --kappa;
    const std::uint64_t digit = fraction >> point;
    if (digit != 0 || out.count != 0) out.digits[out.count++] = static_cast<char>('0' + digit);
    fraction &= one - 1;
    if (fraction < delta) {
      out.exponent += kappa;
      round_last(out, delta, fraction, one, distance * unit);
      return;
    }
  }
}

}  // namespace

DecimalDigits shortest_digits(double value) {
  constexpr std::uint64_t kHidden = 1ull << 52;
  const std::uint64_t bits = bits_of_double(value);
  const int biased = static_cast<int>(bits >> 52);
  WADICT_ASSERT(bits != 0 && biased < 0x7ff);
  const std::uint64_t fraction = bits & (kHidden - 1);
  const Scaled exact =
      biased == 0 ? Scaled{fraction, -1074} : Scaled{fraction | kHidden, biased - 1075};
  // Half way to the neighbours; below a power of two the lower one is half as far away.
  const Scaled upper = normalized({exact.significand * 2 + 1, exact.exponent - 1});
  const int lower_shift = exact.significand == kHidden ? 2 : 1;
  const Scaled lower{(exact.significand << lower_shift) - 1, exact.exponent - lower_shift};
  const Scaled aligned_lower{lower.significand << (lower.exponent - upper.exponent),
                             upper.exponent};

  const int index = power_index(upper.exponent);
  const int decimal = kFirstPower + index * kPowerStep;
  const Scaled power{kPowerSignificands[index], power_exponent(decimal)};
  const Scaled scaled = multiply(normalized(exact), power);
  Scaled scaled_upper = multiply(upper, power);
  Scaled scaled_lower = multiply(aligned_lower, power);
  // The products are off by at most one unit: narrow the interval to the safe side.
  --scaled_upper.significand;
  ++scaled_lower.significand;

  DecimalDigits out{};
  out.exponent = -decimal;
  generate(out, scaled_upper, scaled_upper.significand - scaled_lower.significand,
           scaled_upper.significand - scaled.significand);
  return out;
}

}  // namespace wadict

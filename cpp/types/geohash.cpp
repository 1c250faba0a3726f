#include "types/geohash.h"

#include <cmath>

namespace wadict {
namespace {

constexpr double kRadiansOfDegree = 3.14159265358979323846 / 180.0;
constexpr double kEarthRadiusM = 6372797.560856;
constexpr double kMercatorMax = 20037726.37;

double radians(double degrees) { return degrees * kRadiansOfDegree; }
double degrees(double radians) { return radians / kRadiansOfDegree; }

// Puts the bits of a 32-bit number into the even places of 64, and back.
std::uint64_t spread(std::uint32_t value) {
  std::uint64_t bits = value;
  bits = (bits | bits << 16) & 0x0000ffff0000ffffull;
  bits = (bits | bits << 8) & 0x00ff00ff00ff00ffull;
  bits = (bits | bits << 4) & 0x0f0f0f0f0f0f0f0full;
  bits = (bits | bits << 2) & 0x3333333333333333ull;
  return (bits | bits << 1) & 0x5555555555555555ull;
}
std::uint32_t gather(std::uint64_t bits) {
  bits &= 0x5555555555555555ull;
  bits = (bits | bits >> 1) & 0x3333333333333333ull;
  bits = (bits | bits >> 2) & 0x0f0f0f0f0f0f0f0full;
  bits = (bits | bits >> 4) & 0x00ff00ff00ff00ffull;
  bits = (bits | bits >> 8) & 0x0000ffff0000ffffull;
  return static_cast<std::uint32_t>(bits | bits >> 16);
}

// As an x86 converts a double to 64 bits, so that scores that are no places give the same points.
std::uint64_t bits_of_score(double score) {
  constexpr double kTop = 0x1.0p63;
  const auto to_signed = [](double value) {
    return value >= -kTop && value < kTop ? static_cast<std::int64_t>(value) : INT64_MIN;
  };
  if (score < kTop) return static_cast<std::uint64_t>(to_signed(score));
  return static_cast<std::uint64_t>(to_signed(score - kTop)) ^ std::uint64_t{1} << 63;
}

// One coordinate of a cell: from where to where.
struct Span {
  double from;
  double to;
};
Span span_of(std::uint32_t index, unsigned steps, double max) {
  const double scale = max - -max;
  const auto cells = static_cast<double>(std::uint64_t{1} << steps);
  return {-max + (index * 1.0 / cells) * scale,
          -max + (static_cast<std::uint32_t>(index + 1) * 1.0 / cells) * scale};
}
Span longitudes(const GeoCell& cell) {
  return span_of(gather(cell.bits >> 1), cell.steps, kLongitudeMax);
}
Span latitudes(const GeoCell& cell) { return span_of(gather(cell.bits), cell.steps, kLatitudeMax); }

double middle(const Span& span, double max) {
  const double value = (span.from + span.to) / 2;
  return value > max ? max : value < -max ? -max : value;
}

// The cell so many steps to the east and the north, round the earth in both directions.
GeoCell beside(const GeoCell& cell, int east, int north) {
  const std::uint64_t mask = (std::uint64_t{1} << cell.steps) - 1;
  std::uint64_t longitude = gather(cell.bits >> 1);
  std::uint64_t latitude = gather(cell.bits);
  if (east != 0) longitude = (longitude + static_cast<std::uint64_t>(east)) & mask;
  if (north != 0) latitude = (latitude + static_cast<std::uint64_t>(north)) & mask;
  return {spread(static_cast<std::uint32_t>(latitude)) |
              spread(static_cast<std::uint32_t>(longitude)) << 1,
          cell.steps};
}

double latitude_distance(double from, double to) {
  return kEarthRadiusM * std::fabs(radians(to) - radians(from));
}

// How fine a cell may be so that nine of them cover a circle.
unsigned steps_for(double range_m, double latitude) {
  if (range_m == 0) return kGeohashSteps;
  int steps = 1;
  for (; range_m < kMercatorMax; range_m *= 2) ++steps;
  steps -= 2;
  // Towards the poles the cells are narrower.
  if (latitude > 66 || latitude < -66) --steps;
  if (latitude > 80 || latitude < -80) --steps;
  return steps < 1 ? 1 : steps > 26 ? 26 : static_cast<unsigned>(steps);
}

struct Bounds {
  double west, south, east, north;
};

Bounds bounds_of(const GeoShape& shape) {
  const double height_m = shape.is_box ? shape.height_m / 2 : shape.radius_m;
  const double width_m = shape.is_box ? shape.width_m / 2 : shape.radius_m;
  const auto& [longitude, latitude] = shape.center;
  const double north = degrees(height_m / kEarthRadiusM);
  const double edge = latitude < 0 ? latitude - north : latitude + north;
  const double east = degrees(width_m / kEarthRadiusM / std::cos(radians(edge)));
  return {longitude - east, latitude - north, longitude + east, latitude + north};
}

// The order in which Redis looks at them, and so that of its replies.
constexpr struct {
  int east, north;
} kAround[kGeoCells] = {{0, 0}, {0, 1},  {0, -1}, {1, 0},  {-1, 0},
                        {1, 1}, {-1, 1}, {1, -1}, {-1, -1}};

}  // namespace

GeoCell cell_of(const GeoPoint& point, unsigned steps, double latitude_max) {
  const auto cells = static_cast<double>(std::uint64_t{1} << steps);
  const auto place = [cells](double value, double max) {
    const double offset = (value - -max) / (max - -max);
    return static_cast<std::uint32_t>(offset * cells);
  };
  return {spread(place(point.latitude, latitude_max)) |
              spread(place(point.longitude, kLongitudeMax)) << 1,
          steps};
}

GeoPoint point_of_score(double score) {
  const GeoCell cell{bits_of_score(score), kGeohashSteps};
  return {middle(longitudes(cell), kLongitudeMax), middle(latitudes(cell), kLatitudeMax)};
}

double score_of_cell(const GeoCell& cell) {
  return static_cast<double>(cell.bits << (2 * (kGeohashSteps - cell.steps)));
}

void write_geohash(const GeoPoint& point, char* to) {
  constexpr char kAlphabet[] = "0123456789bcdefghjkmnpqrstuvwxyz";
  const std::uint64_t bits = cell_of(point, kGeohashSteps, 90).bits;
  // 52 bits are ten characters and two bits; the eleventh character is always 0.
  for (unsigned i = 0; i < 10; ++i) to[i] = kAlphabet[bits >> (47 - 5 * i) & 31];
  to[10] = kAlphabet[0];
}

double geo_distance(const GeoPoint& from, const GeoPoint& to) {
  const double v = std::sin((radians(to.longitude) - radians(from.longitude)) / 2);
  if (v == 0.0) return latitude_distance(from.latitude, to.latitude);
  const double south = radians(from.latitude);
  const double north = radians(to.latitude);
  const double u = std::sin((north - south) / 2);
  const double a = u * u + std::cos(south) * std::cos(north) * v * v;
  return 2.0 * kEarthRadiusM * std::asin(std::sqrt(a));
}

bool GeoShape::contains(const GeoPoint& point, double* distance_m) const {
  if (is_box) {
    if (latitude_distance(point.latitude, center.latitude) > height_m / 2) return false;
    if (geo_distance(point, {center.longitude, point.latitude}) > width_m / 2) return false;
  }
  *distance_m = geo_distance(center, point);
  return is_box || *distance_m <= radius_m;
}

void cover(const GeoShape& shape, GeoCell* cells) {
  const Bounds bounds = bounds_of(shape);
  const double half_width = shape.width_m / 2;
  const double half_height = shape.height_m / 2;
  const double radius_m = shape.is_box
                              ? std::sqrt(half_width * half_width + half_height * half_height)
                              : shape.radius_m;
  unsigned steps = steps_for(radius_m, shape.center.latitude);
  GeoCell center = cell_of(shape.center, steps);
  // Near the edge of its cell the shape may reach beyond the cell beside it.
  const bool reaches_beyond = latitudes(beside(center, 0, 1)).to < bounds.north ||
                              latitudes(beside(center, 0, -1)).from > bounds.south ||
                              longitudes(beside(center, 1, 0)).to < bounds.east ||
                              longitudes(beside(center, -1, 0)).from > bounds.west;
  if (steps > 1 && reaches_beyond) center = cell_of(shape.center, --steps);
  const Span north_south = latitudes(center);
  const Span west_east = longitudes(center);
  for (std::size_t i = 0; i < kGeoCells; ++i) {
    const auto& [east, north] = kAround[i];
    const bool needless = steps >= 2 && ((north < 0 && north_south.from < bounds.south) ||
                                         (north > 0 && north_south.to > bounds.north) ||
                                         (east < 0 && west_east.from < bounds.west) ||
                                         (east > 0 && west_east.to > bounds.east));
    cells[i] = needless ? GeoCell{} : beside(center, east, north);
  }
}

}  // namespace wadict

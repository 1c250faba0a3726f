// Geohash: places on the earth as scores of a sorted set. Longitude and latitude become 26 bits
// each, interleaved (latitude in the even bits), so that one number of 52 bits names a cell of
// about 0.6 m, and all numbers with a common prefix lie in one larger cell. A search takes the cell
// of its size around the centre and the eight beside it, each one range of scores.
//
// The arithmetic is Redis's step by step, so that the same doubles come out; sine, cosine and arc
// sine are the platform's, whose last bit may differ between builds.
// Source: Redis 8.0.2, geohash.c, geohash_helper.c (formulas); haversine; EPSG:3857 (limits).
#pragma once

#include <cstddef>
#include <cstdint>

namespace wadict {

inline constexpr double kLongitudeMax = 180;
inline constexpr double kLatitudeMax = 85.05112878;
inline constexpr unsigned kGeohashSteps = 26;  // bits of each coordinate in a score

struct GeoPoint {
  double longitude = 0;
  double latitude = 0;
};

// A cell of `steps` bits a coordinate. steps 0: none.
struct GeoCell {
  std::uint64_t bits = 0;
  unsigned steps = 0;
  bool operator==(const GeoCell& other) const { return bits == other.bits && steps == other.steps; }
};

// The cell of a point. `latitude_max`: 90 for the texts of GEOHASH. REQUIRES: the point is within
// the limits.
[[nodiscard]] GeoCell cell_of(const GeoPoint& point, unsigned steps,
                              double latitude_max = kLatitudeMax);
// The middle of a score's cell, whatever number it is.
[[nodiscard]] GeoPoint point_of_score(double score);
// The lowest score of a cell; that of the cell behind it is the first one outside.
[[nodiscard]] double score_of_cell(const GeoCell& cell);
// The 11 characters of GEOHASH.
void write_geohash(const GeoPoint& point, char* to);
// Meters on a sphere.
[[nodiscard]] double geo_distance(const GeoPoint& from, const GeoPoint& to);

// What a search covers: a circle, or a box that is not turned.
struct GeoShape {
  GeoPoint center;
  bool is_box = false;
  double radius_m = 0;
  double width_m = 0;
  double height_m = 0;

  // Whether it contains the point; `distance_m` from the centre then.
  [[nodiscard]] bool contains(const GeoPoint& point, double* distance_m) const;
};

// The cells that cover a shape: the centre's and the eight around it, those that are not needed
// with steps 0.
inline constexpr std::size_t kGeoCells = 9;
void cover(const GeoShape& shape, GeoCell* cells);

}  // namespace wadict

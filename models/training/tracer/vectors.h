// Vectors, random numbers and the few helpers that everything else is written in.
#pragma once
#include <cmath>
#include <cstdint>

#ifdef __CUDACC__
#define BOTH __host__ __device__ __forceinline__
#else
#define BOTH inline
#endif

constexpr float PI = 3.14159265f, FAR_AWAY = 1e30f;

struct Vec {
  float x, y, z;
};

BOTH Vec vec(float x, float y, float z) { return Vec{x, y, z}; }
BOTH Vec vec(const float* p) { return Vec{p[0], p[1], p[2]}; }
BOTH Vec grey(float v) { return Vec{v, v, v}; }
BOTH Vec operator+(Vec a, Vec b) { return Vec{a.x + b.x, a.y + b.y, a.z + b.z}; }
BOTH Vec operator-(Vec a, Vec b) { return Vec{a.x - b.x, a.y - b.y, a.z - b.z}; }
BOTH Vec operator-(Vec a) { return Vec{-a.x, -a.y, -a.z}; }
BOTH Vec operator*(Vec a, Vec b) { return Vec{a.x * b.x, a.y * b.y, a.z * b.z}; }
BOTH Vec operator*(Vec a, float s) { return Vec{a.x * s, a.y * s, a.z * s}; }
BOTH float dot(Vec a, Vec b) { return a.x * b.x + a.y * b.y + a.z * b.z; }
BOTH Vec cross(Vec a, Vec b) { return Vec{a.y * b.z - a.z * b.y, a.z * b.x - a.x * b.z, a.x * b.y - a.y * b.x}; }
BOTH Vec unit(Vec a) {
  float squared = dot(a, a);
  return squared > 1e-20f ? a * (1.f / sqrtf(squared)) : vec(0, 0, 1);
}
BOTH Vec mix(Vec a, Vec b, float t) { return a * (1.f - t) + b * t; }
BOTH float clamp(float x, float low, float high) { return fminf(fmaxf(x, low), high); }
BOTH float mean(Vec a) { return (a.x + a.y + a.z) / 3; }
BOTH float largest(Vec a) { return fmaxf(a.x, fmaxf(a.y, a.z)); }
BOTH float fraction(float x) { return x - floorf(x); }
BOTH float fifth_power(float x) { return x * x * x * x * x; }

// A 3 x 4 matrix, row by row.
BOTH Vec transform_point(const float* m, Vec p) {
  return vec(m[0] * p.x + m[1] * p.y + m[2] * p.z + m[3], m[4] * p.x + m[5] * p.y + m[6] * p.z + m[7],
             m[8] * p.x + m[9] * p.y + m[10] * p.z + m[11]);
}
BOTH Vec transform_direction(const float* m, Vec d) {
  return vec(m[0] * d.x + m[1] * d.y + m[2] * d.z, m[4] * d.x + m[5] * d.y + m[6] * d.z,
             m[8] * d.x + m[9] * d.y + m[10] * d.z);
}
// Normals go the other way, by the transpose.
BOTH Vec transform_normal_back(const float* m, Vec n) {
  return unit(vec(m[0] * n.x + m[4] * n.y + m[8] * n.z, m[1] * n.x + m[5] * n.y + m[9] * n.z,
                  m[2] * n.x + m[6] * n.y + m[10] * n.z));
}

// Two vectors that stand square on a unit normal and on each other.
BOTH void tangents(Vec normal, Vec& first, Vec& second) {
  first = unit(cross(fabsf(normal.x) > .9f ? vec(0, 1, 0) : vec(1, 0, 0), normal));
  second = cross(normal, first);
}

// PCG: one 32-bit word of state, good enough for light.
struct Random {
  uint32_t state;
  BOTH uint32_t bits() {
    state = state * 747796405u + 2891336453u;
    uint32_t word = ((state >> ((state >> 28) + 4)) ^ state) * 277803737u;
    return (word >> 22) ^ word;
  }
  BOTH float next() { return (bits() >> 8) * (1.f / 16777216.f); }
};

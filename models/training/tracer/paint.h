// What colour a point of a material has: textures, noise and patterns.
#pragma once
#include "records.h"

BOTH Vec texel(const Pool& pool, int texture, int x, int y) {
  const int side = pool.texture_side;
  x = ((x % side) + side) % side;
  y = ((y % side) + side) % side;
  const uint8_t* p = pool.textures + (((size_t)texture * side + y) * side + x) * 3;
  Vec c = vec(p[0], p[1], p[2]) * (1.f / 255.f);
  return c * c;   // a gamma of two is near enough to sRGB for made-up paint
}

BOTH Vec sample_texture(const Pool& pool, int texture, float u, float v) {
  float x = u * pool.texture_side - .5f, y = v * pool.texture_side - .5f;
  int column = (int)floorf(x), row = (int)floorf(y);
  Vec upper = mix(texel(pool, texture, column, row), texel(pool, texture, column + 1, row), x - column);
  Vec lower = mix(texel(pool, texture, column, row + 1), texel(pool, texture, column + 1, row + 1), x - column);
  return mix(upper, lower, y - row);
}

BOTH float lattice_value(int x, int y, int z) {
  uint32_t h = (uint32_t)x * 73856093u ^ (uint32_t)y * 19349663u ^ (uint32_t)z * 83492791u;
  h ^= h >> 13;
  h *= 0x5bd1e995u;
  h ^= h >> 15;
  h *= 0x27d4eb2du;
  h ^= h >> 13;
  return (h & 0xffffff) * (1.f / 16777215.f);
}

BOTH float ease(float t) { return t * t * (3 - 2 * t); }

BOTH float value_noise(Vec p) {
  int x = (int)floorf(p.x), y = (int)floorf(p.y), z = (int)floorf(p.z);
  float u = ease(p.x - x), v = ease(p.y - y), w = ease(p.z - z), layer[2];
  for (int k = 0; k < 2; k++) {
    float near = lattice_value(x, y, z + k) * (1 - u) + lattice_value(x + 1, y, z + k) * u;
    float far = lattice_value(x, y + 1, z + k) * (1 - u) + lattice_value(x + 1, y + 1, z + k) * u;
    layer[k] = near * (1 - v) + far * v;
  }
  return layer[0] * (1 - w) + layer[1] * w;
}

// Noise upon noise, each of half the size and half the strength: between 0 and 1, mostly about a half.
BOTH float fractal_noise(Vec p, int octaves) {
  float sum = 0, strength = .5f;
  for (int i = 0; i < octaves; i++) {
    sum += strength * value_noise(p);
    p = p * 2.03f + vec(7.1f, 3.7f, 5.3f);
    strength *= .5f;
  }
  return sum;
}

// From three sides at once, blended by where the surface faces: no seams, no need for a map.
BOTH Vec wrapped_texture(const Pool& pool, const Material& m, Vec p, Vec normal) {
  Vec weight = normal * normal;
  weight = weight * weight;
  weight = weight * (1.f / (weight.x + weight.y + weight.z + 1e-9f));
  Vec q = p * m.scale, colour = grey(0);
  if (weight.x > .02f)
    colour = colour + sample_texture(pool, m.texture, q.y + m.offset[0], -q.z + m.offset[1]) * weight.x;
  if (weight.y > .02f)
    colour = colour + sample_texture(pool, m.texture, q.x + m.offset[0], -q.z + m.offset[1]) * weight.y;
  if (weight.z > .02f)
    colour = colour + sample_texture(pool, m.texture, q.x + m.offset[0], q.y + m.offset[1]) * weight.z;
  return colour;
}

// `p` and `normal` in the thing's own space, `u` and `v` on its map.
BOTH Vec paint(const Pool& pool, const Material& m, Vec p, Vec normal, float u, float v) {
  Vec colour = vec(m.colour), second = vec(m.second);
  switch (m.pattern) {
    case PAINTED:
      return colour * sample_texture(pool, m.texture, u * m.scale + m.offset[0], v * m.scale + m.offset[1]);
    case WRAPPED:
      return colour * wrapped_texture(pool, m, p, normal);
    case FROM_ABOVE: {
      float x = p.x * cosf(m.turn) - p.y * sinf(m.turn), y = p.x * sinf(m.turn) + p.y * cosf(m.turn);
      return colour * sample_texture(pool, m.texture, x * m.scale * .5f + .5f + m.offset[0],
                                     y * m.scale * .5f + .5f + m.offset[1]);
    }
    case MOTTLED: {
      float n = fractal_noise(p * m.frequency + vec(m.offset[0], m.offset[1], 0), 4);
      return mix(colour, second, clamp((n - .5f) * m.contrast + .5f, 0, 1));
    }
    case LAYERED: {
      float wave = sinf((p.z + .15f * fractal_noise(p * 2.f, 2)) * m.frequency * 2 * PI + m.offset[0]);
      return mix(colour, second, clamp(wave * m.contrast + .5f, 0, 1));
    }
    case CHECKED: {
      Vec q = p * m.frequency;
      return ((int)floorf(q.x) + (int)floorf(q.y) + (int)floorf(q.z)) & 1 ? colour : second;
    }
    case PATCHY: {   // prints, labels, what is left of an old coat: a texture here and there on a plain ground
      float n = fractal_noise(p * m.frequency + vec(m.offset[0], m.offset[1], 9.f), 2);
      float there = clamp((n - m.contrast) * 40.f, 0, 1);
      return there > 0 ? mix(colour, wrapped_texture(pool, m, p, normal), there) : colour;
    }
    default:
      return colour;
  }
}

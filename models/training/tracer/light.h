// Where light comes from: rectangles that are aimed at, and the surroundings.
#pragma once
#include "surface.h"

// Smoother than this a surface mirrors lights sharply: they are found by its reflections rather than by aiming.
constexpr float SHARP = .12f;

BOTH Vec surroundings(const Pool& pool, const Scene& scene, Vec d) {
  if (scene.surroundings >= 0) {
    float u = atan2f(d.y, d.x) / (2 * PI) * scene.surroundings_repeat + scene.surroundings_turn;
    float v = .5f - asinf(clamp(d.z, -1, 1)) / PI;
    return sample_texture(pool, scene.surroundings, u, clamp(v, .01f, .99f)) * scene.surroundings_gain;
  }
  Vec horizon = vec(scene.horizon);
  return d.z > 0 ? mix(horizon, vec(scene.zenith), powf(d.z, .7f)) : mix(horizon, vec(scene.nadir), sqrtf(-d.z));
}

BOTH Vec mirrored_at_normal(const Surface& s) { return mix(grey(s.reflectance), s.albedo, s.metal); }

// How much of light from `in` leaves towards `out`: Lambert, and GGX where the surface is not a sharp mirror.
BOTH Vec scattered(const Surface& s, Vec in, Vec out, float cosine) {
  Vec diffuse = s.albedo * ((1 - s.metal) * (1 - s.reflectance) / PI);
  if (s.roughness <= SHARP) return diffuse;
  Vec half = unit(in + out);
  float to_half = fmaxf(dot(half, s.normal), 0.f), out_half = fmaxf(dot(half, out), 0.f);
  Vec base = mirrored_at_normal(s), fresnel = base + (grey(1) - base) * fifth_power(1 - out_half);
  float alpha = fmaxf(s.roughness * s.roughness, .004f), alpha2 = alpha * alpha;
  float lobe = to_half * to_half * (alpha2 - 1) + 1, facets = alpha2 / (PI * lobe * lobe + 1e-9f);
  float k = alpha * .5f, out_cosine = fmaxf(dot(out, s.normal), .02f);
  float unmasked = 1.f / ((cosine * (1 - k) + k) * (out_cosine * (1 - k) + k));
  return diffuse + fresnel * (facets * unmasked * .25f);
}

// One point of one light, both drawn by lot.
BOTH Vec direct_light(const Pool& pool, const Scene& scene, const Instance* instances, const Light* lights,
                      const Surface& s, Vec out, Random& random) {
  if (!scene.lights) return grey(0);
  int drawn = (int)(random.next() * scene.lights);
  const Light& light = lights[drawn < scene.lights ? drawn : scene.lights - 1];
  Vec across = vec(light.across), up = vec(light.up);
  float a = 2 * random.next() - 1, b = 2 * random.next() - 1;
  Vec towards = vec(light.centre) + across * a + up * b - s.point;
  float squared = dot(towards, towards), distance = sqrtf(squared);
  Vec in = towards * (1.f / distance);
  float cosine = dot(in, s.normal);
  if (cosine <= 0) return grey(0);
  Hit blocked = no_hit(distance * .999f);
  if (meets_scene(pool, instances, scene.instances, Ray{s.point, in}, true, blocked)) return grey(0);
  Vec face = cross(across, up);
  float quarter = sqrtf(dot(face, face)), facing = fabsf(dot(face, in)) / fmaxf(quarter, 1e-12f);
  float weight = cosine * facing * 4 * quarter * scene.lights / fmaxf(squared, 1e-4f);
  return scattered(s, in, out, cosine) * vec(light.power) * weight;
}

// How far a ray flies until it hits a light, and how bright that is.
BOTH float distance_to_light(const Scene& scene, const Light* lights, const Ray& ray, bool from_camera, Vec& power) {
  float nearest = FAR_AWAY;
  for (int k = 0; k < scene.lights; k++) {
    const Light& light = lights[k];
    if (from_camera && !light.visible) continue;
    Vec across = vec(light.across), up = vec(light.up), face = cross(across, up);
    float slant = dot(ray.direction, face);
    if (fabsf(slant) < 1e-12f) continue;
    float distance = dot(vec(light.centre) - ray.origin, face) / slant;
    if (distance < 1e-4f || distance >= nearest) continue;
    Vec q = ray.origin + ray.direction * distance - vec(light.centre);
    if (fabsf(dot(q, across)) > dot(across, across) || fabsf(dot(q, up)) > dot(up, up)) continue;
    nearest = distance;
    power = vec(light.power);
  }
  return nearest;
}

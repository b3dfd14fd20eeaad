// What a ray finds where it hits: the point, the way it faces, and how it throws light back.
#pragma once
#include "intersect.h"
#include "paint.h"

struct Surface {
  Vec point, normal, albedo;
  float roughness, reflectance, metal, glow;
  int label;
};

BOTH Vec bumped(const Material& m, Vec p, Vec normal) {
  const float step = .02f;
  Vec q = p * m.bump_frequency;
  float here = fractal_noise(q, 3);
  Vec slope = vec(fractal_noise(q + vec(step, 0, 0), 3) - here, fractal_noise(q + vec(0, step, 0), 3) - here,
                  fractal_noise(q + vec(0, 0, step), 3) - here) *
              (m.bump / step);
  return unit(normal - (slope - normal * dot(slope, normal)));
}

BOTH Surface surface_at(const Pool& pool, const Instance* instances, const Material* materials, const Hit& hit,
                        const Ray& ray) {
  const Instance& thing = instances[hit.instance];
  Vec world = ray.origin + ray.direction * hit.distance, own = transform_point(thing.to_object, world);
  Vec shading, flat;
  float u, v;
  int slot = 0;
  if (hit.triangle >= 0) {
    const Attributes& a = pool.attributes[hit.triangle];
    const Triangle& t = pool.triangles[hit.triangle];
    float zeroth = 1 - hit.first - hit.second;
    shading = unit(vec(a.normals) * zeroth + vec(a.normals + 3) * hit.first + vec(a.normals + 6) * hit.second);
    flat = unit(cross(vec(t.first_edge), vec(t.second_edge)));
    u = a.places[0] * zeroth + a.places[2] * hit.first + a.places[4] * hit.second;
    v = a.places[1] * zeroth + a.places[3] * hit.first + a.places[5] * hit.second;
    slot = a.slot % thing.slots;
  } else {
    shading = flat = unit(hit.normal);
    u = own.x * .5f + .5f;
    v = .5f - own.y * .5f;
  }
  const Material& m = materials[thing.material + slot];
  Vec albedo = paint(pool, m, own, shading, u, v);
  if (m.bump > 0) shading = bumped(m, own, shading);

  // Both normals are turned towards where the ray came from: every surface has two sides.
  Vec normal = transform_normal_back(thing.to_object, shading), facing = transform_normal_back(thing.to_object, flat);
  if (dot(facing, ray.direction) > 0) facing = -facing;
  if (dot(normal, facing) < 0) normal = -normal;
  float away = dot(normal, ray.direction);
  if (away > -.02f) normal = unit(normal - ray.direction * (away + .02f));

  Surface s;
  s.point = world + facing * (1e-4f * (1.f + hit.distance));
  s.normal = normal;
  s.albedo = vec(clamp(albedo.x, 0, .95f), clamp(albedo.y, 0, .95f), clamp(albedo.z, 0, .95f));
  s.roughness = m.roughness;
  s.reflectance = m.reflectance;
  s.metal = m.metal;
  s.glow = m.glow;
  s.label = thing.label;
  return s;
}

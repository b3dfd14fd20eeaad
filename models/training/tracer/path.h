// One pixel of one scene: paths from the camera, what they bring back, and what they saw first.
#pragma once
#include "light.h"

constexpr int BOUNCES = 4;
constexpr float HORIZON_DEPTH = 50.f;   // how far away what is not there counts
// Coverage is what the mask is made of, and first hits are cheap: an edge gets so many more of them a sample.
constexpr int EDGE_RAYS = 3;

struct First {   // what a path met first, for the mask and for smoothing
  int label;
  Vec albedo, normal;
  float depth;
};

BOTH First nothing_there() { return First{0, grey(1), grey(0), HORIZON_DEPTH}; }

// The samples of a pixel lie evenly in it (the R2 sequence) and on the lens, moved by lots of its own.
struct Shifts {
  float x, y, angle, radius;
};

BOTH Ray camera_ray(const Scene& scene, float x, float y, int index, Shifts shifts, int width, int height) {
  float in_x = fraction(shifts.x + index * .7548777f), in_y = fraction(shifts.y + index * .5698403f);
  float px = ((x + in_x) / width * 2 - 1) * scene.half_width + scene.shift[0];
  float py = (1 - (y + in_y) / height * 2) * scene.half_height + scene.shift[1];
  Vec eye = vec(scene.eye), right = vec(scene.right), up = vec(scene.up);
  Vec direction = right * px + up * py + vec(scene.forward);
  if (scene.lens > 0) {
    float angle = 2 * PI * fraction(shifts.angle + index * .6180340f);
    float radius = sqrtf(fraction(shifts.radius + index * .7320508f)) * scene.lens;
    Vec sharp = eye + direction * scene.focus;
    eye = eye + right * (cosf(angle) * radius) + up * (sinf(angle) * radius);
    direction = sharp - eye;
  }
  return Ray{eye, unit(direction)};
}

// Sends the path on from a surface, by mirror or by scattering.
BOTH void scatter(const Surface& s, Random& random, Ray& ray, Vec& throughput, bool& sharp) {
  Vec base = mirrored_at_normal(s);
  float facing = fmaxf(-dot(ray.direction, s.normal), 0.f);
  Vec fresnel = base + (grey(1) - base) * (fifth_power(1 - facing) * (1 - .7f * s.roughness));
  float mirrored = mean(fresnel), diffuse = mean(s.albedo) * (1 - s.metal) * (1 - mirrored);
  float chance = mirrored / (mirrored + diffuse + 1e-6f);
  if (s.metal < .5f) chance = clamp(chance, .05f, .95f);
  Vec first, second, direction;
  tangents(s.normal, first, second);
  if (random.next() < chance) {
    float alpha = s.roughness * s.roughness, lot = random.next(), angle = 2 * PI * random.next();
    float cosine = sqrtf((1 - lot) / (1 + (alpha * alpha - 1) * lot)), sine = sqrtf(fmaxf(0.f, 1 - cosine * cosine));
    Vec half = first * (sine * cosf(angle)) + second * (sine * sinf(angle)) + s.normal * cosine;
    direction = ray.direction - half * (2 * dot(ray.direction, half));
    // What a rough surface mirrors into itself comes out after all: ended there, every outline had a dark rim.
    float into = dot(direction, s.normal);
    if (into <= 0) direction = direction - s.normal * (2 * into - 1e-3f);
    throughput = throughput * fresnel * (1.f / chance);
    sharp = s.roughness <= SHARP;
  } else {
    float lot = random.next(), angle = 2 * PI * random.next(), radius = sqrtf(lot);
    direction = first * (radius * cosf(angle)) + second * (radius * sinf(angle)) + s.normal * sqrtf(1 - lot);
    throughput = throughput * s.albedo * ((1 - s.metal) * (1 - mirrored) / (1 - chance));
    sharp = false;
  }
  ray = Ray{s.point, unit(direction)};
}

// Dim paths are ended by lot, the others made up for them; false where it ends.
BOTH bool survives(int bounce, Random& random, Vec& throughput) {
  float strongest = largest(throughput);
  if (strongest < .03f) return false;
  if (bounce < 1 || strongest >= .5f) return true;
  float chance = strongest * 2;
  if (random.next() > chance) return false;
  throughput = throughput * (1.f / chance);
  return true;
}

BOTH Vec follow(const Pool& pool, const Scene& scene, const Instance* instances, const Material* materials,
                const Light* lights, Ray ray, Random& random, First& first) {
  Vec throughput = grey(1), gathered = grey(0);
  bool sharp = true;   // a light that is met now has not been counted by aiming at it
  first = nothing_there();
  for (int bounce = 0; bounce < BOUNCES; bounce++) {
    Hit hit = no_hit(FAR_AWAY);
    bool met = meets_scene(pool, instances, scene.instances, ray, false, hit);
    Vec power = grey(0);
    if (sharp && distance_to_light(scene, lights, ray, bounce == 0, power) < hit.distance)
      return gathered + throughput * power * (bounce == 0 ? .25f : 1.f);
    if (!met) return gathered + throughput * surroundings(pool, scene, ray.direction) * (bounce ? scene.sky_light : 1.f);
    Surface s = surface_at(pool, instances, materials, hit, ray);
    if (bounce == 0) {
      Vec seen = s.glow > 0 ? grey(1) : mix(s.albedo, grey(.6f), clamp(s.reflectance * (1 - s.roughness), 0, 1));
      first = First{s.label, seen, s.normal, fminf(hit.distance, HORIZON_DEPTH)};
    }
    if (s.glow > 0) return gathered + throughput * s.albedo * s.glow;
    gathered = gathered + throughput * direct_light(pool, scene, instances, lights, s, -ray.direction, random);
    if (bounce == BOUNCES - 1) return gathered + throughput * s.albedo * vec(scene.last_light);
    scatter(s, random, ray, throughput, sharp);
    if (!survives(bounce, random, throughput)) return gathered;
  }
  return gathered;
}

BOTH Vec without_fireflies(Vec light, float brightest) {
  float most = largest(light);
  if (!(most < 1e6f)) return grey(0);
  return most > brightest ? light * (brightest / most) : light;
}

BOTH void add_edge_rays(const Pool& pool, const Scene& scene, const Instance* instances, int x, int y, int width,
                        int height, int samples, Shifts shifts, float* coverage) {
  for (int i = samples; i < samples * (1 + EDGE_RAYS); i++) {
    Ray ray = camera_ray(scene, x, y, i, shifts, width, height);
    Hit hit = no_hit(FAR_AWAY);
    int label = meets_scene(pool, instances, scene.instances, ray, false, hit) ? instances[hit.instance].label : 0;
    coverage[label] += 1;
  }
}

BOTH Pixel trace_pixel(const Pool& pool, const Scene& scene, const Instance* all_instances, const Material* materials,
                       const Light* all_lights, int x, int y, int width, int height, int samples) {
  const Instance* instances = all_instances + scene.first_instance;
  const Light* lights = all_lights + scene.first_light;
  Random random = {scene.seed ^ ((uint32_t)(y * width + x) * 9781u + 12345u)};
  random.bits();
  random.bits();
  const Shifts shifts = {random.next(), random.next(), random.next(), random.next()};
  float depth = 0, coverage[LABEL_COUNT] = {};
  Vec radiance = grey(0), albedo = grey(0), normal = grey(0);
  for (int i = 0; i < samples; i++) {
    Ray ray = camera_ray(scene, x, y, i, shifts, width, height);
    First first;
    Vec light = follow(pool, scene, instances, materials, lights, ray, random, first);
    radiance = radiance + without_fireflies(light, scene.brightest);
    albedo = albedo + first.albedo;
    normal = normal + first.normal;
    depth += first.depth;
    coverage[first.label] += 1;
  }
  int counted = samples;
  if (coverage[OBJECT] > 0 && coverage[OBJECT] < samples) {
    add_edge_rays(pool, scene, instances, x, y, width, height, samples, shifts, coverage);
    counted *= 1 + EDGE_RAYS;
  }
  const float each = 1.f / samples;
  Pixel pixel = {};
  const Vec sums[3] = {radiance, albedo, normal};
  float* places[3] = {pixel.radiance, pixel.albedo, pixel.normal};
  for (int k = 0; k < 3; k++) {
    places[k][0] = sums[k].x * each;
    places[k][1] = sums[k].y * each;
    places[k][2] = sums[k].z * each;
  }
  pixel.depth = depth * each;
  for (int k = 0; k < LABEL_COUNT; k++) pixel.coverage[k] = coverage[k] / counted;
  return pixel;
}

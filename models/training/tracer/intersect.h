// Where a ray meets the scene.
#pragma once
#include "records.h"

struct Ray {
  Vec origin, direction;
};

struct Hit {
  float distance;
  int instance;              // -1: nothing yet
  int triangle;              // -1: not a mesh
  float first, second;       // where in the triangle
  Vec normal;                // of what is not a mesh, in its own space
};

BOTH Hit no_hit(float limit) { return Hit{limit, -1, -1, 0, 0, vec(0, 0, 1)}; }

constexpr float NEAREST = 1e-5f;

BOTH float safe_inverse(float x) { return 1.f / (fabsf(x) > 1e-9f ? x : 1e-9f); }
BOTH Vec safe_inverse(Vec d) { return vec(safe_inverse(d.x), safe_inverse(d.y), safe_inverse(d.z)); }

BOTH bool meets_box(const float* low, const float* high, Vec origin, Vec inverse, float limit, float& entry) {
  float a = (low[0] - origin.x) * inverse.x, b = (high[0] - origin.x) * inverse.x;
  float in = fminf(a, b), out = fmaxf(a, b);
  a = (low[1] - origin.y) * inverse.y;
  b = (high[1] - origin.y) * inverse.y;
  in = fmaxf(in, fminf(a, b));
  out = fminf(out, fmaxf(a, b));
  a = (low[2] - origin.z) * inverse.z;
  b = (high[2] - origin.z) * inverse.z;
  in = fmaxf(in, fminf(a, b));
  out = fminf(out, fmaxf(a, b));
  entry = in;
  return out >= fmaxf(in, 0.f) && in < limit;
}

BOTH bool meets_triangle(const Triangle& t, const Ray& ray, Hit& hit) {
  Vec first_edge = vec(t.first_edge), second_edge = vec(t.second_edge);
  Vec p = cross(ray.direction, second_edge);
  float determinant = dot(first_edge, p);
  if (fabsf(determinant) < 1e-14f) return false;
  float inverse = 1.f / determinant;
  Vec from_corner = ray.origin - vec(t.corner);
  float first = dot(from_corner, p) * inverse;
  if (first < 0 || first > 1) return false;
  Vec q = cross(from_corner, first_edge);
  float second = dot(ray.direction, q) * inverse;
  if (second < 0 || first + second > 1) return false;
  float distance = dot(second_edge, q) * inverse;
  if (distance <= NEAREST || distance >= hit.distance) return false;
  hit.distance = distance;
  hit.first = first;
  hit.second = second;
  return true;
}

// Walks the tree, the nearer child first. `any`: the first hit will do, as a shadow needs no nearest.
BOTH bool meets_mesh(const Pool& pool, int mesh, const Ray& ray, bool any, Hit& hit) {
  const Node* nodes = pool.nodes + pool.meshes[mesh].node;
  const int base = pool.meshes[mesh].triangle;
  const Vec inverse = safe_inverse(ray.direction);
  int waiting[40], depth = 0, current = 0;
  bool met = false;
  float entry;
  if (!meets_box(nodes[0].low, nodes[0].high, ray.origin, inverse, hit.distance, entry)) return false;
  for (;;) {
    const Node& node = nodes[current];
    int next = -1;
    if (node.count > 0) {
      for (int i = node.first; i < node.first + node.count; i++)
        if (meets_triangle(pool.triangles[base + i], ray, hit)) {
          hit.triangle = base + i;
          met = true;
          if (any) return true;
        }
    } else {
      const Node &left = nodes[node.first], &right = nodes[node.first + 1];
      float to_left, to_right;
      bool in_left = meets_box(left.low, left.high, ray.origin, inverse, hit.distance, to_left);
      bool in_right = meets_box(right.low, right.high, ray.origin, inverse, hit.distance, to_right);
      if (in_left && in_right) {
        bool left_first = to_left <= to_right;
        if (depth < 40) waiting[depth++] = node.first + (left_first ? 1 : 0);
        next = node.first + (left_first ? 0 : 1);
      } else if (in_left || in_right) {
        next = node.first + (in_left ? 0 : 1);
      }
    }
    if (next < 0) {
      if (!depth) return met;
      next = waiting[--depth];
    }
    current = next;
  }
}

BOTH bool nearer(Hit& hit, float distance, Vec normal) {
  if (distance <= NEAREST || distance >= hit.distance) return false;
  hit.distance = distance;
  hit.triangle = -1;
  hit.normal = normal;
  return true;
}

// From -1 to 1 along each axis.
BOTH bool meets_unit_box(const Ray& ray, Hit& hit) {
  const float o[3] = {ray.origin.x, ray.origin.y, ray.origin.z};
  const Vec inverse = safe_inverse(ray.direction);
  const float i[3] = {inverse.x, inverse.y, inverse.z};
  float in = -FAR_AWAY, out = FAR_AWAY;
  int in_axis = 0, out_axis = 0;
  for (int k = 0; k < 3; k++) {
    float a = (-1 - o[k]) * i[k], b = (1 - o[k]) * i[k];
    if (fminf(a, b) > in) in = fminf(a, b), in_axis = k;
    if (fmaxf(a, b) < out) out = fmaxf(a, b), out_axis = k;
  }
  if (in > out || out < NEAREST) return false;
  float distance = in > NEAREST ? in : out;
  int axis = in > NEAREST ? in_axis : out_axis;
  Vec p = ray.origin + ray.direction * distance;
  float side = (axis == 0 ? p.x : axis == 1 ? p.y : p.z) > 0 ? 1.f : -1.f;
  return nearer(hit, distance, vec(axis == 0 ? side : 0, axis == 1 ? side : 0, axis == 2 ? side : 0));
}

// Radius one, from z = 0 to z = 1, closed at both ends.
BOTH bool meets_unit_cylinder(const Ray& ray, Hit& hit) {
  Vec o = ray.origin, d = ray.direction;
  bool met = false;
  float a = d.x * d.x + d.y * d.y, b = o.x * d.x + o.y * d.y, c = o.x * o.x + o.y * o.y - 1;
  float root = b * b - a * c;
  if (a > 1e-12f && root > 0) {
    for (int side = -1; side <= 1; side += 2) {
      float distance = (-b + side * sqrtf(root)) / a, z = o.z + d.z * distance;
      if (z >= 0 && z <= 1) met = nearer(hit, distance, vec(o.x + d.x * distance, o.y + d.y * distance, 0)) || met;
    }
  }
  if (fabsf(d.z) > 1e-9f) {
    for (int end = 0; end < 2; end++) {
      float distance = (end - o.z) / d.z, x = o.x + d.x * distance, y = o.y + d.y * distance;
      if (x * x + y * y <= 1) met = nearer(hit, distance, vec(0, 0, end ? 1.f : -1.f)) || met;
    }
  }
  return met;
}

BOTH bool meets_unit_sphere(const Ray& ray, Hit& hit) {
  float a = dot(ray.direction, ray.direction), b = dot(ray.origin, ray.direction), c = dot(ray.origin, ray.origin) - 1;
  float root = b * b - a * c;
  if (root <= 0) return false;
  float distance = (-b - sqrtf(root)) / a;
  if (distance < NEAREST) distance = (-b + sqrtf(root)) / a;
  return nearer(hit, distance, ray.origin + ray.direction * distance);
}

// The plane z = 0, from -1 to 1 along x and y.
BOTH bool meets_unit_quad(const Ray& ray, Hit& hit) {
  if (fabsf(ray.direction.z) < 1e-9f) return false;
  float distance = -ray.origin.z / ray.direction.z;
  Vec p = ray.origin + ray.direction * distance;
  return fabsf(p.x) <= 1 && fabsf(p.y) <= 1 && nearer(hit, distance, vec(0, 0, 1));
}

// The nearest thing of a scene, or (any) whether there is one before the limit that casts a shadow.
BOTH bool meets_scene(const Pool& pool, const Instance* instances, int count, const Ray& ray, bool any, Hit& hit) {
  const Vec inverse = safe_inverse(ray.direction);
  bool met = false;
  for (int i = 0; i < count; i++) {
    const Instance& thing = instances[i];
    float entry;
    if (any && thing.shadowless) continue;
    if (!meets_box(thing.low, thing.high, ray.origin, inverse, hit.distance, entry)) continue;
    Ray own = {transform_point(thing.to_object, ray.origin), transform_direction(thing.to_object, ray.direction)};
    bool here = thing.shape == MESH       ? meets_mesh(pool, thing.mesh, own, any, hit)
                : thing.shape == BOX      ? meets_unit_box(own, hit)
                : thing.shape == CYLINDER ? meets_unit_cylinder(own, hit)
                : thing.shape == SPHERE   ? meets_unit_sphere(own, hit)
                                          : meets_unit_quad(own, hit);
    if (!here) continue;
    hit.instance = i;
    met = true;
    if (any) return true;
  }
  return met;
}

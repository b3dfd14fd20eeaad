// What a scene is made of, as it comes from Python: scenes/records.py has the same fields in the same order.
// Every field is four bytes wide, so that no compiler puts gaps between them.
#pragma once
#include "vectors.h"

enum Shape { MESH, BOX, CYLINDER, SPHERE, QUAD };
enum Pattern { PLAIN, PAINTED, WRAPPED, FROM_ABOVE, MOTTLED, LAYERED, CHECKED, PATCHY };
constexpr int LABEL_COUNT = 5, OBJECT = 1;

struct Instance {
  float to_object[12];       // world to object, a 3 x 4 matrix
  float low[3], high[3];     // its box in the world
  int shape, mesh, label;
  int material, slots;       // the first of as many materials as the mesh has slots
  int shadowless;            // 1: light passes through it (the walls of a light tent)
};

struct Material {
  int pattern, texture;
  float colour[3], second[3];
  float scale, offset[2], turn;
  float frequency, contrast;
  float roughness, reflectance, metal;
  float bump, bump_frequency;
  float glow;
};

struct Light {
  float centre[3], across[3], up[3];   // a rectangle: centre and half sides
  float power[3];
  int visible;                         // 1: the camera sees it
};

struct Scene {
  int first_instance, instances, first_light, lights;
  float eye[3], right[3], up[3], forward[3];
  float half_width, half_height, shift[2];   // of the picture at distance one
  float lens, focus;                         // radius of the aperture and the distance that is sharp
  int surroundings;                          // a texture all around, or -1
  float surroundings_turn, surroundings_repeat, surroundings_gain;
  float zenith[3], horizon[3], nadir[3];     // the sky where there is no such texture
  float sky_light;                           // how much brighter the surroundings shine than they look
  float last_light[3];                       // what a path that is cut off would still have met
  float brightest;                           // a sample is clamped here, against fireflies
  uint32_t seed;
  float smoothing;                           // larger keeps more of the noise
  float brightness;                          // developed: the mean of what was metered
  int shoulder;                              // developed: 1 rolls highlights off
};

struct Node {                  // of a mesh's tree of boxes
  float low[3];
  int first;                   // its first triangle, or the left one of its two children
  float high[3];
  int count;                   // of triangles; 0 in a branch
};

struct Triangle {
  float corner[3], first_edge[3], second_edge[3];
};

struct Attributes {            // of a triangle's three corners
  float normals[9], places[6];
  int slot;
};

struct MeshStart {
  int node, triangle;
};

struct Pool {                  // geometry and textures that all scenes share
  const Node* nodes;
  const Triangle* triangles;
  const Attributes* attributes;
  const MeshStart* meshes;
  const uint8_t* textures;     // [count, side, side, 3]
  int texture_side;
};

struct Pixel {                 // what is known of a pixel after tracing
  float radiance[3], albedo[3], normal[3], depth;
  float coverage[LABEL_COUNT];
  float spare;
};

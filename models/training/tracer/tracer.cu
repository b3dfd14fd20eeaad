// A small path tracer for made-up training scenes. One source for g++ and nvcc: only the launch differs.
// Built by nvcc, every pointer is to the device's memory; build_tree() is the host's in both.
#include "path.h"
#include "smooth.h"
#include "tree.h"

#ifdef _WIN32
#define EXPORT extern "C" __declspec(dllexport)
#else
#define EXPORT extern "C"
#endif

#ifdef __CUDACC__
template <class Work>
__global__ void run(Work work, int width, int height) {
  int x = blockIdx.x * 8 + threadIdx.x, y = blockIdx.y * 8 + threadIdx.y;
  if (x < width && y < height) work(blockIdx.z, y, x);
}
template <class Work>
int for_each_pixel(int count, int width, int height, Work work) {
  run<<<dim3((width + 7) / 8, (height + 7) / 8, count), dim3(8, 8)>>>(work, width, height);
  return (int)cudaGetLastError();
}
#else
template <class Work>
int for_each_pixel(int count, int width, int height, Work work) {
#pragma omp parallel for collapse(2) schedule(dynamic, 4)
  for (int picture = 0; picture < count; picture++)
    for (int y = 0; y < height; y++)
      for (int x = 0; x < width; x++) work(picture, y, x);
  return 0;
}
#endif

struct TraceWork {
  Pool pool;
  const Scene* scenes;
  const Instance* instances;
  const Material* materials;
  const Light* lights;
  int width, height, samples;
  Pixel* pixels;
  BOTH void operator()(int picture, int y, int x) const {
    pixels[((size_t)picture * height + y) * width + x] =
        trace_pixel(pool, scenes[picture], instances, materials, lights, x, y, width, height, samples);
  }
};

struct SmoothWork {
  const Scene* scenes;
  const Pixel* pixels;
  const float* light;
  float* smoothed;
  int width, height, step;
  BOTH void operator()(int picture, int y, int x) const {
    smooth_pixel(pixels, light, smoothed, width, height, step, scenes[picture].smoothing, x, y,
                 (size_t)picture * width * height);
  }
};

EXPORT int trace(const Node* nodes, const Triangle* triangles, const Attributes* attributes, const MeshStart* meshes,
                 const uint8_t* textures, int texture_side, const Scene* scenes, const Instance* instances,
                 const Material* materials, const Light* lights, int count, int width, int height, int samples,
                 Pixel* pixels) {
  Pool pool = {nodes, triangles, attributes, meshes, textures, texture_side};
  return for_each_pixel(count, width, height,
                        TraceWork{pool, scenes, instances, materials, lights, width, height, samples, pixels});
}

EXPORT int smooth(const Scene* scenes, const Pixel* pixels, const float* light, float* smoothed, int count, int width,
                  int height, int step) {
  return for_each_pixel(count, width, height, SmoothWork{scenes, pixels, light, smoothed, width, height, step});
}

// `order` receives the triangles' new order, `nodes` (two a triangle) the tree; returns how many nodes it has.
EXPORT int build_tree(const float* points, const int* faces, int count, int* order, Node* nodes) {
  return TreeBuilder(points, faces, count, order, nodes).build();
}

// The sizes of the records, so that Python can make sure that it means the same ones.
EXPORT void record_sizes(int* sizes) {
  sizes[0] = sizeof(Scene);
  sizes[1] = sizeof(Instance);
  sizes[2] = sizeof(Material);
  sizes[3] = sizeof(Light);
  sizes[4] = sizeof(Node);
  sizes[5] = sizeof(Triangle);
  sizes[6] = sizeof(Attributes);
  sizes[7] = sizeof(Pixel);
}

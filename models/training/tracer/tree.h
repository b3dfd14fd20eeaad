// Sorts a mesh's triangles into a tree of boxes, on the CPU, by the surface-area heuristic in twelve bins.
#pragma once
#include <algorithm>
#include <vector>

#include "records.h"

struct Bounds {
  float low[3] = {FAR_AWAY, FAR_AWAY, FAR_AWAY}, high[3] = {-FAR_AWAY, -FAR_AWAY, -FAR_AWAY};
  void add(const float* lower, const float* upper) {
    for (int k = 0; k < 3; k++) {
      low[k] = std::min(low[k], lower[k]);
      high[k] = std::max(high[k], upper[k]);
    }
  }
  void add(const Bounds& other) { add(other.low, other.high); }
  float area() const {
    float a = high[0] - low[0], b = high[1] - low[1], c = high[2] - low[2];
    return a < 0 ? 0 : a * b + b * c + c * a;
  }
};

class TreeBuilder {
 public:
  TreeBuilder(const float* points, const int* faces, int count, int* order, Node* nodes)
      : order_(order), nodes_(nodes), boxes_(count), centres_(count * 3) {
    for (int i = 0; i < count; i++) {
      order[i] = i;
      for (int corner = 0; corner < 3; corner++) {
        const float* p = points + (size_t)faces[i * 3 + corner] * 3;
        boxes_[i].add(p, p);
      }
      for (int k = 0; k < 3; k++) centres_[i * 3 + k] = .5f * (boxes_[i].low[k] + boxes_[i].high[k]);
    }
  }

  int build() {
    struct Job {
      int node, begin, end, depth;
    };
    std::vector<Job> jobs{{0, 0, (int)boxes_.size(), 0}};
    int used = 1;
    while (!jobs.empty()) {
      Job job = jobs.back();
      jobs.pop_back();
      Node& node = nodes_[job.node];
      Bounds bounds;
      for (int i = job.begin; i < job.end; i++) bounds.add(boxes_[order_[i]]);
      std::copy(bounds.low, bounds.low + 3, node.low);
      std::copy(bounds.high, bounds.high + 3, node.high);
      int middle = job.depth < DEEPEST ? divide(job.begin, job.end, bounds.area()) : job.begin;
      if (middle == job.begin) {
        node.first = job.begin;
        node.count = job.end - job.begin;
        continue;
      }
      node.first = used;
      node.count = 0;
      jobs.push_back({used, job.begin, middle, job.depth + 1});
      jobs.push_back({used + 1, middle, job.end, job.depth + 1});
      used += 2;
    }
    return used;
  }

 private:
  static constexpr int BINS = 12, DEEPEST = 36;   // the walk in intersect.h keeps 40 nodes waiting
  int* order_;
  Node* nodes_;
  std::vector<Bounds> boxes_;
  std::vector<float> centres_;

  int bin(int triangle, int axis, const Bounds& centres) const {
    float extent = centres.high[axis] - centres.low[axis];
    return std::min(BINS - 1, (int)((centres_[triangle * 3 + axis] - centres.low[axis]) / extent * BINS));
  }

  // Where to part a run of triangles, which are put in order for it; `begin` where it is better left whole.
  int divide(int begin, int end, float area) {
    const int count = end - begin;
    if (count <= 3) return begin;
    Bounds centres;
    for (int i = begin; i < end; i++) centres.add(&centres_[order_[i] * 3], &centres_[order_[i] * 3]);
    int best_axis = -1, best_bin = 0;
    float best = FAR_AWAY;
    for (int axis = 0; axis < 3; axis++) {
      if (centres.high[axis] - centres.low[axis] < 1e-9f) continue;
      Bounds boxes[BINS], left;
      int counts[BINS] = {}, left_counts[BINS], total = 0;
      float left_areas[BINS];
      for (int i = begin; i < end; i++) {
        int b = bin(order_[i], axis, centres);
        boxes[b].add(boxes_[order_[i]]);
        counts[b]++;
      }
      for (int b = 0; b < BINS; b++) {
        left.add(boxes[b]);
        left_areas[b] = left.area();
        left_counts[b] = total += counts[b];
      }
      Bounds right;
      for (int b = BINS - 1; b > 0; b--) {
        right.add(boxes[b]);
        int rest = count - left_counts[b - 1];
        if (!rest || !left_counts[b - 1]) continue;
        float cost = right.area() * rest + left_areas[b - 1] * left_counts[b - 1];
        if (cost < best) best = cost, best_axis = axis, best_bin = b;
      }
    }
    if (best_axis < 0 || (count <= 6 && best > area * count)) return begin;
    return (int)(std::partition(order_ + begin, order_ + end,
                                [&](int t) { return bin(t, best_axis, centres) < best_bin; }) -
                 order_);
  }
};

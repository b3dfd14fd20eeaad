// Takes the grain out of traced light without crossing edges: one pass of an a-trous filter.
#pragma once
#include "records.h"

BOTH float difference(const float* a, const float* b, int count, bool squared) {
  float sum = 0;
  for (int i = 0; i < count; i++) sum += squared ? (a[i] - b[i]) * (a[i] - b[i]) : fabsf(a[i] - b[i]);
  return sum;
}

// `light` and `smoothed` are the pictures' light without their colours, four floats a pixel.
BOTH void smooth_pixel(const Pixel* pixels, const float* light, float* smoothed, int width, int height, int step,
                       float keep_noise, int x, int y, size_t picture) {
  const float kernel[3] = {.375f, .25f, .0625f};
  const size_t here = picture + (size_t)y * width + x;
  const Pixel& centre = pixels[here];
  const float brightness = light[here * 4] + light[here * 4 + 1] + light[here * 4 + 2];
  float sum[3] = {}, weights = 0;
  for (int dy = -2; dy <= 2; dy++)
    for (int dx = -2; dx <= 2; dx++) {
      int column = x + dx * step, row = y + dy * step;
      if (column < 0 || row < 0 || column >= width || row >= height) continue;
      const size_t there = picture + (size_t)row * width + column;
      const Pixel& other = pixels[there];
      const float* l = light + there * 4;
      float bend = difference(other.normal, centre.normal, 3, true);
      float gap = fabsf(other.depth - centre.depth) / (centre.depth + 1e-3f);
      float label = difference(other.coverage, centre.coverage, LABEL_COUNT, false);
      float total = l[0] + l[1] + l[2], contrast = fabsf(total - brightness) / (total + brightness + .05f);
      float weight = kernel[dx < 0 ? -dx : dx] * kernel[dy < 0 ? -dy : dy] *
                     expf(-bend * 12.f - gap * 40.f / step - label * 6.f - contrast * keep_noise);
      for (int k = 0; k < 3; k++) sum[k] += weight * l[k];
      weights += weight;
    }
  for (int k = 0; k < 3; k++) smoothed[here * 4 + k] = sum[k] / fmaxf(weights, 1e-6f);
}

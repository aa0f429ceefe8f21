// Loops that do nothing but multiply and add, or nothing but load.
//
//   12 chains of acc = acc * 0.5 + 1 on 512-bit registers, 10 ms  ->  GFLOP/s
//
// Inline assembly, so that the same instructions run in every build type. No register above xmm15
// is used: no compiler flag is needed to name the clobbers.
#include "target/measure_peak.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <memory>
#include <thread>
#include <vector>

#include "support/check.h"
#include "target/target.h"

namespace tenon::target {

namespace {

// Twelve chains: more than latency times FMAs per cycle of any processor so far (5 x 2).
constexpr int kChains = 12;
constexpr int kRounds = 7;
constexpr double kRoundSeconds = 0.01;
constexpr int64_t kBlockBytes = 512;  // read by one step of a read loop

#define TENON_TWELVE(STEP) \
  STEP(0) STEP(1) STEP(2) STEP(3) STEP(4) STEP(5) STEP(6) STEP(7) STEP(8) STEP(9) STEP(10) STEP(11)
#define TENON_CLOBBERS                                                                     \
  "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm10", \
      "xmm11", "xmm12", "xmm13", "cc", "memory"

// Values converge to 2 and stay normal numbers.
constexpr float kFactor = 0.5f;
constexpr float kAddend = 1.0f;

void run_fma512(int64_t steps) {
  asm volatile(
      "vbroadcastss %[factor], %%zmm12\n"
      "vbroadcastss %[addend], %%zmm13\n"
#define STEP(i) "vmovaps %%zmm13, %%zmm" #i "\n"
      TENON_TWELVE(STEP)
#undef STEP
          "1:\n"
#define STEP(i) "vfmadd213ps %%zmm13, %%zmm12, %%zmm" #i "\n"
      TENON_TWELVE(STEP)
#undef STEP
          "dec %[steps]\n"
          "jnz 1b\n"
          "vzeroupper\n"
      : [steps] "+r"(steps)
      : [factor] "m"(kFactor), [addend] "m"(kAddend)
      : TENON_CLOBBERS);
}

void run_fma256(int64_t steps) {
  asm volatile(
      "vbroadcastss %[factor], %%ymm12\n"
      "vbroadcastss %[addend], %%ymm13\n"
#define STEP(i) "vmovaps %%ymm13, %%ymm" #i "\n"
      TENON_TWELVE(STEP)
#undef STEP
          "1:\n"
#define STEP(i) "vfmadd213ps %%ymm13, %%ymm12, %%ymm" #i "\n"
      TENON_TWELVE(STEP)
#undef STEP
          "dec %[steps]\n"
          "jnz 1b\n"
          "vzeroupper\n"
      : [steps] "+r"(steps)
      : [factor] "m"(kFactor), [addend] "m"(kAddend)
      : TENON_CLOBBERS);
}

// Six chains of multiplications by one beside six of additions of zero.
void run_multiply_add128(int64_t steps) {
  const float one = 1.0f;
  asm volatile(
      "movss %[one], %%xmm12\n"
      "shufps $0, %%xmm12, %%xmm12\n"
      "xorps %%xmm13, %%xmm13\n"
#define STEP(i) "movaps %%xmm12, %%xmm" #i "\n"
      TENON_TWELVE(STEP)
#undef STEP
          "1:\n"
          "mulps %%xmm12, %%xmm0\n"
          "addps %%xmm13, %%xmm6\n"
          "mulps %%xmm12, %%xmm1\n"
          "addps %%xmm13, %%xmm7\n"
          "mulps %%xmm12, %%xmm2\n"
          "addps %%xmm13, %%xmm8\n"
          "mulps %%xmm12, %%xmm3\n"
          "addps %%xmm13, %%xmm9\n"
          "mulps %%xmm12, %%xmm4\n"
          "addps %%xmm13, %%xmm10\n"
          "mulps %%xmm12, %%xmm5\n"
          "addps %%xmm13, %%xmm11\n"
          "dec %[steps]\n"
          "jnz 1b\n"
      : [steps] "+r"(steps)
      : [one] "m"(one)
      : TENON_CLOBBERS);
}

void read512(const char* data, int64_t blocks) {
  asm volatile("1:\n"
#define STEP(i) "vmovaps 64*" #i "(%[data]), %%zmm" #i "\n"
               STEP(0) STEP(1) STEP(2) STEP(3) STEP(4) STEP(5) STEP(6) STEP(7)
#undef STEP
                   "add $512, %[data]\n"
                   "dec %[blocks]\n"
                   "jnz 1b\n"
                   "vzeroupper\n"
               : [data] "+r"(data), [blocks] "+r"(blocks)
               :
               : TENON_CLOBBERS);
}

void read256(const char* data, int64_t blocks) {
  asm volatile("1:\n"
#define STEP(i)                          \
  "vmovaps 64*" #i "(%[data]), %%ymm" #i \
  "\n"                                   \
  "vmovaps 64*" #i "+32(%[data]), %%ymm8\n"
               STEP(0) STEP(1) STEP(2) STEP(3) STEP(4) STEP(5) STEP(6) STEP(7)
#undef STEP
                   "add $512, %[data]\n"
                   "dec %[blocks]\n"
                   "jnz 1b\n"
                   "vzeroupper\n"
               : [data] "+r"(data), [blocks] "+r"(blocks)
               :
               : TENON_CLOBBERS);
}

void read128(const char* data, int64_t blocks) {
  asm volatile("1:\n"
#define STEP(i)                         \
  "movaps 64*" #i "(%[data]), %%xmm" #i \
  "\n"                                  \
  "movaps 64*" #i                       \
  "+16(%[data]), %%xmm8\n"              \
  "movaps 64*" #i                       \
  "+32(%[data]), %%xmm9\n"              \
  "movaps 64*" #i "+48(%[data]), %%xmm10\n"
               STEP(0) STEP(1) STEP(2) STEP(3) STEP(4) STEP(5) STEP(6) STEP(7)
#undef STEP
                   "add $512, %[data]\n"
                   "dec %[blocks]\n"
                   "jnz 1b\n"
               : [data] "+r"(data), [blocks] "+r"(blocks)
               :
               : TENON_CLOBBERS);
}

#undef TENON_TWELVE
#undef TENON_CLOBBERS

double now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

// Repetitions of `work(repetitions)` that take about kRoundSeconds.
template <class Work>
int64_t calibrate(const Work& work) {
  for (int64_t repetitions = 1;; repetitions *= 2) {
    const double begin = now();
    work(repetitions);
    const double seconds = now() - begin;
    if (seconds < kRoundSeconds / 8) continue;
    return std::max<int64_t>(
        1, static_cast<int64_t>(static_cast<double>(repetitions) * kRoundSeconds / seconds));
  }
}

// The fewest seconds of a round in which each of `threads` threads runs work(thread); they start
// together, and the round lasts until the last has ended.
template <class Work>
double best_round(int threads, const Work& work) {
  double best = 0;
  for (int round = 0; round < kRounds; ++round) {
    std::atomic<int> ready{0};
    std::vector<double> seconds(static_cast<size_t>(threads));
    const auto run = [&](int thread) {
      ready.fetch_add(1);
      while (ready.load() < threads) std::this_thread::yield();
      const double begin = now();
      work(thread);
      seconds[static_cast<size_t>(thread)] = now() - begin;
    };
    std::vector<std::thread> others;
    for (int thread = 1; thread < threads; ++thread) others.emplace_back(run, thread);
    run(0);
    for (std::thread& other : others) other.join();
    const double longest = *std::max_element(seconds.begin(), seconds.end());
    if (round == 0 || longest < best) best = longest;
  }
  return best;
}

struct AlignedFree {
  void operator()(char* data) const { std::free(data); }
};
using Buffer = std::unique_ptr<char, AlignedFree>;

// Written once, so that every page is its own.
Buffer make_buffer(int64_t bytes) {
  const size_t rounded = static_cast<size_t>((bytes + 4095) / 4096 * 4096);
  Buffer buffer(static_cast<char*>(std::aligned_alloc(4096, rounded)));
  TENON_CHECK(buffer != nullptr, "no memory for a buffer to read");
  std::fill_n(buffer.get(), rounded, static_cast<char>(1));
  return buffer;
}

}  // namespace

int widest_vector_bits() {
  const FeatureSet features = features_reported(read_host_processor().reported);
  if (features.has(CpuFeature::avx512f)) return 512;
  return features.has(CpuFeature::avx) && features.has(CpuFeature::fma) ? 256 : 128;
}

FmaPeak measure_fma_peak(int threads, int vector_bits) {
  TENON_CHECK(threads >= 1, "a measurement needs a thread");
  FmaPeak peak;
  const int widest = widest_vector_bits();
  peak.vector_bits = vector_bits == 0 ? widest : std::min(vector_bits, widest);
  peak.threads = threads;
  const auto run = peak.vector_bits == 512   ? run_fma512
                   : peak.vector_bits == 256 ? run_fma256
                                             : run_multiply_add128;
  const int64_t steps = calibrate([&](int64_t repetitions) { run(repetitions * 1000); }) * 1000;
  const double seconds = best_round(threads, [&](int) { run(steps); });
  // A 128-bit step holds six multiplications and six additions.
  const double operations = peak.vector_bits == 128 ? kChains : 2 * kChains;
  const double lanes = peak.vector_bits / 32.0;
  peak.gflops = threads * static_cast<double>(steps) * operations * lanes / seconds * 1e-9;
  return peak;
}

double measure_read_bandwidth(int64_t bytes_per_thread, int threads) {
  TENON_CHECK(threads >= 1 && bytes_per_thread >= 4096, "a measurement needs a thread and 4 KiB");
  const int widest = widest_vector_bits();
  const auto read = widest == 512 ? read512 : widest == 256 ? read256 : read128;
  const int64_t blocks = bytes_per_thread / kBlockBytes;
  std::vector<Buffer> buffers;
  for (int thread = 0; thread < threads; ++thread) buffers.push_back(make_buffer(bytes_per_thread));
  const auto run = [&](int thread, int64_t repetitions) {
    for (int64_t i = 0; i < repetitions; ++i)
      read(buffers[static_cast<size_t>(thread)].get(), blocks);
  };
  const int64_t repetitions = calibrate([&](int64_t count) { run(0, count); });
  const double seconds = best_round(threads, [&](int thread) { run(thread, repetitions); });
  return threads * static_cast<double>(repetitions * blocks * kBlockBytes) / seconds * 1e-9;
}

}  // namespace tenon::target

#include "cpu.hpp"

namespace clearprop {

// The tables are constant data: to name one runs nothing that was compiled for its set. A function that returned it
// would itself be compiled for the set, and end the process on a processor that lacks it.
#if defined(__x86_64__)
extern const Kernels kernels_avx512, kernels_avx2;
#endif
extern const Kernels kernels_baseline;

namespace {

struct Set {
    const Kernels* kernels;
    bool (*here)();  // the processor has it, and the system saves its registers
};

bool always() { return true; }

#if defined(__x86_64__)
bool has_avx2() { return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"); }

bool has_avx512() {
    return has_avx2() && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
           __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq");
}

constexpr Set sets[] = {{&kernels_avx512, has_avx512}, {&kernels_avx2, has_avx2}, {&kernels_baseline, always}};
#else
constexpr Set sets[] = {{&kernels_baseline, always}};
#endif

}  // namespace

std::vector<std::string> instruction_sets() {
    std::vector<std::string> names;
    for (const Set& s : sets)
        if (s.here()) names.emplace_back(s.kernels->name);
    return names;
}

const Kernels* kernels_named(const std::string& isa) {
    for (const Set& s : sets)
        if (s.here() && isa == s.kernels->name) return s.kernels;
    return nullptr;
}

}  // namespace clearprop

#include "cpu.hpp"

#include <array>

namespace clearprop {

#if defined(__x86_64__)
Kernels kernels_avx512();
Kernels kernels_avx2();
#endif
Kernels kernels_baseline();

namespace {

struct Set {
    Kernels kernels;
    bool here;
};

const auto& sets() {
#if defined(__x86_64__)
    static const std::array<Set, 3> all = [] {
        __builtin_cpu_init();
        const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
        const bool avx512 = avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
                            __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq");
        return std::array<Set, 3>{{{kernels_avx512(), avx512}, {kernels_avx2(), avx2}, {kernels_baseline(), true}}};
    }();
#else
    static const std::array<Set, 1> all = {{{kernels_baseline(), true}}};
#endif
    return all;
}

}  // namespace

std::vector<std::string> instruction_sets() {
    std::vector<std::string> names;
    for (const Set& s : sets())
        if (s.here) names.emplace_back(s.kernels.name);
    return names;
}

const Kernels* kernels_named(const std::string& isa) {
    for (const Set& s : sets())
        if (s.here && isa == s.kernels.name) return &s.kernels;
    return nullptr;
}

}  // namespace clearprop

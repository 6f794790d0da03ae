// Vectors of the instruction set this file is compiled for. One type, one set of free functions; everything above is
// written once and compiled several times, each time in a namespace of its own (CLEARPROP_ISA).
//
// GCC's and Clang's vector extensions carry the arithmetic; intrinsics stand only where those have no word for it:
// fused multiply-add, square root, partial loads and stores. No standard-library templates here: an inline function
// compiled for AVX-512 must never be the one that the linker picks for a baseline machine.
#pragma once

#include <cstddef>
#include <cstdint>

#if defined(__AVX2__) || defined(__AVX512F__)
#include <immintrin.h>
#elif defined(__SSE2__)
#include <emmintrin.h>
#elif defined(__ARM_NEON)
#include <arm_neon.h>
#endif

#define CP_INLINE inline __attribute__((always_inline))

namespace clearprop::CLEARPROP_ISA {

#if defined(__AVX512F__)
constexpr int vector_bytes = 64;
#elif defined(__AVX2__)
constexpr int vector_bytes = 32;
#else
constexpr int vector_bytes = 16;
#endif

template <class T>
struct Lane;
template <>
struct Lane<float> {
    typedef float V __attribute__((vector_size(vector_bytes)));
    typedef float U __attribute__((vector_size(vector_bytes), aligned(4), may_alias));  // anywhere in memory
    typedef int32_t I __attribute__((vector_size(vector_bytes)));
    using Int = int32_t;
};
template <>
struct Lane<double> {
    typedef double V __attribute__((vector_size(vector_bytes)));
    typedef double U __attribute__((vector_size(vector_bytes), aligned(8), may_alias));
    typedef int64_t I __attribute__((vector_size(vector_bytes)));
    using Int = int64_t;
};

template <class T>
using Vec = typename Lane<T>::V;
template <class T>
using IVec = typename Lane<T>::I;
template <class T>
constexpr int lanes = vector_bytes / int(sizeof(T));

template <class T>
CP_INLINE Vec<T> splat(T x) {
    return x - Vec<T>{};  // not plus: −0 + 0 is 0
}
template <class T>
CP_INLINE Vec<T> load(const T* p) {
    return *reinterpret_cast<const typename Lane<T>::U*>(p);
}
template <class T>
CP_INLINE void store(T* p, Vec<T> v) {
    *reinterpret_cast<typename Lane<T>::U*>(p) = v;
}

// Partial loads and stores touch the first n lanes only; the other lanes are read as 0.
#if defined(__AVX512F__)
CP_INLINE Vec<float> load_part(const float* p, int n) {
    return (Vec<float>)_mm512_maskz_loadu_ps(__mmask16((1u << n) - 1), p);
}
CP_INLINE Vec<double> load_part(const double* p, int n) {
    return (Vec<double>)_mm512_maskz_loadu_pd(__mmask8((1u << n) - 1), p);
}
CP_INLINE void store_part(float* p, Vec<float> v, int n) {
    _mm512_mask_storeu_ps(p, __mmask16((1u << n) - 1), (__m512)v);
}
CP_INLINE void store_part(double* p, Vec<double> v, int n) {
    _mm512_mask_storeu_pd(p, __mmask8((1u << n) - 1), (__m512d)v);
}
#else
template <class T>
CP_INLINE Vec<T> load_part(const T* p, int n) {
    Vec<T> v{};
    for (int i = 0; i < n; ++i) v[i] = p[i];
    return v;
}
template <class T>
CP_INLINE void store_part(T* p, Vec<T> v, int n) {
    for (int i = 0; i < n; ++i) p[i] = v[i];
}
#endif

// a·b + c, rounded once where the machine can (every instruction set here but the x86-64 baseline).
#if defined(__AVX512F__)
CP_INLINE Vec<float> fma(Vec<float> a, Vec<float> b, Vec<float> c) {
    return (Vec<float>)_mm512_fmadd_ps((__m512)a, (__m512)b, (__m512)c);
}
CP_INLINE Vec<double> fma(Vec<double> a, Vec<double> b, Vec<double> c) {
    return (Vec<double>)_mm512_fmadd_pd((__m512d)a, (__m512d)b, (__m512d)c);
}
CP_INLINE Vec<float> sqrt(Vec<float> a) { return (Vec<float>)_mm512_sqrt_ps((__m512)a); }
CP_INLINE Vec<double> sqrt(Vec<double> a) { return (Vec<double>)_mm512_sqrt_pd((__m512d)a); }
#elif defined(__AVX2__)
CP_INLINE Vec<float> fma(Vec<float> a, Vec<float> b, Vec<float> c) {
    return (Vec<float>)_mm256_fmadd_ps((__m256)a, (__m256)b, (__m256)c);
}
CP_INLINE Vec<double> fma(Vec<double> a, Vec<double> b, Vec<double> c) {
    return (Vec<double>)_mm256_fmadd_pd((__m256d)a, (__m256d)b, (__m256d)c);
}
CP_INLINE Vec<float> sqrt(Vec<float> a) { return (Vec<float>)_mm256_sqrt_ps((__m256)a); }
CP_INLINE Vec<double> sqrt(Vec<double> a) { return (Vec<double>)_mm256_sqrt_pd((__m256d)a); }
#elif defined(__SSE2__)
CP_INLINE Vec<float> fma(Vec<float> a, Vec<float> b, Vec<float> c) { return a * b + c; }
CP_INLINE Vec<double> fma(Vec<double> a, Vec<double> b, Vec<double> c) { return a * b + c; }
CP_INLINE Vec<float> sqrt(Vec<float> a) { return (Vec<float>)_mm_sqrt_ps((__m128)a); }
CP_INLINE Vec<double> sqrt(Vec<double> a) { return (Vec<double>)_mm_sqrt_pd((__m128d)a); }
#elif defined(__ARM_NEON)
CP_INLINE Vec<float> fma(Vec<float> a, Vec<float> b, Vec<float> c) {
    return (Vec<float>)vfmaq_f32((float32x4_t)c, (float32x4_t)a, (float32x4_t)b);
}
CP_INLINE Vec<double> fma(Vec<double> a, Vec<double> b, Vec<double> c) {
    return (Vec<double>)vfmaq_f64((float64x2_t)c, (float64x2_t)a, (float64x2_t)b);
}
CP_INLINE Vec<float> sqrt(Vec<float> a) { return (Vec<float>)vsqrtq_f32((float32x4_t)a); }
CP_INLINE Vec<double> sqrt(Vec<double> a) { return (Vec<double>)vsqrtq_f64((float64x2_t)a); }
#else
template <class V>
CP_INLINE V fma(V a, V b, V c) {
    return a * b + c;
}
CP_INLINE Vec<float> sqrt(Vec<float> a) {
    for (int i = 0; i < lanes<float>; ++i) a[i] = __builtin_sqrtf(a[i]);
    return a;
}
CP_INLINE Vec<double> sqrt(Vec<double> a) {
    for (int i = 0; i < lanes<double>; ++i) a[i] = __builtin_sqrt(a[i]);
    return a;
}
#endif

// The sum of all lanes, always in the same order: halves onto each other.
template <class T>
CP_INLINE T add_lanes(Vec<T> v) {
    T x[lanes<T>];
    __builtin_memcpy(x, &v, sizeof v);
#pragma GCC unroll 5
    for (int half = lanes<T> / 2; half > 0; half /= 2)
        for (int i = 0; i < half; ++i) x[i] += x[i + half];
    return x[0];
}
#if defined(__AVX512F__)
template <>
CP_INLINE float add_lanes<float>(Vec<float> v) {
    typedef float V8 __attribute__((vector_size(32)));
    typedef float V4 __attribute__((vector_size(16)));
    const V8 a = __builtin_shufflevector(v, v, 0, 1, 2, 3, 4, 5, 6, 7) +
                 __builtin_shufflevector(v, v, 8, 9, 10, 11, 12, 13, 14, 15);
    V4 b = __builtin_shufflevector(a, a, 0, 1, 2, 3) + __builtin_shufflevector(a, a, 4, 5, 6, 7);
    b += __builtin_shufflevector(b, b, 2, 3, 2, 3);
    return b[0] + b[1];
}
#endif

// Lane masks are integer vectors: −1 where true, 0 where false.
template <class V, class I>
CP_INLINE V select(I mask, V a, V b) {
    return mask ? a : b;
}

// The lanes one place on: the last of `before`, then all of v but its last.
CP_INLINE Vec<float> behind(Vec<float> before, Vec<float> v) {
#if defined(__AVX512F__)
    return __builtin_shufflevector(before, v, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30);
#elif defined(__AVX2__)
    return __builtin_shufflevector(before, v, 7, 8, 9, 10, 11, 12, 13, 14);
#else
    return __builtin_shufflevector(before, v, 3, 4, 5, 6);
#endif
}
CP_INLINE Vec<double> behind(Vec<double> before, Vec<double> v) {
#if defined(__AVX512F__)
    return __builtin_shufflevector(before, v, 7, 8, 9, 10, 11, 12, 13, 14);
#elif defined(__AVX2__)
    return __builtin_shufflevector(before, v, 3, 4, 5, 6);
#else
    return __builtin_shufflevector(before, v, 1, 2);
#endif
}

// A bit for each lane that is not 0, NaN among them. The mask is moved by hand: GCC 12 may spill one of 8 lanes as a
// byte and read eight of them back.
#if defined(__AVX512F__)
CP_INLINE uint32_t nonzero(Vec<float> v) {
    uint32_t bits;
    __asm__("kmovw %1, %0" : "=r"(bits) : "k"(_mm512_cmp_ps_mask((__m512)v, _mm512_setzero_ps(), _CMP_NEQ_UQ)));
    return bits;
}
CP_INLINE uint32_t nonzero(Vec<double> v) {
    uint32_t bits;
    __asm__("kmovb %1, %0" : "=r"(bits) : "k"(_mm512_cmp_pd_mask((__m512d)v, _mm512_setzero_pd(), _CMP_NEQ_UQ)));
    return bits;
}
#elif defined(__AVX2__)
CP_INLINE uint32_t nonzero(Vec<float> v) { return uint32_t(_mm256_movemask_ps((__m256)(v != Vec<float>{}))); }
CP_INLINE uint32_t nonzero(Vec<double> v) { return uint32_t(_mm256_movemask_pd((__m256d)(v != Vec<double>{}))); }
#else
template <class V>
CP_INLINE uint32_t nonzero(V v) {
    uint32_t bits = 0;
    for (unsigned l = 0; l < sizeof v / sizeof v[0]; ++l) bits |= uint32_t(v[l] != 0) << l;
    return bits;
}
#endif

// The number of the lowest bit that is set; there is one. GCC would write tzcnt for it, which older processors read as
// bsf: the same here, but not to who looks at which instructions are there.
CP_INLINE int lowest_bit(uint64_t bits) {
#if defined(__x86_64__)
    uint64_t at;
    __asm__("bsf %1, %0" : "=r"(at) : "r"(bits) : "cc");
    return int(at);
#else
    return __builtin_ctzll(bits);
#endif
}

}  // namespace clearprop::CLEARPROP_ISA

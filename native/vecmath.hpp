// Elementary functions on vectors, float and double from the same source. A few units in the last place from the true
// value over the whole range; NaN and infinities as in IEEE 754. What no profile asks for goes lane by lane to libm.
#pragma once

#include "simd.hpp"

namespace clearprop::CLEARPROP_ISA {

template <class T>
struct Constants;
template <>
struct Constants<float> {
    static constexpr float magic = 12582912.0f;  // 1.5·2²³: adding it rounds to an integer
    static constexpr int32_t magic_bits = 0x4B400000;
    static constexpr int mantissa = 23, bias = 127;
    static constexpr float ln2_high = 0.693359375f, ln2_low = -2.12194440e-4f;
    static constexpr float exp_low = -104.0f, exp_high = 89.0f, tanh_high = 10.0f;
    static constexpr int exp_terms = 7, log_terms = 5;
    static constexpr float tiny = 1.17549435e-38f;
    // π/2 in parts; all but the last have so few digits that their multiples are exact
    static constexpr int parts = 4;
    static constexpr float half_pi[parts] = {1.5703125f, 4.837512969970703125e-4f, 7.549533620476723e-08f,
                                             2.5633440682570896e-12f};
    static constexpr float turns_high = 1000.0f;  // beyond it libm is asked
    static constexpr int sine_terms = 5;
};
template <>
struct Constants<double> {
    static constexpr double magic = 6755399441055744.0;  // 1.5·2⁵²
    static constexpr int64_t magic_bits = 0x4338000000000000;
    static constexpr int mantissa = 52, bias = 1023;
    static constexpr double ln2_high = 6.93147180369123816490e-01, ln2_low = 1.90821492927058770002e-10;
    static constexpr double exp_low = -746.0, exp_high = 710.0, tanh_high = 20.0;
    static constexpr int exp_terms = 14, log_terms = 11;
    static constexpr double tiny = 2.2250738585072014e-308;
    static constexpr int parts = 3;
    static constexpr double half_pi[parts] = {1.57079632673412561417, 6.07710050630396597660e-11,
                                              2.02226624879595063154e-21};
    static constexpr double turns_high = 1e5;
    static constexpr int sine_terms = 9;
};

// 1/k!, the Taylor coefficients of exp; enough of them for |r| ≤ ln 2 / 2.
constexpr double inverse_factorial[19] = {1.0,
                                          1.0,
                                          1.0 / 2,
                                          1.0 / 6,
                                          1.0 / 24,
                                          1.0 / 120,
                                          1.0 / 720,
                                          1.0 / 5040,
                                          1.0 / 40320,
                                          1.0 / 362880,
                                          1.0 / 3628800,
                                          1.0 / 39916800,
                                          1.0 / 479001600,
                                          1.0 / 6227020800.0,
                                          1.0 / 87178291200.0,
                                          1.0 / 1307674368000.0,
                                          1.0 / 20922789888000.0,
                                          1.0 / 355687428096000.0,
                                          1.0 / 6402373705728000.0};

template <class T>
CP_INLINE Vec<T> abs(Vec<T> x) {
    constexpr typename Lane<T>::Int keep = ~(typename Lane<T>::Int(1) << (sizeof(T) * 8 - 1));
    return (Vec<T>)((IVec<T>)x & keep);
}

// x with the sign of s.
template <class T>
CP_INLINE Vec<T> copysign(Vec<T> x, Vec<T> s) {
    constexpr typename Lane<T>::Int sign = typename Lane<T>::Int(1) << (sizeof(T) * 8 - 1);
    return (Vec<T>)(((IVec<T>)x & ~sign) | ((IVec<T>)s & sign));
}

template <class T>
CP_INLINE Vec<T> power_of_two(IVec<T> n) {
    return (Vec<T>)((n + Constants<T>::bias) << Constants<T>::mantissa);
}

// x = n ln 2 + r; returns p = eʳ − 1 and n.
template <class T>
CP_INLINE Vec<T> reduced_exp(Vec<T> x, IVec<T>& n) {
    using K = Constants<T>;
    Vec<T> t = fma(x, splat<T>(T(1.4426950408889634)), splat<T>(K::magic));
    n = (IVec<T>)t - K::magic_bits;
    Vec<T> whole = t - K::magic;
    Vec<T> r = fma(whole, splat<T>(-K::ln2_high), x);
    r = fma(whole, splat<T>(-K::ln2_low), r);
    Vec<T> p = splat<T>(T(inverse_factorial[K::exp_terms]));
#pragma GCC unroll 16
    for (int k = K::exp_terms - 1; k >= 2; --k) p = fma(p, r, splat<T>(T(inverse_factorial[k])));
    return fma(p * r, r, r);
}

template <class T>
CP_INLINE Vec<T> exp(Vec<T> x) {
    using K = Constants<T>;
    x = select(x > K::exp_high, splat<T>(K::exp_high), x);
    x = select(x < K::exp_low, splat<T>(K::exp_low), x);
    IVec<T> n;
    Vec<T> p = reduced_exp<T>(x, n);
    IVec<T> half = n >> 1;  // in two steps: 2ⁿ itself may be out of range where eˣ is not
    return (p + T(1)) * power_of_two<T>(half) * power_of_two<T>(n - half);
}

template <class T>
CP_INLINE Vec<T> expm1(Vec<T> x) {
    using K = Constants<T>;
    x = select(x > K::exp_high, splat<T>(K::exp_high), x);
    x = select(x < K::exp_low / 2, splat<T>(K::exp_low / 2), x);
    IVec<T> n;
    Vec<T> p = reduced_exp<T>(x, n);
    Vec<T> s = power_of_two<T>(n - 1);
    return (fma(s, p, s - T(0.5))) * T(2);
}

// ln x = e ln 2 + 2 artanh((m − 1)/(m + 1)) for x = m·2ᵉ with m in [√½, √2).
template <class T>
CP_INLINE Vec<T> log(Vec<T> x) {
    using K = Constants<T>;
    constexpr T infinity = T(__builtin_inf());
    IVec<T> bits = (IVec<T>)select(x > T(0), x, splat<T>(1));  // what is no positive number is answered below
    constexpr typename Lane<T>::Int sqrt_half = sizeof(T) == 4 ? 0x3F3504F3 : int64_t(0x3FE6A09E667F3BCD);
    IVec<T> e = (bits - sqrt_half) >> K::mantissa;
    Vec<T> m = (Vec<T>)(bits - (e << K::mantissa));
    Vec<T> s = (m - T(1)) / (m + T(1)), q = s * s;
    Vec<T> sum = splat<T>(T(1.0 / (2 * K::log_terms - 1)));
#pragma GCC unroll 16
    for (int k = K::log_terms - 1; k >= 2; --k) sum = fma(sum, q, splat<T>(T(1.0 / (2 * k - 1))));
    Vec<T> series = fma(sum * q, s, s) * T(2);
    Vec<T> exponent = __builtin_convertvector(e, Vec<T>);
    Vec<T> y = fma(exponent, splat<T>(K::ln2_high), fma(exponent, splat<T>(K::ln2_low), series));
    y = select(x == infinity, x, y);
    y = select(x < K::tiny, select(x < T(0), splat<T>(T(__builtin_nan(""))), splat<T>(-infinity)), y);
    return select(x != x, x, y);
}

// ln(1 + x), good to the last digits near 0: the rounding error of u = 1 + x is divided out.
template <class T>
CP_INLINE Vec<T> log1p(Vec<T> x) {
    Vec<T> u = x + T(1), d = u - T(1);
    Vec<T> y = log<T>(u) * (x / d);
    y = select(d == T(0), x, y);
    return select(u == T(__builtin_inf()), u, y);
}

template <class T>
CP_INLINE Vec<T> tanh(Vec<T> x) {
    Vec<T> a = abs<T>(x);
    a = select(a > Constants<T>::tanh_high, splat<T>(Constants<T>::tanh_high), a);
    Vec<T> t = expm1<T>(a + a);
    return copysign<T>(t / (t + T(2)), x);
}

template <class T>
CP_INLINE Vec<T> sigmoid(Vec<T> x) {
    return splat<T>(1) / (exp<T>(-x) + T(1));
}

template <class T>
CP_INLINE Vec<T> maximum(Vec<T> a, Vec<T> b) {
    return select((a > b) | (a != a), a, b);
}
template <class T>
CP_INLINE Vec<T> minimum(Vec<T> a, Vec<T> b) {
    return select((a < b) | (a != a), a, b);
}

// x = n π/2 + r with |r| ≤ π/4: sin r and cos r by their series, and n, which says which of them is wanted.
template <class T>
CP_INLINE IVec<T> quarter_turns(Vec<T> x, Vec<T>& sine, Vec<T>& cosine) {
    using K = Constants<T>;
    Vec<T> t = fma(x, splat<T>(T(0.63661977236758134)), splat<T>(K::magic));
    Vec<T> n = t - K::magic, r = x;
#pragma GCC unroll 4
    for (int i = 0; i < K::parts; ++i) r = fma(n, splat<T>(-K::half_pi[i]), r);
    Vec<T> q = r * r, s = splat<T>(T(0)), c = splat<T>(T(0));
#pragma GCC unroll 16
    for (int k = K::sine_terms; k >= 1; --k) {
        const double sign = k % 2 ? -1.0 : 1.0;
        s = fma(s, q, splat<T>(T(sign * (k < K::sine_terms ? inverse_factorial[2 * k + 1] : 0.0))));
        c = fma(c, q, splat<T>(T(sign * inverse_factorial[2 * k])));
    }
    sine = select(q == T(0), r, fma(s * q, r, r)), cosine = fma(c, q, splat<T>(T(1)));
    return (IVec<T>)t - K::magic_bits;
}

// Lane by lane through libm.
CP_INLINE float libm_pow(float x, float y) { return __builtin_powf(x, y); }
CP_INLINE double libm_pow(double x, double y) { return __builtin_pow(x, y); }
CP_INLINE float libm_sin(float x) { return __builtin_sinf(x); }
CP_INLINE double libm_sin(double x) { return __builtin_sin(x); }
CP_INLINE float libm_cos(float x) { return __builtin_cosf(x); }
CP_INLINE double libm_cos(double x) { return __builtin_cos(x); }
CP_INLINE float libm_erf(float x) { return __builtin_erff(x); }
CP_INLINE double libm_erf(double x) { return __builtin_erf(x); }

// The lanes that are too large for the series, infinite or NaN, through libm; each lane is what it is by itself.
template <class T, class F>
CP_INLINE Vec<T> mend_large(Vec<T> x, Vec<T> y, F f) {
    const Vec<T> far = select(abs<T>(x) <= Constants<T>::turns_high, Vec<T>{}, splat<T>(T(1)));
    if (add_lanes<T>(far) == T(0)) return y;
    for (int l = 0; l < lanes<T>; ++l)
        if (far[l] != T(0)) y[l] = f(x[l]);
    return y;
}

template <class T>
CP_INLINE Vec<T> sin(Vec<T> x) {
    Vec<T> s, c;
    const IVec<T> n = quarter_turns<T>(x, s, c);
    const Vec<T> y = select((n & 1) != 0, c, s);
    return mend_large<T>(x, select((n & 2) != 0, -y, y), [](T v) { return libm_sin(v); });
}

template <class T>
CP_INLINE Vec<T> cos(Vec<T> x) {
    Vec<T> s, c;
    const IVec<T> n = quarter_turns<T>(x, s, c);
    const Vec<T> y = select((n & 1) != 0, s, c);
    return mend_large<T>(x, select(((n + 1) & 2) != 0, -y, y), [](T v) { return libm_cos(v); });
}

}  // namespace clearprop::CLEARPROP_ISA

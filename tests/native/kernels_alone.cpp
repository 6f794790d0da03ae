// The kernels without Python, against plain loops in double precision: what a cross-compiled build can be held to in an
// emulator. Prints one line per kernel and ends with 1 if any is out of bounds.
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "kernels.cpp"

using namespace clearprop::CLEARPROP_ISA;

namespace {

bool failed = false;
uint32_t state = 1;

double random_number() {
    state = state * 1664525u + 1013904223u;
    return double(state >> 8) / double(1 << 24) * 2 - 1;
}

template <class T>
struct Dense {  // row-major, and the same in panels
    int64_t rows, cols;
    std::vector<T> plain, packed;
    Dense(int64_t r, int64_t c) : rows(r), cols(c), plain(size_t(r * c)), packed(size_t(r * c) + 256) {
        for (T& x : plain) x = T(random_number());
        pack<T>(plain.data(), packed.data(), r, c);
    }
    Matrix<T> view() { return {packed.data(), rows, cols}; }
    T at(int64_t r, int64_t c) const { return plain[size_t(r * cols + c)]; }
};

template <class T>
void report(const char* what, double worst, double bound) {
    const bool good = worst <= bound;
    failed = failed || !good;
    std::printf("%-28s f%d  worst %.2e  bound %.2e  %s\n", what, int(sizeof(T)) * 8, worst, bound,
                good ? "ok" : "FAILED");
}

template <class T>
void products() {
    double nn = 0, tn = 0;
    const double epsilon = sizeof(T) == 4 ? 1.2e-7 : 2.2e-16;
    for (int64_t width = 1; width <= 33; ++width) {
        const int64_t m = 1 + width % 13, k = 1 + (width * 7) % 70, n = width;
        Dense<T> a(m, k), b(k, n), c(m, n), bias(1, n), d(m, n);
        product_nn<T>(a.view(), b.view(), bias.packed.data(), false, c.view(), 0, m, [](int64_t) {});
        std::vector<T> out(size_t(m * n));
        unpack<T>(c.packed.data(), out.data(), m, n);
        for (int64_t i = 0; i < m; ++i)
            for (int64_t j = 0; j < n; ++j) {
                double sum = bias.at(0, j);
                for (int64_t l = 0; l < k; ++l) sum += double(a.at(i, l)) * double(b.at(l, j));
                nn = std::fmax(nn, std::fabs(sum - double(out[size_t(i * n + j)])) / double(k));
            }
        std::vector<T> block(size_t((panel<T> + 1) * panel<T>));
        for (int64_t i = 0; i < a.view().panels(); ++i)
            for (int64_t j = 0; j < d.view().panels(); ++j) {
                product_tn<T>(a.view(), d.view(), i, j, block.data());
                for (int64_t r = 0; r < a.view().width(i); ++r)
                    for (int64_t s = 0; s < d.view().width(j); ++s) {
                        double sum = 0;
                        for (int64_t l = 0; l < m; ++l)
                            sum += double(a.at(l, i * panel<T> + r)) * double(d.at(l, j * panel<T> + s));
                        tn = std::fmax(tn,
                                       std::fabs(sum - double(block[size_t(r * d.view().width(j) + s)])) / double(m));
                    }
            }
    }
    report<T>("product nn, widths 1-33", nn, 8 * epsilon);
    report<T>("product tn, widths 1-33", tn, 8 * epsilon);
}

template <class T, class F, class G>
void elementary(const char* name, F f, G truth, double low, double high) {
    double worst = 0;
    const double epsilon = sizeof(T) == 4 ? 1.2e-7 : 2.2e-16;
    for (int i = 0; i <= 4000; ++i) {
        const T x = T(low + (high - low) * i / 4000);
        const double exact = truth(double(x)), got = double(f(splat<T>(x))[0]);
        worst = std::fmax(worst, std::fabs(got - exact) / std::fmax(std::fabs(exact), 1e-30));
    }
    report<T>(name, worst, 24 * epsilon);
}

template <class T>
void functions() {
    using V = Vec<T>;
    elementary<T>("exp", [](V x) { return exp<T>(x); }, [](double x) { return std::exp(x); }, -60, 60);
    elementary<T>("log", [](V x) { return log<T>(x); }, [](double x) { return std::log(x); }, 1.5, 1e6);
    elementary<T>("expm1", [](V x) { return expm1<T>(x); }, [](double x) { return std::expm1(x); }, -2, 40);
    elementary<T>("log1p", [](V x) { return log1p<T>(x); }, [](double x) { return std::log1p(x); }, 1e-9, 5);
    elementary<T>("tanh", [](V x) { return tanh<T>(x); }, [](double x) { return std::tanh(x); }, -9, 9);
    elementary<T>(
        "sigmoid", [](V x) { return sigmoid<T>(x); }, [](double x) { return 1 / (1 + std::exp(-x)); }, -30, 30);
    elementary<T>("sqrt", [](V x) { return sqrt(x); }, [](double x) { return std::sqrt(x); }, 0.01, 100);
}

template <class T>
void rows() {
    double worst = 0;
    for (int64_t width : {1, 2, 3, 10, 16, 17, 33, 70}) {
        Dense<T> z(37, width), p(37, width);
        softmax<T>(z.view(), p.view(), 0, 37);
        std::vector<T> out(size_t(37 * width));
        unpack<T>(p.packed.data(), out.data(), 37, width);
        for (int64_t r = 0; r < 37; ++r) {
            double sum = 0;
            for (int64_t c = 0; c < width; ++c) sum += std::exp(double(z.at(r, c)));
            for (int64_t c = 0; c < width; ++c)
                worst = std::fmax(worst,
                                  std::fabs(std::exp(double(z.at(r, c))) / sum - double(out[size_t(r * width + c)])));
        }
    }
    report<T>("softmax, widths 1-70", worst, sizeof(T) == 4 ? 1e-6 : 1e-15);
}

}  // namespace

int main() {
    products<float>();
    products<double>();
    functions<float>();
    functions<double>();
    rows<float>();
    rows<double>();
    return failed ? 1 : 0;
}

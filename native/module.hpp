// How arrays come from Python and go back.
#pragma once

#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>

#include <cstdint>
#include <tuple>
#include <vector>

#include "machine.hpp"

namespace nb = nanobind;

namespace clearprop {

template <class T>
using Table = nb::ndarray<const T, nb::ndim<2>, nb::c_contig, nb::device::cpu>;
template <class T>
using Column = nb::ndarray<const T, nb::ndim<1>, nb::c_contig, nb::device::cpu>;
using Written = nb::ndarray<nb::c_contig, nb::device::cpu>;
using Read = nb::ndarray<nb::ro, nb::c_contig, nb::device::cpu>;
template <class Array>
using ArraySpec = std::tuple<int32_t, int32_t, Array, int64_t, int64_t>;  // value, twin, data, rows, cols: a StateArray

template <class Array>
std::vector<StateArray> state_of(const std::vector<ArraySpec<Array>>& specs) {
    std::vector<StateArray> state;
    for (const auto& [value, twin, data, rows, cols] : specs)
        state.push_back({value, twin, const_cast<void*>(static_cast<const void*>(data.data())), rows, cols});
    return state;
}

inline nb::ndarray<nb::numpy, double, nb::ndim<1>> as_array(const std::vector<double>& numbers) {
    auto* data = new double[numbers.size() + 1];
    std::copy(numbers.begin(), numbers.end(), data);
    nb::capsule owner(data, [](void* p) noexcept { delete[] static_cast<double*>(p); });
    return nb::ndarray<nb::numpy, double, nb::ndim<1>>(data, {numbers.size()}, owner);
}

void bind_training(nb::module_& m);

}  // namespace clearprop

// Copies of the state that training changes, in the machine's layout.
#pragma once

#include <algorithm>
#include <array>
#include <cstring>
#include <vector>

#include "machine.hpp"

namespace clearprop {

// The arrays of some state where they live, one after another.
class State {
  public:
    State(const Program& p, const std::vector<StateArray>& arrays, const Workspace& work)
        : p_(p), arrays_(arrays), work_(work) {
        for (const StateArray& a : arrays) bytes_ += bytes_of(a);
    }
    size_t bytes() const { return size_t(bytes_); }

    // Copies all of it, piece by piece while each is in cache, unless a number in it is not finite: then it ends there.
    bool copy_finite(uint8_t* to) const {
        return each_piece([&](const uint8_t* from, int64_t bytes) {
            std::memcpy(to, from, size_t(bytes));
            to += bytes;
        });
    }
    bool finite() const {
        return each_piece([](const uint8_t*, int64_t) {});
    }
    // From a copy to where the state lives, with the transposes that follow from it.
    void put_back(const uint8_t* from) const {
        for (const StateArray& a : arrays_) {
            std::memcpy(work_.at(a.value), from, size_t(bytes_of(a)));
            from += bytes_of(a);
        }
        for (const StateArray& a : arrays_) turn_state(p_, a, work_.memory());
    }
    // From a copy to arrays of the caller's, as many and of the same shapes.
    void unpack_copy(const uint8_t* from, const std::vector<StateArray>& to) const {
        for (const StateArray& a : to) {
            unpack(p_, from, a.data, a.rows, a.cols);
            from += bytes_of(a);
        }
    }

  private:
    int64_t bytes_of(const StateArray& a) const { return a.rows * a.cols * p_.item(); }
    template <class F>
    bool each_piece(F f) const {
        constexpr int64_t most = 1 << 15;
        for (const StateArray& a : arrays_)
            for (int64_t at = 0; at < bytes_of(a); at += most) {
                const auto* from = static_cast<const uint8_t*>(work_.at(a.value)) + at;
                const int64_t bytes = std::min(most, bytes_of(a) - at);
                if (!all_finite(p_, from, bytes / p_.item())) return false;
                f(from, bytes);
            }
        return true;
    }
    const Program& p_;
    const std::vector<StateArray>& arrays_;
    const Workspace& work_;
    int64_t bytes_ = 0;
};

// What is put back when training diverges: the state at the start of the last two epochs.
class Snapshots {
  public:
    Snapshots(const Program& p, const std::vector<StateArray>& kept, const Workspace& work, int64_t epochs)
        : state_(p, kept, work), kept_(kept), work_(work) {
        if (epochs > 1) saved_[1].resize(state_.bytes());
        if (epochs > 2) saved_[0].resize(state_.bytes());
    }
    // False if a number of the state is not finite.
    bool take(int64_t epoch) {
        if (epoch == 0) return true;  // the caller's arrays are what it began with
        return state_.copy_finite(saved_[size_t(epoch % 2)].data());
    }
    bool finite() const { return state_.finite(); }
    void put_back(int64_t epoch) const {
        if (epoch > 0) return state_.put_back(saved_[size_t(epoch % 2)].data());
        for (const StateArray& a : kept_) work_.pack(a);
    }

  private:
    State state_;
    const std::vector<StateArray>& kept_;
    const Workspace& work_;
    std::array<std::vector<uint8_t>, 2> saved_;
};

}  // namespace clearprop
